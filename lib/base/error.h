/* error.h - sentences for the error buffer: the one place that knows its size. */
#ifndef CST_BASE_ERROR_H
#define CST_BASE_ERROR_H

#include <stdarg.h>

#define CST_ERRBUF_SIZE 256 /* PCAP_ERRBUF_SIZE, pcap(3PCAP) */

/* Write a sentence into `errbuf` (CST_ERRBUF_SIZE bytes), cut to fit. NULL is tolerated and nothing is written. */
void cst_error(char *errbuf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void cst_error_va(char *errbuf, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

/* The same, with ": " and the text of the errno value `err` behind it. */
void cst_error_errno(char *errbuf, int err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void cst_error_errno_va(char *errbuf, int err, const char *fmt, va_list ap) __attribute__((format(printf, 3, 0)));

#endif
