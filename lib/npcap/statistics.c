/* statistics.c - MODE_STAT: one record of packets and bytes in each period, instead of packets.
 *
 * While the mode lasts, this file's operations stand in front of the source's, which counts. A record is the growth of
 * its counters, which are never set back: what one record misses, the next one has. The clock of the periods is a timer
 * of absolute times, so that a late reader moves none of them. */
#include "base/clock.h"
#include "bpf/native.h"
#include "bpf/tally.h"
#include "handle/event.h"
#include "npcap/mode.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define RECORD_BYTES 16
_Static_assert(RECORD_BYTES == sizeof(((pcap_t *)0)->record), "a record is two counts");

/* After each look at what a counter in user space has gathered: often enough that it does not overflow, and not as often
 * as packets come. */
#define NAP_MS 2

struct cst_statistics {
	struct source_ops ops;           /* in front of ... */
	const struct source_ops *source; /* ... these */
	struct pollfd watch;             /* the source wants to be looked after */
	int timer_fd;                    /* readable when a record is due ... */
	bool due;                        /* ... which a wait has found */

	struct cst_tally total, told;    /* counted so far; what of it the records before had */
	int64_t stamp_ns, stamped_ns;    /* of the last record: its time stamp, and the monotonic clock then */
	int failure;                     /* of the source, to be told after what was counted before; 0: none */

	/* The handle's members of these names, as they are in capture mode. */
	struct cst_batch batch;
	int select_fd;
	bool filter_in_user, flowing;

	struct cst_batch records; /* ... and in this one, where they differ and the source is at work */
	int precision;            /* of the time stamps in `batch` */
	bool same_filter;         /* as when the mode began */
	int buffer_bytes;         /* promised for when it ends; 0: nothing is */
	int min_to_copy;          /* likewise; -1 */
};

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * CST_NS_PER_SEC + now.tv_nsec;
}

/* The time stamp of a record that is made now. No two are equal; if the clock was set back, the interval counts. */
static struct timeval stamp(pcap_t *p, struct cst_statistics *st)
{
	const bool nano = p->options.tstamp_precision == PCAP_TSTAMP_PRECISION_NANO;
	const int64_t unit = nano ? 1 : 1000, monotonic = cst_now_ns();
	int64_t now = clock_ns(CLOCK_REALTIME);

	if (now < st->stamp_ns + unit) {
		now = st->stamp_ns + monotonic - st->stamped_ns;
		if (now < st->stamp_ns + unit)
			now = st->stamp_ns + unit;
	}
	now -= now % unit;
	st->stamp_ns = now;
	st->stamped_ns = monotonic;
	return (struct timeval){ .tv_sec = now / CST_NS_PER_SEC, .tv_usec = now % CST_NS_PER_SEC / unit };
}

static bool have_news(const struct cst_statistics *st)
{
	return st->total.packets != st->told.packets || st->total.bytes != st->told.bytes;
}

static int make_record(pcap_t *p, struct cst_batch *b)
{
	struct cst_statistics *st = p->statistics;

	p->record[0] = (int64_t)(st->total.packets - st->told.packets);
	p->record[1] = (int64_t)(st->total.bytes - st->told.bytes);
	st->told = st->total;
	b->packets[0] = (struct cst_packet){ .h = { .ts = stamp(p, st), .caplen = RECORD_BYTES, .len = RECORD_BYTES },
					     .data = (const u_char *)p->record,
					     .flags = CST_PKT_RECORD };
	return 1;
}

static void look(pcap_t *p)
{
	struct cst_statistics *st = p->statistics;

	st->failure = st->source->read_counts(p, &st->total);
}

/* Reading the timer sets it back; periods that were missed are one. */
static void set_timer_back(const struct cst_statistics *st)
{
	uint64_t periods;
	ssize_t ignored = read(st->timer_fd, &periods, sizeof(periods));
	(void)ignored;
}

static int read_batch(pcap_t *p, struct cst_batch *b)
{
	struct cst_statistics *st = p->statistics;

	if (!st->failure) {
		if (!st->due && !p->nonblock)
			return 0;
		st->due = false;
		set_timer_back(st);
		look(p);
	}
	if (!st->failure)
		return make_record(p, b);
	int status = st->failure;
	st->failure = 0;
	if (!have_news(st))
		return status;
	p->pending_status = status;
	return make_record(p, b);
}

/* Being there, it has pcap_next_ex() copy the record, header and all: what that hands over outlives the mode. */
static void release(pcap_t *p)
{
	(void)p;
}

static void drain_wake_event(const pcap_t *p)
{
	uint64_t count;
	ssize_t ignored = read(p->wake_fd, &count, sizeof(count));
	(void)ignored;
}

/* A record always comes at its time, which the timer knows; so the deadline of the read says nothing new. 0: the event was
 * set, and the record is still to come. */
static int wait_for_record(pcap_t *p, int64_t deadline_ns)
{
	struct cst_statistics *st = p->statistics;
	bool napping = false;

	(void)deadline_ns;
	for (;;) {
		struct pollfd fds[3] = { { .fd = st->timer_fd, .events = POLLIN },
					 { .fd = p->wake_fd, .events = POLLIN },
					 st->watch };

		if (atomic_load(&p->break_loop))
			return PCAP_ERROR_BREAK;
		if (atomic_exchange(&p->poked, false))
			return 0;
		int ready = poll(fds, napping ? 2 : 3, napping ? NAP_MS : -1);
		if (ready < 0 && errno != EINTR)
			return cst_fail_errno(p, PCAP_ERROR, "%s: waiting for the next period", p->device);
		if (ready < 0)
			continue;
		if (fds[1].revents)
			drain_wake_event(p);
		if (fds[0].revents) {
			st->due = true;
			return 1;
		}
		if (!napping && fds[2].revents) {
			look(p);
			if (st->failure)
				return 1;
		}
		napping = !napping && fds[2].revents;
	}
}

/* The source's own calls find the handle as in capture mode, and may change it. */
static void show_capture(pcap_t *p)
{
	struct cst_statistics *st = p->statistics;

	st->records = p->batch;
	p->batch = st->batch;
	p->select_fd = st->select_fd;
	p->filter_in_user = st->filter_in_user;
}

static void hide_capture(pcap_t *p)
{
	struct cst_statistics *st = p->statistics;

	st->batch = p->batch;
	st->select_fd = p->select_fd;
	st->filter_in_user = p->filter_in_user;
	p->batch = st->records;
	p->select_fd = st->timer_fd;
	p->filter_in_user = false; /* records have no filter */
}

static const struct bpf_program *filter_of(const pcap_t *p)
{
	static struct bpf_insn keep = { .code = BPF_RET | BPF_K, .k = CST_MAX_SNAPLEN };
	static const struct bpf_program all = { .bf_len = 1, .bf_insns = &keep };

	return p->filter.bf_insns ? &p->filter : &all;
}

static int count(pcap_t *p, const struct bpf_program *program)
{
	struct cst_statistics *st = p->statistics;

	return st->source->start_counting(p, program, &st->watch);
}

static int set_filter(pcap_t *p, const struct bpf_program *program)
{
	int status = count(p, program);

	if (status < 0)
		return status;
	p->statistics->same_filter = false;
	return 1;
}

static int set_direction(pcap_t *p, pcap_direction_t direction)
{
	int status = p->statistics->source->set_direction(p, direction);

	return status < 0 ? status : count(p, filter_of(p));
}

/* Which may take some of the packets that wait. */
static int set_reception(pcap_t *p, const struct cst_reception *wanted)
{
	show_capture(p);
	int status = p->statistics->source->set_reception(p, wanted), counting;
	hide_capture(p);

	if (status < 0)
		return status;
	counting = count(p, filter_of(p));
	return counting < 0 ? counting : status;
}

/* While nothing is captured, a buffer of another size is a promise. */
static int note_buffer(pcap_t *p, int bytes)
{
	p->statistics->buffer_bytes = bytes;
	return 0;
}

static int note_min_to_copy(pcap_t *p, int bytes)
{
	p->statistics->min_to_copy = bytes;
	return 0;
}

/* The capture goes on: it is to be as was wished meanwhile. What cannot be had, the next read tells. */
static void keep_promises(pcap_t *p, int buffer_bytes, int min_to_copy)
{
	int status = buffer_bytes > 0 && p->ops->set_buffer ? p->ops->set_buffer(p, buffer_bytes) : 0;

	if (status == 0 && min_to_copy >= 0 && p->ops->set_min_to_copy)
		status = p->ops->set_min_to_copy(p, min_to_copy);
	if (status < 0)
		p->pending_status = status;
}

/* Which changes the packets that wait. */
static int change_datalink(pcap_t *p, int dlt)
{
	show_capture(p);
	int status = p->statistics->source->set_datalink(p, dlt);
	hide_capture(p);
	return status;
}

static int set_datalink(pcap_t *p, int dlt)
{
	const int former = p->dlt;
	int status = change_datalink(p, dlt);

	if (status < 0)
		return status;
	p->dlt = dlt;
	status = count(p, filter_of(p));
	if (status < 0) {
		change_datalink(p, former);
		p->dlt = former;
	}
	return status;
}

static void end(pcap_t *p)
{
	struct cst_statistics *st = p->statistics;

	show_capture(p);
	p->flowing = st->flowing;
	p->statistics = NULL;
	p->ops = st->source;
	close(st->timer_fd);
	free(st);
}

static void close_both(pcap_t *p)
{
	end(p);
	p->ops->close(p);
}

/* What has to do with packets that wait or come is left out, or ours. */
static struct source_ops in_front_of(const struct source_ops *source)
{
	return (struct source_ops){ .name = source->name,
				    .read_batch = read_batch,
				    .release = release,
				    .wait = wait_for_record,
				    .inject = source->inject,
				    .transmit = source->transmit,
				    .set_send_to_rx = source->set_send_to_rx,
				    .set_filter = set_filter,
				    .set_direction = source->set_direction ? set_direction : NULL,
				    .set_datalink = source->set_datalink ? set_datalink : NULL,
				    .set_reception = source->set_reception ? set_reception : NULL,
				    .set_buffer = source->set_buffer ? note_buffer : NULL,
				    .set_min_to_copy = source->set_min_to_copy ? note_min_to_copy : NULL,
				    .stats = source->stats,
				    .engine = source->engine,
				    .close = close_both };
}

/* Once in a read timeout from now on; never, with 0 or less. */
static int start_periods(pcap_t *p, int timer_fd)
{
	const int ms = p->options.timeout_ms;
	const struct timespec period = { ms / 1000, ms % 1000 * CST_NS_PER_MS };

	if (ms > 0 && timerfd_settime(timer_fd, 0, &(struct itimerspec){ period, period }, NULL) < 0)
		return cst_fail_errno(p, PCAP_ERROR, "%s: starting the timer of statistics mode", p->device);
	return 0;
}

static int enter(pcap_t *p)
{
	struct cst_statistics *st = calloc(1, sizeof(*st));
	int status;

	if (!st)
		return cst_fail_errno(p, PCAP_ERROR, "%s: allocating the state of statistics mode", p->device);
	st->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (st->timer_fd < 0) {
		status = cst_fail_errno(p, PCAP_ERROR, "%s: creating the timer of statistics mode", p->device);
		free(st);
		return status;
	}
	/* The counters go on from where an earlier statistics mode left them. */
	if ((status = p->ops->read_counts(p, &st->told)) < 0 || (status = start_periods(p, st->timer_fd)) < 0 ||
	    (status = p->ops->start_counting(p, filter_of(p), &st->watch)) < 0) {
		close(st->timer_fd);
		free(st);
		return status;
	}
	st->total = st->told;
	st->source = p->ops;
	st->ops = in_front_of(p->ops);
	st->precision = p->options.tstamp_precision;
	st->same_filter = true;
	st->flowing = p->flowing;
	st->min_to_copy = -1;
	cst_event_watch_device(p, false);
	p->statistics = st;
	p->ops = &st->ops;
	hide_capture(p);
	cst_event_refresh(p);
	return 0;
}

/* The capture goes on with the filter of now. */
static int leave(pcap_t *p)
{
	struct cst_statistics *st = p->statistics;
	const bool same_filter = st->same_filter;
	const int buffer_bytes = st->buffer_bytes, min_to_copy = st->min_to_copy;

	int status = st->source->set_filter(p, filter_of(p));
	if (status < 0)
		return status;
	st->filter_in_user = p->filter.bf_insns && status == 0;
	st->source->stop_counting(p, same_filter);
	cst_batch_change_precision(&st->batch, st->precision, p->options.tstamp_precision);
	end(p);
	if (p->filter_in_user && !p->native && cst_native_is_wanted())
		p->native = cst_native_compile(p->filter.bf_insns, p->filter.bf_len);
	for (unsigned int i = p->batch.next; i < p->batch.count && !same_filter; i++)
		p->batch.packets[i].flags |= CST_PKT_UNFILTERED;
	if (p->sampled)
		cst_sampling_mark(p);
	keep_promises(p, buffer_bytes, min_to_copy);
	cst_event_watch_device(p, true);
	cst_event_refresh(p);
	return 0;
}

const char *cst_statistics_refusal(pcap_t *p, int mode)
{
	(void)mode;
	return p->statistics || p->ops->start_counting ? NULL : "counts packets, which this kind of device cannot";
}

int cst_statistics_change(pcap_t *p, bool on)
{
	if (on == (p->statistics != NULL))
		return 0;
	return on ? enter(p) : leave(p);
}
