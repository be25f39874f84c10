/* handle.c - birth and death of a pcap_t, and how it tells errors. */
#include "base/clock.h"
#include "bpf/native.h"
#include "handle/event.h"
#include "handle/handle.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define LONGEST_WAKING_MS 1000

pcap_t *cst_handle_new(enum cst_kind kind, char *errbuf)
{
	pcap_t *p = calloc(1, sizeof(*p));

	if (!p) {
		cst_error_errno(errbuf, errno, "allocating a capture handle of %zu bytes", sizeof(*p));
		return NULL;
	}
	p->kind = kind;
	p->options.tstamp_type = -1;
	p->options.min_to_copy = p->min_to_copy = -1;
	p->longest_caplen = UINT32_MAX;
	p->options.tstamp_precision = PCAP_TSTAMP_PRECISION_MICRO;
	p->fd = p->select_fd = p->wake_fd = p->gather_fd = -1;
	atomic_init(&p->break_loop, false);
	atomic_init(&p->poked, false);
	return p;
}

int cst_handle_make_wakeable(pcap_t *p)
{
	p->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->wake_fd < 0)
		return cst_fail_errno(p, PCAP_ERROR, "creating the event that pcap_breakloop() signals");
	return 0;
}

/* A read that pcap_breakloop() ended may be over, and its handle about to be closed, before that call has returned. In a
 * child of fork(2) there is nobody to wait for, although it may look so. */
static void wait_for_wakers(const pcap_t *p)
{
	/* Reads look at it in passing, which orders nothing: who was seen to break must be seen here, too. */
	(void)atomic_load(&p->break_loop);
	for (int64_t end = cst_now_ns() + LONGEST_WAKING_MS * CST_NS_PER_MS; atomic_load(&p->wakers) > 0 && cst_now_ns() < end;)
		nanosleep(&(struct timespec){ .tv_nsec = CST_NS_PER_MS / 10 }, NULL);
}

void pcap_close(pcap_t *p)
{
	wait_for_wakers(p);
	cst_event_free(p->event);
	if (p->ops && p->ops->close)
		p->ops->close(p);
	if (p->gather_fd >= 0)
		close(p->gather_fd);
	if (p->wake_fd >= 0)
		close(p->wake_fd);
	cst_native_free(p->native);
	pcap_freecode(&p->filter);
	free(p->oid_settings);
	free(p->next_copy);
	free(p->device);
	free(p);
}

int cst_fail(pcap_t *p, int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	cst_error_va(p->errbuf, fmt, ap);
	va_end(ap);
	return status;
}

int cst_fail_errno(pcap_t *p, int status, const char *fmt, ...)
{
	int err = errno;
	va_list ap;

	va_start(ap, fmt);
	cst_error_errno_va(p->errbuf, err, fmt, ap);
	va_end(ap);
	return status;
}

int cst_need_activated(pcap_t *p)
{
	if (p->kind == CST_CREATED)
		return cst_fail(p, PCAP_ERROR_NOT_ACTIVATED, "%s: call pcap_activate() on this handle first", p->device);
	return 0;
}

int cst_need_source(pcap_t *p, bool able, const char *what)
{
	int status = cst_need_activated(p);

	if (status < 0 || able)
		return status;
	switch (p->kind) {
	case CST_DEAD:
		return cst_fail(p, PCAP_ERROR, "%s is not possible on a handle from pcap_open_dead(): it has no packets",
				what);
	case CST_SAVEFILE:
		return cst_fail(p, PCAP_ERROR, "%s is not possible on a savefile", what);
	default:
		return cst_fail(p, PCAP_ERROR, "%s: %s is not possible with the engine %s", p->device, what,
				p->ops->name);
	}
}

char *pcap_geterr(pcap_t *p)
{
	return p->errbuf;
}

void pcap_perror(pcap_t *p, const char *prefix)
{
	fprintf(stderr, "%s: %s\n", prefix, p->errbuf);
}
