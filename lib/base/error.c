/* error.c - sentences for the error buffer. */
#include "base/error.h"

#include <stdio.h>
#include <string.h>

void cst_error_va(char *errbuf, const char *fmt, va_list ap)
{
	if (errbuf)
		vsnprintf(errbuf, CST_ERRBUF_SIZE, fmt, ap);
}

void cst_error(char *errbuf, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	cst_error_va(errbuf, fmt, ap);
	va_end(ap);
}

void cst_error_errno_va(char *errbuf, int err, const char *fmt, va_list ap)
{
	if (!errbuf)
		return;
	char room[128];
	const char *reason = strerror_r(err, room, sizeof(room));
	size_t most = CST_ERRBUF_SIZE - 1 - strlen(": ") - strnlen(reason, sizeof(room));

	cst_error_va(errbuf, fmt, ap);
	/* A long name is what is cut, and not the reason. */
	size_t used = strnlen(errbuf, most);
	snprintf(errbuf + used, CST_ERRBUF_SIZE - used, ": %s", reason);
}

void cst_error_errno(char *errbuf, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	cst_error_errno_va(errbuf, err, fmt, ap);
	va_end(ap);
}
