/* capstan_crt.h - what console programs use of Microsoft's C runtime: the _s functions with Microsoft's parameters, and
 * printf and scanf that know %I64u and its kin. Where Microsoft's runtime would end the process over an argument, these
 * return EINVAL or ERANGE and leave an empty string. */
#ifndef CAPSTAN_WIN32_CRT_H
#define CAPSTAN_WIN32_CRT_H

#include "capstan_types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define _TRUNCATE ((size_t)-1)

/* ---- Strings: errno_t is 0, EINVAL (a NULL, no room at all) or ERANGE (does not fit) ---- */

errno_t strcpy_s(char *to, rsize_t size, const char *from);
errno_t strcat_s(char *to, rsize_t size, const char *from);
/* At most `count` characters; with _TRUNCATE what there is room for, and 80 (STRUNCATE) if that is less than all. */
errno_t strncpy_s(char *to, rsize_t size, const char *from, rsize_t count);
errno_t strncat_s(char *to, rsize_t size, const char *from, rsize_t count);
#define STRUNCATE 80
char *strtok_s(char *text, const char *separators, char **context);
size_t strnlen_s(const char *text, size_t size);
errno_t memcpy_s(void *to, rsize_t size, const void *from, rsize_t count);
errno_t memmove_s(void *to, rsize_t size, const void *from, rsize_t count);
/* The text of an errno value, cut if need be. */
errno_t strerror_s(char *text, size_t size, int error);

int _stricmp(const char *a, const char *b);
int _strnicmp(const char *a, const char *b, size_t count);
char *_strdup(const char *text);

/* ---- Time: the result comes first, unlike in C11 ---- */

errno_t localtime_s(struct tm *result, const time_t *when);
errno_t gmtime_s(struct tm *result, const time_t *when);
/* At least 26 bytes. */
errno_t ctime_s(char *text, size_t size, const time_t *when);
errno_t asctime_s(char *text, size_t size, const struct tm *when);

/* ---- Streams ---- */

/* *stream is NULL on failure, which errno_t says. The modes' 'b' and 't' make no difference. */
errno_t fopen_s(FILE **stream, const char *name, const char *mode);
errno_t freopen_s(FILE **stream, const char *name, const char *mode, FILE *old);
/* A line of standard input without its end, which has to fit; NULL at the end of the input. */
char *gets_s(char *line, size_t size);
/* popen(3), and the exit status of the command (-1 if it was ended by a signal). */
FILE *_popen(const char *command, const char *mode);
int _pclose(FILE *stream);

/* ---- printf ----
 * As in the standard, and %I64d, %I32d, %Id as on Windows, for every conversion of integers. The macros below lead the
 * standard's names here; a call through a pointer to printf itself goes to libc. */

int capstan_printf(const char *format, ...);
int capstan_fprintf(FILE *stream, const char *format, ...);
int capstan_sprintf(char *text, const char *format, ...);
int capstan_snprintf(char *text, size_t size, const char *format, ...);
int capstan_vprintf(const char *format, va_list args);
int capstan_vfprintf(FILE *stream, const char *format, va_list args);
int capstan_vsprintf(char *text, const char *format, va_list args);
int capstan_vsnprintf(char *text, size_t size, const char *format, va_list args);

int printf_s(const char *format, ...);
int fprintf_s(FILE *stream, const char *format, ...);
/* What does not fit makes an empty string and -1, with errno ERANGE. */
int sprintf_s(char *text, size_t size, const char *format, ...);
int vsprintf_s(char *text, size_t size, const char *format, va_list args);
/* At most `count` characters and a NUL: -1 if that is not all. With _TRUNCATE as many as there is room for; else not
 * having room for them is an error as above. */
int _snprintf_s(char *text, size_t size, size_t count, const char *format, ...);
int _vsnprintf_s(char *text, size_t size, size_t count, const char *format, va_list args);
/* No NUL if exactly `count` characters are written; -1 if more were to be. With NULL and 0 how many it takes. */
int _snprintf(char *text, size_t count, const char *format, ...);
int _vsnprintf(char *text, size_t count, const char *format, va_list args);

/* ---- scanf ----
 * The standard's with %I64d. The _s ones take, after the pointer of each %s, %c and %[, the size of what it points to as
 * an unsigned: a text that does not fit with its NUL ends the call, and leaves an empty string. */

int capstan_scanf(const char *format, ...);
int capstan_fscanf(FILE *stream, const char *format, ...);
int capstan_sscanf(const char *text, const char *format, ...);
int scanf_s(const char *format, ...);
int fscanf_s(FILE *stream, const char *format, ...);
int sscanf_s(const char *text, const char *format, ...);
int vscanf_s(const char *format, va_list args);
int vfscanf_s(FILE *stream, const char *format, va_list args);
int vsscanf_s(const char *text, const char *format, va_list args);

#ifdef __cplusplus
}

/* For those who say std::printf. */
namespace std {
using ::capstan_fprintf;
using ::capstan_fscanf;
using ::capstan_printf;
using ::capstan_scanf;
using ::capstan_snprintf;
using ::capstan_sprintf;
using ::capstan_sscanf;
using ::capstan_vfprintf;
using ::capstan_vprintf;
using ::capstan_vsnprintf;
using ::capstan_vsprintf;
}

/* In C++ an array brings its size along. */
template <size_t size> inline errno_t strcpy_s(char (&to)[size], const char *from)
{
	return strcpy_s(to, size, from);
}

template <size_t size> inline errno_t strcat_s(char (&to)[size], const char *from)
{
	return strcat_s(to, size, from);
}

template <size_t size> inline errno_t strncpy_s(char (&to)[size], const char *from, rsize_t count)
{
	return strncpy_s(to, size, from, count);
}

template <size_t size> inline errno_t strncat_s(char (&to)[size], const char *from, rsize_t count)
{
	return strncat_s(to, size, from, count);
}

template <size_t size> inline errno_t strerror_s(char (&text)[size], int error)
{
	return strerror_s(text, size, error);
}

template <size_t size> inline errno_t asctime_s(char (&text)[size], const struct tm *when)
{
	return asctime_s(text, size, when);
}

template <size_t size> inline errno_t ctime_s(char (&text)[size], const time_t *when)
{
	return ctime_s(text, size, when);
}

template <size_t size> inline char *gets_s(char (&line)[size])
{
	return gets_s(line, size);
}

template <size_t size> inline int vsprintf_s(char (&text)[size], const char *format, va_list args)
{
	return vsprintf_s(text, size, format, args);
}

template <size_t size> inline int sprintf_s(char (&text)[size], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int length = vsprintf_s(text, size, format, args);
	va_end(args);
	return length;
}

template <size_t size> inline int _snprintf_s(char (&text)[size], size_t count, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int length = _vsnprintf_s(text, size, count, format, args);
	va_end(args);
	return length;
}
#endif

#undef printf
#undef fprintf
#undef sprintf
#undef snprintf
#undef vprintf
#undef vfprintf
#undef vsprintf
#undef vsnprintf
#undef scanf
#undef fscanf
#undef sscanf
#define printf(...) capstan_printf(__VA_ARGS__)
#define fprintf(...) capstan_fprintf(__VA_ARGS__)
#define sprintf(...) capstan_sprintf(__VA_ARGS__)
#define snprintf(...) capstan_snprintf(__VA_ARGS__)
#define vprintf(...) capstan_vprintf(__VA_ARGS__)
#define vfprintf(...) capstan_vfprintf(__VA_ARGS__)
#define vsprintf(...) capstan_vsprintf(__VA_ARGS__)
#define vsnprintf(...) capstan_vsnprintf(__VA_ARGS__)
#define scanf(...) capstan_scanf(__VA_ARGS__)
#define fscanf(...) capstan_fscanf(__VA_ARGS__)
#define sscanf(...) capstan_sscanf(__VA_ARGS__)

#ifndef stricmp
#define stricmp _stricmp
#endif
#ifndef strnicmp
#define strnicmp _strnicmp
#endif
#define _atoi64(text) ((long long)strtoll((text), NULL, 10))
#define _strtoi64 strtoll
#define _strtoui64 strtoull

#endif
