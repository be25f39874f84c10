/* rebuild.c - another ring on a socket that is capturing: of another size (pcap_setbuff) or kind (pcap_setmintocopy).
 *
 * The socket stays, since programs wait on its descriptor; so the old ring has to go before the new one comes, and the
 * kernel takes the socket off the interface meanwhile, for some tens of milliseconds. Where no packet may be lost, a
 * second socket stands in: it begins before the first one ends, and ends after that has begun again. What both saw is
 * told by the time stamps, which the kernel makes once for both. Where the content is to be discarded anyway, so is what
 * comes meanwhile. */
#include "base/clock.h"
#include "linux/frame.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* An EtherType that is reserved and never sent (RFC 1701): who is bound to it receives nothing. */
#define NO_PROTOCOL 0xffff

/* Enough for what comes in the time that it stands in; what does not fit is counted as dropped. */
#define STAND_IN_BUDGET (2u << 20)

/* Below that nobody asks how much memory there is. */
#define SMALL_RING (64u << 20)

/* A child that is about to run another program may take so long. */
#define LONGEST_FORK_MS 200

/* When this returns, the kernel writes into the ring no more. */
static int halt(pcap_t *p)
{
	const struct packet_source *s = p->source;
	struct sockaddr_ll nothing = { .sll_family = AF_PACKET,
				       .sll_protocol = htons(NO_PROTOCOL),
				       .sll_ifindex = (int)s->ifindex };

	if (bind(s->fd, (struct sockaddr *)&nothing, sizeof(nothing)) < 0)
		return cst_fail_errno(p, PCAP_ERROR, "%s: halting the capture", p->device);
	return 0;
}

/* Go on capturing. An interface that is down or gone is told by the next read, as ever. */
static void go_on(pcap_t *p)
{
	struct packet_source *s = p->source;
	char before[sizeof(p->errbuf)];

	memcpy(before, p->errbuf, sizeof(before));
	int status = cst_packet_start(p);
	/* One that is down is bound to all the same. With any other, nothing would come ever again: worth one more attempt. */
	if (status < 0 && status != PCAP_ERROR_IFACE_NOT_UP)
		status = cst_packet_start(p);
	if (status < 0 && s->state == IFACE_FINE)
		s->state = IFACE_FAILED;
	memcpy(p->errbuf, before, sizeof(before));
}

/* A source of its own beside the handle's: the same packets into another ring. */
static int start_stand_in(pcap_t *p, struct packet_source *in)
{
	struct packet_source *s = p->source;
	const int bufferful = p->buffer_bytes, one = 1;
	int status;

	*in = *s;
	in->fd = in->filter_map = -1;
	in->ring = (struct ring){ 0 };
	in->aside = (struct aside){ 0 };
	in->ring_ops = &cst_ring_v3;
	in->budget = STAND_IN_BUDGET;
	in->received = in->dropped = in->unwanted = 0;
	p->source = in;
	if ((status = cst_packet_open_socket(p)) == 0 && (status = cst_packet_make_ring(p, true)) == 0 &&
	    (status = cst_packet_attach_filter(p)) == 0) {
		cst_packet_choose_frames(p, in);
		/* Asks for time stamps that are made before the sockets part. The kernel arranges that in its own time. */
		setsockopt(in->fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one));
		usleep(2000);
		status = cst_packet_start(p);
		/* An interface that is down or gone has no packets to lose. */
		if (status == PCAP_ERROR_IFACE_NOT_UP || status == PCAP_ERROR_NO_SUCH_DEVICE)
			status = 0;
	}
	p->source = s;
	p->buffer_bytes = bufferful;
	return status;
}

static void close_stand_in(struct packet_source *in)
{
	cst_packet_drop_ring(in);
	cst_aside_free(&in->aside);
	if (in->filter_map >= 0)
		close(in->filter_map);
	if (in->fd >= 0)
		cst_close_in_background(in->fd);
}

/* Everything in the ring of p->source, which is halted, to the end of `a`. */
static void take_all(pcap_t *p, struct aside *a, const struct aside_range *range, uint32_t *lost, uint32_t *taken)
{
	struct packet_source *s = p->source;
	int status = cst_aside_take(p, a, range, INT64_MAX, lost, taken);

	if (s->ring_ops->seize) {
		s->ring_ops->seize(&s->ring);
		if (status == 0)
			status = cst_aside_take(p, a, range, INT64_MAX, lost, taken);
	}
	if (status < 0)
		p->pending_status = status;
}

/* What the stand-in alone saw comes between the old ring's content and the new one's. For `rescued` packets the old ring
 * had no room while both captured: those are among them, and not dropped. */
static void take_over(pcap_t *p, struct packet_source *in, uint32_t rescued)
{
	struct packet_source *s = p->source;
	uint32_t lost = 0, taken = 0;

	p->source = in;
	halt(p);
	cst_packet_count(p);
	p->source = s;
	const struct aside_range between = { .after_ns = cst_aside_last_ns(&s->aside),
					     .before_ns = s->ring.map ? s->ring_ops->first_ns(&s->ring) : UINT64_MAX };
	p->source = in;
	take_all(p, &s->aside, &between, &lost, &taken);
	p->source = s;
	/* Those that found no room there have no time stamp; they are counted as lost although some may have been seen
	 * by the handle's socket, too. */
	if (rescued > taken)
		rescued = taken;
	s->received += taken + lost + in->dropped - rescued;
	s->dropped += lost + in->dropped - rescued;
}

static int read_without_ring(pcap_t *p, struct cst_batch *b)
{
	int n = cst_aside_read(p, b);

	if (n > 0)
		return n;
	return cst_fail(p, PCAP_ERROR, "%s: the capture could not be given its buffer back; close it", p->device);
}

/* What was put aside can be read, and the handle be closed. */
static void give_up(struct packet_source *s)
{
	s->ops.read_batch = read_without_ring;
	s->ops.release = NULL;
	s->ops.gather = NULL;
	s->ops.set_buffer = s->ops.set_min_to_copy = NULL;
}

/* While another process has the ring mapped, too, the kernel does not part with it. One that was forked to run another
 * program is about to let go of it. */
static int ask_until_let_go(const struct packet_source *s, const struct tpacket_req3 *request)
{
	int status;

	for (int waited_ms = 0;; waited_ms++) {
		status = setsockopt(s->fd, SOL_PACKET, PACKET_RX_RING, request, sizeof(*request));
		if (status == 0 || errno != EBUSY || waited_ms == LONGEST_FORK_MS)
			return status;
		nanosleep(&(struct timespec){ .tv_nsec = CST_NS_PER_MS }, NULL);
	}
}

/* Into the place that was kept for it. Without the ring the capture is over, so a refusal is asked about once more. */
static bool map_back(const struct packet_source *s)
{
	const struct ring *r = &s->ring;
	void *map = MAP_FAILED;

	for (int tries = 0; tries < 2 && map == MAP_FAILED; tries++)
		map = mmap(r->map, r->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, s->fd, 0);
	return map != MAP_FAILED;
}

/* Has nobody else the ring? Asked before anything is undone, by a request that is refused in any case. Our own mapping
 * counts like any: it gives way meanwhile, and its place is kept, for packets that lie there. 0 or PCAP_ERROR. */
static int need_ring_for_ourselves(pcap_t *p)
{
	struct packet_source *s = p->source;
	const struct tpacket_req3 refused = { .tp_frame_nr = 1 };
	const struct ring *r = &s->ring;

	if (mmap(r->map, r->bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED)
		return cst_fail_errno(p, PCAP_ERROR, "%s: keeping the place of a ring of %zu bytes", p->device, r->bytes);
	ask_until_let_go(s, &refused);
	const bool shared = errno == EBUSY;
	if (!map_back(s)) {
		cst_fail_errno(p, PCAP_ERROR, "%s: mapping a ring of %zu bytes", p->device, r->bytes);
		p->batch.next = p->batch.count = 0;
		give_up(s);
		return PCAP_ERROR;
	}
	if (shared)
		return cst_fail(p, PCAP_ERROR, "%s: the kernel's buffer cannot be changed while another process has it, too: "
				"a child of fork() that has not closed the handle", p->device);
	return 0;
}

/* Take the old ring down and put one up as p->source now says. */
static int replace_ring(pcap_t *p, bool or_smaller)
{
	struct packet_source *s = p->source;
	/* For both versions: the shorter one begins like it. */
	const struct tpacket_req3 none = { 0 };

	cst_packet_drop_ring(s);
	if (ask_until_let_go(s, &none) < 0)
		return cst_fail_errno(p, PCAP_ERROR, "%s: giving the old ring back", p->device);
	return cst_packet_make_ring(p, or_smaller);
}

/* How a ring is to be. */
struct wish {
	const struct ring_ops *ops;
	size_t budget;
	int min_to_copy;
};

static void make_so(pcap_t *p, const struct wish *wish)
{
	struct packet_source *s = p->source;

	s->ring_ops = wish->ops;
	s->budget = wish->budget;
	p->min_to_copy = wish->min_to_copy;
	s->ops.name = wish->ops->name;
}

/* 0, or PCAP_ERROR with everything as it was before, ring and content. */
static int rebuild(pcap_t *p, const struct wish *wish, bool keep)
{
	struct packet_source *s = p->source, in;
	const struct wish before = { s->ring_ops, s->budget, p->min_to_copy };
	uint32_t lost = 0, taken = 0, dropped_before;
	int status;

	if ((status = need_ring_for_ourselves(p)) < 0)
		return status;
	if (keep && (status = start_stand_in(p, &in)) < 0) {
		close_stand_in(&in);
		return status;
	}
	cst_packet_count(p);
	dropped_before = s->dropped;
	if ((status = cst_aside_keep_batch(p, &s->aside)) < 0 || (status = halt(p)) < 0)
		goto out;
	cst_packet_count(p);
	const uint32_t rescued = s->dropped - dropped_before;
	take_all(p, &s->aside, NULL, &lost, &taken);
	s->dropped += lost;
	make_so(p, wish);
	status = replace_ring(p, false);
	if (status < 0) {
		char why[sizeof(p->errbuf)];

		memcpy(why, p->errbuf, sizeof(why));
		make_so(p, &before);
		if (replace_ring(p, true) < 0)
			give_up(s);
		memcpy(p->errbuf, why, sizeof(why));
	}
	go_on(p);
	if (keep)
		take_over(p, &in, rescued);
out:
	if (keep)
		close_stand_in(&in);
	return status;
}

/* What the kernel could give without taking it from programs (proc(5)); 0: not known. */
static uint64_t available_memory(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	unsigned long long kib = 0;
	char line[128];

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file) && sscanf(line, "MemAvailable: %llu", &kib) != 1)
		;
	fclose(file);
	return kib << 10;
}

/* Rather than say that there is no memory, the kernel ends other programs. Some is left for them. */
static bool more_than_there_is(size_t bytes)
{
	const uint64_t available = available_memory();

	return bytes > SMALL_RING && available > 0 && bytes > available / 4 * 3;
}

int cst_packet_set_buffer(pcap_t *p, int bytes)
{
	struct packet_source *s = p->source;
	const struct wish wish = { s->ring_ops, (size_t)bytes, p->min_to_copy };

	if (wish.budget == (s->budget > 0 ? s->budget : s->asked))
		return 0;
	if (more_than_there_is(s->ring_ops->bytes_for(p, wish.budget)))
		return cst_fail(p, PCAP_ERROR, "%s: there is not enough memory for a kernel buffer that holds %d bytes of "
				"packets", p->device, bytes);
	int status = rebuild(p, &wish, false);
	if (status < 0)
		return status;
	cst_aside_discard(p, &s->aside);
	cst_packet_forget_counts(p);
	return 0;
}

/* An amount that the smallest packet makes up is no amount to wait for. */
static bool is_one_packet(const pcap_t *p, int bytes)
{
	const int smallest = 14;

	return bytes <= CST_NPCAP_HEADER + (p->snaplen < smallest ? p->snaplen : smallest);
}

int cst_packet_set_min_to_copy(pcap_t *p, int bytes)
{
	struct packet_source *s = p->source;
	struct wish wish = { &cst_ring_v3, s->budget, bytes };

	if (is_one_packet(p, bytes)) {
		wish.ops = &cst_ring_v2;
		wish.min_to_copy = 0;
	}
	/* Only whether there is an amount matters to the ring. */
	if (s->ring_ops == wish.ops && (wish.min_to_copy > 0) == (p->min_to_copy > 0)) {
		p->min_to_copy = wish.min_to_copy;
		return 0;
	}
	return rebuild(p, &wish, true);
}
