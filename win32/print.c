/* print.c - printf with MSVC's lengths of integers, and the printf functions that only MSVC has. libc does the work, on
 * a format in its own words. */
#include "kit.h"

/* The formats are the caller's. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

#define SHORT_FORMAT 256 /* longer ones take memory from malloc() */

struct format {
	const char *text; /* NULL if memory is short */
	char *memory;
	char small[SHORT_FORMAT];
};

/* MSVC's length at *from, which stands there without its %, in the standard's words; *from goes on behind it. */
static const char *length_word(const char **from)
{
	if (**from != 'I')
		return "";
	if (strncmp(*from, "I64", 3) == 0) {
		*from += 3;
		return "ll";
	}
	if (strncmp(*from, "I32", 3) == 0) {
		*from += 3;
		return "";
	}
	/* As large as a pointer. (Before other conversions it is nothing that MSVC knows.) */
	if (strchr("diouxX", (*from)[1]) && (*from)[1]) {
		*from += 1;
		return "z";
	}
	return "";
}

/* The result is never longer than the original. */
static void translate(const char *from, char *to)
{
	while (*from) {
		if (*from != '%') {
			*to++ = *from++;
			continue;
		}
		size_t before_length = 1 + strspn(from + 1, "-+ #0123456789*.'$");

		memcpy(to, from, before_length);
		to += before_length;
		from += before_length;
		to = stpcpy(to, length_word(&from));
		/* What is left of the conversion, a second % for one, is text to us. */
		while (*from && strchr("hlLqjzt", *from))
			*to++ = *from++;
		if (*from)
			*to++ = *from++;
	}
	*to = 0;
}

static void format_open(struct format *f, const char *format)
{
	size_t bytes = strlen(format) + 1;

	f->memory = NULL;
	f->text = format;
	if (!strchr(format, 'I'))
		return;
	if (bytes > sizeof(f->small))
		f->memory = malloc(bytes);
	char *to = bytes > sizeof(f->small) ? f->memory : f->small;
	if (to)
		translate(format, to);
	f->text = to;
}

static void format_close(struct format *f)
{
	free(f->memory);
}

int capstan_vfprintf(FILE *stream, const char *format, va_list args)
{
	struct format f;

	format_open(&f, format);
	int length = f.text ? vfprintf(stream, f.text, args) : -1;
	format_close(&f);
	return length;
}

int capstan_vsnprintf(char *text, size_t size, const char *format, va_list args)
{
	struct format f;

	format_open(&f, format);
	int length = f.text ? vsnprintf(text, size, f.text, args) : -1;
	format_close(&f);
	return length;
}

int capstan_vprintf(const char *format, va_list args)
{
	return capstan_vfprintf(stdout, format, args);
}

int capstan_vsprintf(char *text, const char *format, va_list args)
{
	return capstan_vsnprintf(text, INT_MAX, format, args);
}

int capstan_printf(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int length = capstan_vfprintf(stdout, format, args);
	va_end(args);
	return length;
}

int capstan_fprintf(FILE *stream, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int length = capstan_vfprintf(stream, format, args);
	va_end(args);
	return length;
}

int capstan_sprintf(char *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int length = capstan_vsprintf(text, format, args);
	va_end(args);
	return length;
}

int capstan_snprintf(char *text, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int length = capstan_vsnprintf(text, size, format, args);
	va_end(args);
	return length;
}

int printf_s(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int length = capstan_vfprintf(stdout, format, args);
	va_end(args);
	return length;
}

int fprintf_s(FILE *stream, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int length = capstan_vfprintf(stream, format, args);
	va_end(args);
	return length;
}

/* An empty string, where there is one, and -1. */
static int refuse(char *text, size_t size, int error)
{
	if (text && size > 0)
		*text = 0;
	errno = error;
	return -1;
}

int vsprintf_s(char *text, size_t size, const char *format, va_list args)
{
	if (!text || size == 0 || !format)
		return refuse(text, size, EINVAL);
	int length = capstan_vsnprintf(text, size, format, args);
	return length >= 0 && (size_t)length < size ? length : refuse(text, size, ERANGE);
}

int sprintf_s(char *text, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int length = vsprintf_s(text, size, format, args);
	va_end(args);
	return length;
}

int _vsnprintf_s(char *text, size_t size, size_t count, const char *format, va_list args)
{
	if (!text || size == 0 || !format)
		return refuse(text, size, EINVAL);
	/* What `count` leaves of a text may fit where the whole does not. */
	size_t room = count < size ? count + 1 : size;
	int length = capstan_vsnprintf(text, room, format, args);
	if (length < 0)
		return refuse(text, size, ERANGE);
	if ((size_t)length < room)
		return length;
	return count < size || count == _TRUNCATE ? -1 : refuse(text, size, ERANGE);
}

int _snprintf_s(char *text, size_t size, size_t count, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int length = _vsnprintf_s(text, size, count, format, args);
	va_end(args);
	return length;
}

int _vsnprintf(char *text, size_t count, const char *format, va_list args)
{
	va_list again;

	va_copy(again, args);
	int length = capstan_vsnprintf(NULL, 0, format, args);
	if (length >= 0 && count > 0 && text) {
		char *whole = malloc((size_t)length + 1);
		size_t kept = (size_t)length < count ? (size_t)length + 1 : count;

		if (whole && capstan_vsnprintf(whole, (size_t)length + 1, format, again) == length)
			memcpy(text, whole, kept);
		else
			length = -1;
		free(whole);
	}
	va_end(again);
	if (!text && count == 0)
		return length;
	return length >= 0 && (size_t)length <= count ? length : -1;
}

int _snprintf(char *text, size_t count, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int length = _vsnprintf(text, count, format, args);
	va_end(args);
	return length;
}
