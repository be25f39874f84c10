/* event.c - the event that pcap_getevent() returns.
 *
 * An epoll descriptor over two others: the device's, which is readable while the kernel has handed something over, and
 * an eventfd for what only we know: packets that a read left behind, a status to be told, a break, a signal from
 * outside. Nobody has to move anything when packets come, so a handle without an event pays nothing. */
#include "handle/event.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define MAGIC 0x6576656eu

struct cst_event {
	uint32_t magic;
	int fd;                /* what waits wait on */
	int signal_fd;
	atomic_bool signalled; /* ours is readable, as far as reads know: spares them system calls */
	pcap_t *p;
};

static bool watch(const struct cst_event *e, int fd)
{
	struct epoll_event how = { .events = EPOLLIN };

	return epoll_ctl(e->fd, EPOLL_CTL_ADD, fd, &how) == 0;
}

struct cst_event *cst_event_of(pcap_t *p)
{
	if (p->event)
		return p->event;
	struct cst_event *e = calloc(1, sizeof(*e));
	if (e) {
		e->magic = MAGIC;
		e->p = p;
		e->signal_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		e->fd = epoll_create1(EPOLL_CLOEXEC);
	}
	if (!e || e->signal_fd < 0 || e->fd < 0 || !watch(e, e->signal_fd) || !(p->statistics || watch(e, p->select_fd))) {
		cst_fail_errno(p, PCAP_ERROR, "%s: making the event of the handle", p->device);
		cst_event_free(e);
		return NULL;
	}
	p->event = e;
	cst_event_update(p);
	return e;
}

/* Somebody may hand us any HANDLE; those that Windows programs know for wrong are not looked at. */
struct cst_event *cst_event_check(void *event)
{
	struct cst_event *e = event;

	if (!e || (uintptr_t)event % _Alignof(struct cst_event) != 0 || e->magic != MAGIC) {
		errno = EINVAL;
		return NULL;
	}
	return e;
}

int cst_event_fd(const struct cst_event *event)
{
	return event->fd;
}

static void raise_signal(struct cst_event *e)
{
	atomic_store(&e->signalled, true);
	/* Can only fail when the counter is full, and then it is readable. */
	ssize_t ignored = write(e->signal_fd, &(uint64_t){ 1 }, sizeof(uint64_t));
	(void)ignored;
}

static void drop_signal(struct cst_event *e)
{
	uint64_t count;

	atomic_store(&e->signalled, false);
	ssize_t ignored = read(e->signal_fd, &count, sizeof(count));
	(void)ignored;
	/* A break or a signal from outside that came just now must not be wiped away. */
	if (atomic_load(&e->p->break_loop) || atomic_load(&e->p->poked))
		raise_signal(e);
}

void cst_event_set(struct cst_event *event)
{
	pcap_t *p = event->p;
	int saved = errno;

	atomic_fetch_add(&p->wakers, 1);
	atomic_store(&p->poked, true);
	raise_signal(event);
	ssize_t ignored = write(p->wake_fd, &(uint64_t){ 1 }, sizeof(uint64_t));
	(void)ignored;
	atomic_fetch_sub(&p->wakers, 1);
	errno = saved;
}

void cst_event_reset(struct cst_event *event)
{
	atomic_store(&event->p->poked, false);
	drop_signal(event);
}

void cst_event_broken(struct cst_event *event)
{
	raise_signal(event);
}

/* Does something wait that the device's descriptor does not tell of? */
static bool left_behind(pcap_t *p)
{
	return p->batch.next < p->batch.count || p->pending_status != 0 || atomic_load(&p->break_loop) ||
	       (p->ops->at_hand && p->ops->at_hand(p));
}

void cst_event_update(pcap_t *p)
{
	struct cst_event *e = p->event;

	if (!left_behind(p))
		cst_event_reset(e);
	else if (!atomic_load(&e->signalled))
		raise_signal(e);
}

void cst_event_refresh(pcap_t *p)
{
	struct cst_event *e = p->event;

	if (!e)
		return;
	if (!left_behind(p))
		drop_signal(e);
	else if (!atomic_load(&e->signalled))
		raise_signal(e);
}

void cst_event_watch_device(pcap_t *p, bool watched)
{
	if (!p->event)
		return;
	if (watched)
		watch(p->event, p->select_fd); /* as it was before: there is room for it */
	else
		epoll_ctl(p->event->fd, EPOLL_CTL_DEL, p->select_fd, NULL);
}

void cst_event_free(struct cst_event *event)
{
	if (!event)
		return;
	event->magic = 0;
	if (event->signal_fd >= 0)
		close(event->signal_fd);
	if (event->fd >= 0)
		close(event->fd);
	free(event);
}
