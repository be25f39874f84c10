/* feed.c - reads a savefile into send queues ahead of who sends them.
 *
 * A classic savefile of the host's byte order is read straight into the queues, whose layout it has; of any other the
 * library reads the packets. Where packets are due by a clock their stamps are replaced by nanoseconds from 0, on
 * through all loops; a file that is to be sent once, at its own pace, keeps them. */
#include "feed.h"

#include "interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FILE_HEADER    24
#define MAGIC_MICRO    0xa1b2c3d4
#define MAGIC_NANO     0xa1b23c4d
#define RECORD_HEADER  16
#define NS_PER_SEC     INT64_C(1000000000)
#define LAST_NS        (UINT32_MAX * NS_PER_SEC)
/* pcap-savefile(5) */
#define LARGEST_PACKET 262144u

/* Large enough that a change of queues costs nothing; by the clock small enough that it is done in a moment. Each has
 * room for the largest packet. */
#define QUEUE_BYTES       (4u << 20)
#define PACED_QUEUE_BYTES (512u << 10)
/* By the clock a queue is not longer than this, either, so that progress can be told. */
#define PACED_QUEUE_NS    (NS_PER_SEC / 10)

#define QUEUES 2

enum slot_state {
	FREE,
	FILLING, /* the thread's; one that the library fills may be taken from it as it is */
	READY,
	SENDING  /* the caller's */
};

struct slot {
	struct feed_queue queue;
	enum slot_state state;
};

struct feed {
	const char *path;
	struct feed_timing timing;
	long loops;
	int dlt;
	bool restamp;
	bool straight;   /* read from `fd`, not through the library */
	int fd;          /* -1: it is not straight, and no file that can be read twice */
	int64_t unit_ns; /* of the file's stamps */
	off_t offset;    /* straight: the next record */
	FILE *stream;    /* until somebody has taken it over */

	/* The thread's own. */
	pcap_t *file;                     /* read through the library; NULL: straight, or being opened */
	uint64_t number;                  /* packets read in this pass */
	uint64_t packets, bits;           /* ... in all */
	int64_t first_ns;                 /* stamp of the pass's first packet */
	int64_t base_ns, latest_ns;       /* where the pass begins on the new clock, and how far it came */
	int64_t queue_ns;                 /* when the queue's first packet is due */

	pthread_t thread;
	bool started;
	pthread_mutex_t lock;             /* of all below, and of a queue that the library fills */
	pthread_cond_t changed;
	struct slot slots[QUEUES];
	uint64_t filled, taken;           /* queues so far; slots are used in turn */
	struct slot *sending;
	bool ended;
	atomic_bool stop;
	char error[PCAP_ERRBUF_SIZE];
};

static bool is_paced(const struct feed *f)
{
	return f->timing.speed > 0 || f->timing.pps > 0 || f->timing.mbps > 0;
}

/* ---- stamps ---- */

/* When a packet is due so long after `base_ns`. A record cannot tell of more than 136 years. */
static int64_t after(int64_t base_ns, double ns)
{
	const double due = (double)base_ns + ns;

	if (due >= (double)LAST_NS)
		return LAST_NS;
	return due > 0 ? base_ns + (int64_t)ns : 0;
}

/* When the next packet is due, which was saved at `ns`: on the new clock, or, where stamps stay, at `ns`. */
static int64_t due_ns(const struct feed *f, int64_t ns)
{
	if (!f->restamp)
		return ns;
	if (f->timing.pps > 0)
		return after(0, (double)f->packets * 1e9 / f->timing.pps);
	if (f->timing.mbps > 0)
		return after(0, (double)f->bits * 1e3 / f->timing.mbps);
	return f->number == 0 ? f->base_ns : after(f->base_ns, (double)(ns - f->first_ns) / f->timing.speed);
}

/* Would it make the queue too long in time? */
static bool is_for_later(const struct feed *f, const struct feed_queue *queue, int64_t due)
{
	return is_paced(f) && queue->packets > 0 && due - f->queue_ns > PACED_QUEUE_NS;
}

/* It is in the queue. */
static void count_in(struct feed *f, struct feed_queue *queue, int64_t ns, int64_t due, const struct pcap_pkthdr *h)
{
	if (f->number++ == 0)
		f->first_ns = ns;
	if (queue->packets++ == 0)
		f->queue_ns = due;
	if (due > f->latest_ns)
		f->latest_ns = due;
	f->packets++;
	f->bits += UINT64_C(8) * h->caplen;
	queue->shortened += h->caplen < h->len;
}

/* ---- slots ---- */

/* The slot to fill; NULL: nobody wants more. The lock is held. */
static struct slot *to_fill(struct feed *f)
{
	struct slot *slot = &f->slots[f->filled % QUEUES];

	while (!f->stop && slot->state != FREE && slot->state != FILLING) {
		pthread_cond_wait(&f->changed, &f->lock);
		slot = &f->slots[f->filled % QUEUES];
	}
	if (f->stop)
		return NULL;
	if (slot->state == FREE) {
		slot->queue.q.len = 0;
		slot->queue.packets = slot->queue.shortened = 0;
		slot->state = FILLING;
	}
	return slot;
}

static void hand_over(struct feed *f, struct slot *slot)
{
	if (slot->state != FILLING || slot->queue.packets == 0)
		return;
	slot->state = READY;
	f->filled++;
	pthread_cond_broadcast(&f->changed);
}

/* ---- straight from the file ---- */

static int is_damaged(struct feed *f, const char *how)
{
	snprintf(f->error, sizeof(f->error), "%s is damaged after %" PRIu64 " whole packets: %s", f->path, f->number, how);
	return -1;
}

/* Take over the records among the `bytes` bytes behind the queue's end. Returns 1 if the queue may take more, 0 if not,
 * -1 if one is no record. */
static int take_records(struct feed *f, struct feed_queue *queue, size_t bytes)
{
	uint32_t header[RECORD_HEADER / sizeof(uint32_t)];

	while (bytes >= sizeof(header)) {
		uint8_t *record = (uint8_t *)queue->q.buffer + queue->q.len;
		memcpy(header, record, sizeof(header));
		const struct pcap_pkthdr h = { .caplen = header[2], .len = header[3] };
		if (h.caplen > LARGEST_PACKET)
			return is_damaged(f, "the next one's length is none that a packet can have");
		if (h.caplen > bytes - sizeof(header))
			break;
		const int64_t ns = header[0] * NS_PER_SEC + header[1] * f->unit_ns, due = due_ns(f, ns);
		if (is_for_later(f, queue, due))
			return 0;
		if (f->restamp) {
			header[0] = (uint32_t)(due / NS_PER_SEC);
			header[1] = (uint32_t)(due % NS_PER_SEC);
			memcpy(record, header, sizeof(header));
		}
		count_in(f, queue, ns, due, &h);
		queue->q.len += (u_int)sizeof(header) + h.caplen;
		f->offset += (off_t)(sizeof(header) + h.caplen);
		bytes -= sizeof(header) + h.caplen;
	}
	return 1;
}

/* One read: 1; 0: the file is at its end, or nobody wants more; -1: told. What it takes no record of is read again. */
static int fill_straight(struct feed *f)
{
	pthread_mutex_lock(&f->lock);
	struct slot *slot = to_fill(f);
	pthread_mutex_unlock(&f->lock);
	if (!slot)
		return 0;
	struct feed_queue *queue = &slot->queue;
	const uint64_t before = queue->packets;
	const ssize_t bytes = pread(f->fd, queue->q.buffer + queue->q.len, queue->q.maxlen - queue->q.len, f->offset);
	if (bytes == 0 && queue->q.len < queue->q.maxlen)
		return 0;
	if (bytes < 0) {
		snprintf(f->error, sizeof(f->error), "%s: reading packet %" PRIu64 ": %s", f->path, f->number + 1,
			 strerror(errno));
		return -1;
	}
	const int status = take_records(f, queue, (size_t)bytes);
	if (status < 0)
		return status;
	if (before == 0 && queue->packets == 0)
		return is_damaged(f, "the file ends within the next one");
	if (status == 0 || queue->packets == before) {
		pthread_mutex_lock(&f->lock);
		hand_over(f, slot);
		pthread_mutex_unlock(&f->lock);
	}
	return 1;
}

/* ---- through the library ---- */

/* One packet: 1; 0: the file is at its end, or nobody wants more; -1: told. */
static int fill_by_library(struct feed *f)
{
	struct pcap_pkthdr *h;
	const u_char *data;
	struct slot *slot;
	const int status = pcap_next_ex(f->file, &h, &data);

	if (status != 1) {
		if (status == PCAP_ERROR)
			snprintf(f->error, sizeof(f->error), "%s", pcap_geterr(f->file));
		return status == PCAP_ERROR ? -1 : 0;
	}
	const int64_t ns = h->ts.tv_sec * NS_PER_SEC + h->ts.tv_usec, due = due_ns(f, ns);
	struct pcap_pkthdr stamped = *h;
	stamped.ts.tv_sec = due / NS_PER_SEC;
	stamped.ts.tv_usec = due % NS_PER_SEC;
	pthread_mutex_lock(&f->lock);
	while ((slot = to_fill(f)) != NULL) {
		if (!is_for_later(f, &slot->queue, due) && pcap_sendqueue_queue(&slot->queue.q, &stamped, data) == 0)
			break;
		hand_over(f, slot);
	}
	if (slot) {
		count_in(f, &slot->queue, ns, due, h);
		pthread_cond_broadcast(&f->changed);
	}
	pthread_mutex_unlock(&f->lock);
	return slot ? 1 : 0;
}

/* ---- the thread ---- */

/* Hands the stream to the library. */
static bool read_by_library(struct feed *f, char *errbuf)
{
	f->file = pcap_fopen_offline_with_tstamp_precision(f->stream, PCAP_TSTAMP_PRECISION_NANO, errbuf);
	if (f->file)
		f->stream = NULL;
	return f->file != NULL;
}

/* A file by its descriptor: by its name we may have lost the right to. */
static FILE *open_again(const struct feed *f)
{
	int fd = f->fd >= 0 ? fcntl(f->fd, F_DUPFD_CLOEXEC, 0) : open(f->path, O_RDONLY | O_CLOEXEC);
	FILE *stream = fd >= 0 && (f->fd < 0 || lseek(fd, 0, SEEK_SET) == 0) ? fdopen(fd, "rb") : NULL;

	if (!stream && fd >= 0)
		close(fd);
	return stream;
}

static bool begin_pass(struct feed *f, long pass)
{
	f->number = 0;
	f->base_ns = f->latest_ns;
	f->offset = FILE_HEADER;
	if (f->straight || pass == 0)
		return true;
	/* The thread may end in any of these. */
	pcap_t *before = f->file;
	f->file = NULL;
	pcap_close(before);
	f->stream = open_again(f);
	if (f->stream)
		return read_by_library(f, f->error);
	snprintf(f->error, sizeof(f->error), "%s: opening it again: %s", f->path, strerror(errno));
	return false;
}

static void *fill_queues(void *arg)
{
	struct feed *f = arg;
	int status = 0;

	for (long pass = 0; pass < f->loops && status == 0 && !atomic_load(&f->stop) && begin_pass(f, pass); pass++) {
		while ((status = f->straight ? fill_straight(f) : fill_by_library(f)) > 0)
			;
		/* Nothing in it, so there is nothing in it the next time. */
		if (f->number == 0)
			break;
	}
	pthread_mutex_lock(&f->lock);
	hand_over(f, &f->slots[f->filled % QUEUES]);
	f->ended = true;
	pthread_cond_broadcast(&f->changed);
	pthread_mutex_unlock(&f->lock);
	return NULL;
}

/* ---- the caller's side ---- */

/* Has the file the queues' layout? Then f->fd reads it. */
static bool opens_straight(struct feed *f)
{
	struct {
		uint32_t magic;
		uint16_t major, minor;
	} head;
	struct stat st;

	/* A pipe that nobody writes any more is not to be waited for. */
	f->fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (f->fd < 0)
		return false;
	if (fstat(f->fd, &st) == 0 && S_ISREG(st.st_mode)) {
		bool is_straight = pread(f->fd, &head, sizeof(head), 0) == sizeof(head) &&
				   (head.magic == MAGIC_MICRO || head.magic == MAGIC_NANO) && head.major == 2 &&
				   head.minor == 4;
		if (is_straight)
			f->unit_ns = head.magic == MAGIC_NANO ? 1 : 1000;
		return is_straight;
	}
	close(f->fd);
	f->fd = -1;
	return false;
}

static bool make_queues(struct feed *f)
{
	const u_int bytes = is_paced(f) ? PACED_QUEUE_BYTES : QUEUE_BYTES;

	for (size_t i = 0; i < QUEUES; i++) {
		f->slots[i].queue.q = (struct pcap_send_queue){ .maxlen = bytes, .buffer = malloc(bytes) };
		if (!f->slots[i].queue.q.buffer)
			return false;
	}
	return true;
}

struct feed *feed_open(const char *path, struct feed_timing timing, long loops, char *errbuf)
{
	struct feed *f = calloc(1, sizeof(*f));

	if (!f) {
		snprintf(errbuf, PCAP_ERRBUF_SIZE, "%s: %s", path, strerror(errno));
		return NULL;
	}
	f->path = path;
	f->timing = timing;
	f->loops = loops;
	f->fd = -1;
	f->unit_ns = 1;
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->changed, NULL);
	f->stream = strcmp(path, "-") ? fopen(path, "rbe") : stdin;
	if (!f->stream) {
		snprintf(errbuf, PCAP_ERRBUF_SIZE, "%s", strerror(errno));
		feed_close(f);
		return NULL;
	}
	f->straight = strcmp(path, "-") != 0 && opens_straight(f);
	f->restamp = is_paced(f) && (!f->straight || loops > 1 || timing.speed != 1);
	return f;
}

bool feed_begin(struct feed *f, char *errbuf)
{
	if (!read_by_library(f, errbuf))
		return false;
	f->dlt = pcap_datalink(f->file);
	if (f->straight) {
		pcap_close(f->file);
		f->file = NULL;
	}
	f->started = make_queues(f) && pthread_create(&f->thread, NULL, fill_queues, f) == 0;
	if (!f->started)
		snprintf(errbuf, PCAP_ERRBUF_SIZE, "no memory or no thread to read it ahead");
	return f->started;
}

int feed_datalink(const struct feed *f)
{
	return f->dlt;
}

int feed_precision(const struct feed *f)
{
	return f->restamp || f->unit_ns == 1 ? PCAP_TSTAMP_PRECISION_NANO : PCAP_TSTAMP_PRECISION_MICRO;
}

/* The lock is held. */
static struct slot *next_slot(struct feed *f)
{
	struct slot *slot = &f->slots[f->taken % QUEUES];

	/* Better a short queue now than a full one when whoever writes the file has more. */
	if (!f->straight && slot->state == FILLING)
		hand_over(f, slot);
	return slot->state == READY ? slot : NULL;
}

struct feed_queue *feed_next(struct feed *f)
{
	struct slot *slot;

	pthread_mutex_lock(&f->lock);
	if (f->sending) {
		f->sending->state = FREE;
		f->sending = NULL;
		pthread_cond_broadcast(&f->changed);
	}
	while (!(slot = next_slot(f)) && !f->ended && !interrupt_seen()) {
		struct timespec until;
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += NS_PER_SEC / 20; /* a signal does not end this wait */
		until.tv_sec += until.tv_nsec / NS_PER_SEC;
		until.tv_nsec %= NS_PER_SEC;
		pthread_cond_timedwait(&f->changed, &f->lock, &until);
	}
	if (slot) {
		slot->state = SENDING;
		f->sending = slot;
		f->taken++;
	}
	pthread_mutex_unlock(&f->lock);
	return slot ? &slot->queue : NULL;
}

const char *feed_error(const struct feed *f)
{
	return f->ended && f->error[0] ? f->error : NULL;
}

void feed_close(struct feed *f)
{
	if (f->started) {
		pthread_mutex_lock(&f->lock);
		f->stop = true;
		pthread_cond_broadcast(&f->changed);
		pthread_mutex_unlock(&f->lock);
		/* It may be waiting for whoever writes the file. */
		if (!f->straight)
			pthread_cancel(f->thread);
		pthread_join(f->thread, NULL);
	}
	if (f->file)
		pcap_close(f->file);
	if (f->stream && f->stream != stdin)
		fclose(f->stream);
	if (f->fd >= 0)
		close(f->fd);
	for (size_t i = 0; i < QUEUES; i++)
		free(f->slots[i].queue.q.buffer);
	pthread_cond_destroy(&f->changed);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

void feed_count(const struct feed_queue *queue, uint32_t bytes, uint64_t *packets, uint64_t *shortened)
{
	uint32_t header[RECORD_HEADER / sizeof(uint32_t)];

	*packets = *shortened = 0;
	for (uint32_t at = 0; at < bytes; at += RECORD_HEADER + header[2]) {
		memcpy(header, queue->q.buffer + at, sizeof(header));
		++*packets;
		*shortened += header[2] < header[3];
	}
}
