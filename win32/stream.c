/* stream.c - opening files and commands, and reading lines, the Microsoft way. */
#include "kit.h"

#include <sys/wait.h>

errno_t fopen_s(FILE **stream, const char *name, const char *mode)
{
	if (!stream)
		return EINVAL;
	*stream = NULL;
	if (!name || !mode)
		return EINVAL;
	*stream = fopen(name, mode);
	return *stream ? 0 : errno;
}

errno_t freopen_s(FILE **stream, const char *name, const char *mode, FILE *old)
{
	if (!stream)
		return EINVAL;
	*stream = NULL;
	if (!name || !mode || !old)
		return EINVAL;
	*stream = freopen(name, mode, old);
	return *stream ? 0 : errno;
}

char *gets_s(char *line, size_t size)
{
	size_t length = 0;
	int c;

	if (!line || size == 0) {
		errno = EINVAL;
		return NULL;
	}
	cst_kit_terminal_restore();
	while ((c = getchar()) != EOF && c != '\n') {
		if (length < size)
			line[length] = (char)c;
		length++;
	}
	bool nothing = c == EOF && length == 0;
	if (nothing || length >= size) {
		*line = 0;
		errno = nothing ? errno : ERANGE;
		return NULL;
	}
	line[length] = 0;
	return line;
}

FILE *_popen(const char *command, const char *mode)
{
	/* popen(3) refuses the b and the t that are usual on Windows. */
	if (!command || !mode || (*mode != 'r' && *mode != 'w') || (mode[1] && mode[1] != 'b' && mode[1] != 't')) {
		errno = EINVAL;
		return NULL;
	}
	return popen(command, *mode == 'r' ? "re" : "we");
}

int _pclose(FILE *stream)
{
	int status = pclose(stream);

	return status >= 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
