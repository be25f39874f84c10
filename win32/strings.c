/* strings.c - Microsoft's string functions that know how large the destination is. */
#include "kit.h"

#include <strings.h>

/* Nothing to write to, or an empty string for a source that is not there. */
static errno_t invalid(char *to, size_t size)
{
	if (to && size > 0)
		*to = 0;
	return EINVAL;
}

static errno_t too_long(char *to)
{
	*to = 0;
	return ERANGE;
}

/* Put the first `length` characters of `from` at to[at]; with `cut` as many as there is room for. */
static errno_t put(char *to, size_t size, size_t at, const char *from, size_t length, bool cut)
{
	bool fits = length < size - at;

	if (!fits && !cut)
		return too_long(to);
	if (!fits)
		length = size - at - 1;
	memmove(to + at, from, length);
	to[at + length] = 0;
	return fits ? 0 : STRUNCATE;
}

errno_t strncpy_s(char *to, rsize_t size, const char *from, rsize_t count)
{
	if (!to && size == 0 && count == 0)
		return 0;
	if (!to || size == 0 || !from)
		return invalid(to, size);
	return put(to, size, 0, from, strnlen(from, count), count == _TRUNCATE);
}

errno_t strcpy_s(char *to, rsize_t size, const char *from)
{
	if (!to || size == 0 || !from)
		return invalid(to, size);
	return put(to, size, 0, from, strlen(from), false);
}

errno_t strncat_s(char *to, rsize_t size, const char *from, rsize_t count)
{
	if (!to || size == 0 || !from)
		return invalid(to, size);
	size_t at = strnlen(to, size);
	if (at == size)
		return invalid(to, size);
	return put(to, size, at, from, strnlen(from, count), count == _TRUNCATE);
}

errno_t strcat_s(char *to, rsize_t size, const char *from)
{
	if (!to || size == 0 || !from)
		return invalid(to, size);
	size_t at = strnlen(to, size);
	if (at == size)
		return invalid(to, size);
	return put(to, size, at, from, strlen(from), false);
}

char *strtok_s(char *text, const char *separators, char **context)
{
	return strtok_r(text, separators, context);
}

size_t strnlen_s(const char *text, size_t size)
{
	return text ? strnlen(text, size) : 0;
}

errno_t memmove_s(void *to, rsize_t size, const void *from, rsize_t count)
{
	if (count == 0)
		return 0;
	if (!to || !from)
		return EINVAL;
	if (count > size)
		return ERANGE;
	memmove(to, from, count);
	return 0;
}

errno_t memcpy_s(void *to, rsize_t size, const void *from, rsize_t count)
{
	errno_t error = memmove_s(to, size, from, count);

	/* Windows leaves no old bytes in a destination that it could not fill. */
	if (error && to)
		memset(to, 0, size);
	return error;
}

errno_t strerror_s(char *text, size_t size, int error)
{
	char whole[256];

	if (!text || size == 0)
		return EINVAL;
	/* GNU's, which returns the text. */
	return strncpy_s(text, size, strerror_r(error, whole, sizeof(whole)), _TRUNCATE) == EINVAL ? EINVAL : 0;
}

int _stricmp(const char *a, const char *b)
{
	return strcasecmp(a, b);
}

int _strnicmp(const char *a, const char *b, size_t count)
{
	return strncasecmp(a, b, count);
}

char *_strdup(const char *text)
{
	return text ? strdup(text) : NULL;
}
