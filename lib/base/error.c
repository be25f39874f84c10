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
	cst_error_va(errbuf, fmt, ap);
	size_t used = strlen(errbuf);
	char reason[128];
	snprintf(errbuf + used, CST_ERRBUF_SIZE - used, ": %s", strerror_r(err, reason, sizeof(reason)));
}

void cst_error_errno(char *errbuf, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	cst_error_errno_va(errbuf, err, fmt, ap);
	va_end(ap);
}
