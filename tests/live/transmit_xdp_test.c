/* transmit_xdp_test.c - the engine "xdp": what leaves is what is counted, in order, and nobody misses a frame. */
#include "capture.h"
#include "xdp_peer.h"

#include "handle/handle.h"
#include "handle/transmit.h"

#include "linux/ask_kernel.h"

#include <arpa/inet.h>
#include <capstan/engine.h>
#include <linux/capability.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <pcap/pcap.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define BYTES 60

/* `count` numbered frames of `bytes` bytes each, in memory of their own. */
struct frames {
	struct cst_frame *list;
	uint8_t *memory;
	size_t count;
};

static struct frames make_frames(uint32_t first, size_t count, size_t bytes)
{
	struct frames f = { .list = calloc(count, sizeof(*f.list)), .memory = malloc(count * bytes), .count = count };

	assert_non_null(f.list);
	assert_non_null(f.memory);
	for (size_t i = 0; i < count; i++) {
		netlab_fill(f.memory + i * bytes, bytes, first + (uint32_t)i);
		f.list[i] = (struct cst_frame){ .data = f.memory + i * bytes, .bytes = (uint32_t)bytes };
	}
	return f;
}

static void free_frames(struct frames *f)
{
	free(f->list);
	free(f->memory);
}

static int transmit(pcap_t *p, const struct frames *f, size_t *sent)
{
	struct cst_transmission t = { .frames = f->list, .count = f->count };
	int status = p->ops->transmit(p, &t);

	*sent = t.sent;
	return status;
}

static void transmit_all(pcap_t *p, const struct frames *f)
{
	size_t sent;
	int status = transmit(p, f, &sent);

	if (status != 0)
		fail_msg("%d: %s", status, pcap_geterr(p));
	assert_int_equal(sent, f->count);
}

/* `count` frames from number 0 on have come, and nothing else. */
static void expect_at(const struct xdp_peer *peer, size_t count)
{
	xdp_peer_settle(peer);
	assert_int_equal(peer->sight->frames, count);
	assert_int_equal(peer->sight->misplaced, 0);
}

static pcap_t *open_left(const char *engine)
{
	const struct opening how = { .device = "left", .timeout_ms = 10 };
	pcap_t *p = capture_open(&how);

	assert_int_equal(capstan_set_engine(p, CAPSTAN_TRANSMIT, engine), 0);
	const char *now = capstan_engine(p, CAPSTAN_TRANSMIT);
	if (!now || strcmp(now, "xdp") != 0) {
		if (strstr(pcap_geterr(p), "CAP_") || strstr(pcap_geterr(p), "Linux") ||
		    strstr(pcap_geterr(p), "libbpf")) {
			print_message("skipped: %s\n", pcap_geterr(p));
			pcap_close(p);
			skip();
		}
		fail_msg("engine %s: %s", now ? now : "none", pcap_geterr(p));
	}
	return p;
}

/* Run in a world where /sys is that of our network namespace. */
static void run_with_sys(const char *command)
{
	netlab_run("unshare -m sh -c 'mount -t sysfs netlab /sys && %s'", command);
}

static uint64_t counter(const char *device, const char *name)
{
	char command[256], text[64] = "";

	snprintf(command, sizeof(command), "unshare -m sh -c 'mount -t sysfs netlab /sys && "
		 "cat /sys/class/net/%s/statistics/%s'", device, name);
	FILE *pipe = popen(command, "re");
	assert_non_null(pipe);
	assert_non_null(fgets(text, sizeof(text), pipe));
	assert_int_equal(pclose(pipe), 0);
	return strtoull(text, NULL, 10);
}

/* How many XDP frames left has sent, as the driver says; socket buffers do not count. */
static uint64_t xdp_frames(void)
{
	char text[64] = "";
	FILE *pipe = popen("ethtool -S left | sed -n 's/.*tx_queue_0_xdp_xmit: //p'", "re");

	assert_non_null(pipe);
	assert_non_null(fgets(text, sizeof(text), pipe));
	assert_int_equal(pclose(pipe), 0);
	return strtoull(text, NULL, 10);
}

static void what_leaves_is_counted_and_in_order(void **state)
{
	enum { COUNT = 1000000 };
	struct xdp_peer peer = xdp_peer_start("right", false, 0);
	pcap_t *p = open_left("xdp");
	struct frames f = make_frames(0, COUNT, BYTES);
	const uint64_t packets = counter("left", "tx_packets"), bytes = counter("left", "tx_bytes");

	(void)state;
	transmit_all(p, &f);
	expect_at(&peer, COUNT);
	assert_int_equal(peer.sight->bytes, (uint64_t)COUNT * BYTES);
	/* What `ip -s link` says of the interface is as if a socket had sent them. */
	assert_int_equal(counter("left", "tx_packets") - packets, COUNT);
	assert_int_equal(counter("left", "tx_bytes") - bytes, (uint64_t)COUNT * BYTES);
	free_frames(&f);
	pcap_close(p);
	xdp_peer_stop(&peer);
}

/* A receiver on another processor, which cannot keep up: the driver refuses frames, again and again. */
static void refused_frames_are_sent_again_in_their_place(void **state)
{
	enum { COUNT = 300000, REFUSING = 10 }; /* a little slower than the sender */
	struct xdp_peer peer = xdp_peer_start("right", false, REFUSING);
	pcap_t *p = open_left("xdp");
	struct frames f = make_frames(0, COUNT, BYTES);

	(void)state;
	run_with_sys("echo 1 > /sys/class/net/right/threaded");
	const uint64_t refused = counter("left", "tx_dropped");
	transmit_all(p, &f);
	expect_at(&peer, COUNT);
	assert_true(counter("left", "tx_dropped") > refused);
	run_with_sys("echo 0 > /sys/class/net/right/threaded");
	free_frames(&f);
	pcap_close(p);
	xdp_peer_stop(&peer);
}

static void on_alarm(int signal_number)
{
	(void)signal_number;
}

/* The same, while signals keep interrupting the kernel: they are no reason to end. */
static void signals_end_nothing(void **state)
{
	enum { COUNT = 300000, REFUSING = 10 };
	const struct sigaction action = { .sa_handler = on_alarm };
	const struct itimerval often = { { .tv_usec = 200 }, { .tv_usec = 200 } }, never = { { 0 }, { 0 } };
	struct xdp_peer peer = xdp_peer_start("right", false, REFUSING);
	pcap_t *p = open_left("xdp");
	struct frames f = make_frames(0, COUNT, BYTES);
	size_t sent;

	(void)state;
	run_with_sys("echo 1 > /sys/class/net/right/threaded");
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	int status = transmit(p, &f, &sent);
	setitimer(ITIMER_REAL, &never, NULL);
	if (status != 0)
		fail_msg("%d: %s", status, pcap_geterr(p));
	expect_at(&peer, COUNT);
	run_with_sys("echo 0 > /sys/class/net/right/threaded");
	free_frames(&f);
	pcap_close(p);
	xdp_peer_stop(&peer);
}

static void the_thread_may_run_where_it_might_before(void **state)
{
	struct xdp_peer peer = xdp_peer_start("right", false, 0);
	pcap_t *p = open_left("xdp");
	struct frames f = make_frames(0, 1000, BYTES);
	cpu_set_t before, after;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	transmit_all(p, &f);
	assert_int_equal(sched_getaffinity(0, sizeof(after), &after), 0);
	assert_true(CPU_EQUAL(&before, &after));
	free_frames(&f);
	pcap_close(p);
	xdp_peer_stop(&peer);
}

static void frames_of_all_lengths_arrive_as_they_are(void **state)
{
	enum { SHORTEST = 14, LONGEST = 3300 };
	struct opening roomy = { .timeout_ms = 10, .buffer_bytes = 64 << 20 };
	pcap_t *p = open_left("xdp"), *right = capture_open(&roomy);
	struct cst_frame list[LONGEST - SHORTEST + 1];
	struct cst_transmission t = { .frames = list, .count = LONGEST - SHORTEST + 1 };
	uint8_t *memory = malloc(t.count * LONGEST);
	struct pcap_pkthdr *h;
	const u_char *data;

	(void)state;
	assert_non_null(memory);
	netlab_run("ip link set left mtu 9000 && ip link set right mtu 9000");
	for (size_t i = 0; i < t.count; i++) {
		/* Long and short ones in turn. */
		const size_t bytes = i % 2 ? SHORTEST + i : LONGEST - i;
		netlab_fill(memory + i * LONGEST, bytes, (uint32_t)i);
		list[i] = (struct cst_frame){ .data = memory + i * LONGEST, .bytes = (uint32_t)bytes };
	}
	int status = p->ops->transmit(p, &t);
	if (status != 0)
		fail_msg("%d: %s", status, pcap_geterr(p));
	for (size_t i = 0; i < t.count; i++) {
		capture_next(right, &h, &data);
		capture_check(h, data, (uint32_t)i, list[i].bytes, list[i].bytes);
	}
	capture_expect_none(right);
	free(memory);
	pcap_close(p);
	pcap_close(right);
	netlab_run("ip link set left mtu 1500 && ip link set right mtu 1500");
}

/* Among many small frames one that is `bytes` long. */
static struct frames make_odd(size_t count, size_t at, size_t bytes)
{
	struct frames f = make_frames(0, count, BYTES);
	uint8_t *grown = realloc(f.memory, count * BYTES + bytes);

	assert_non_null(grown);
	for (size_t i = 0; i < count; i++)
		f.list[i].data = grown + i * BYTES;
	f.memory = grown;
	netlab_fill(grown + count * BYTES, bytes, (uint32_t)at);
	f.list[at] = (struct cst_frame){ .data = grown + count * BYTES, .bytes = (uint32_t)bytes };
	return f;
}

static void a_frame_that_no_page_holds_goes_by_socket_in_its_place(void **state)
{
	enum { COUNT = 1000, ODD = 500 };
	static const size_t lengths[] = { 3520, 3584, 3585, 9014 };
	pcap_t *p = open_left("auto"), *right = capture_open(&capture_gathered);
	struct pcap_pkthdr *h;
	const u_char *data;
	size_t sent;

	(void)state;
	netlab_run("ip link set left mtu 9000 && ip link set right mtu 9000");
	for (size_t l = 0; l < sizeof(lengths) / sizeof(*lengths); l++) {
		struct frames f = make_odd(COUNT, ODD, lengths[l]);
		const uint64_t before = xdp_frames();
		transmit_all(p, &f);
		assert_int_equal(xdp_frames() - before, COUNT - 1);
		for (uint32_t i = 0; i < COUNT; i++) {
			capture_next(right, &h, &data);
			capture_check(h, data, i, f.list[i].bytes, f.list[i].bytes);
		}
		/* Demanded, it says why not. */
		assert_int_equal(capstan_set_engine(p, CAPSTAN_TRANSMIT, "xdp"), 0);
		assert_int_equal(transmit(p, &f, &sent), PCAP_ERROR);
		assert_int_equal(sent, ODD);
		capture_expect_error(p, "long");
		capture_expect(right, 0, ODD, BYTES);
		capture_expect_none(right);
		assert_int_equal(capstan_set_engine(p, CAPSTAN_TRANSMIT, "auto"), 0);
		free_frames(&f);
	}
	pcap_close(p);
	pcap_close(right);
	netlab_run("ip link set left mtu 1500 && ip link set right mtu 1500");
}

/* It takes some frames between them to be worth a change of engines. */
static void frames_that_no_page_holds_go_by_socket_with_the_few_between_them(void **state)
{
	enum { COUNT = 2000, FIRST = 300, SECOND = 350, LAST = 1500, LONG_ONE = 4000 };
	struct opening roomy = { .timeout_ms = 10, .buffer_bytes = 16 << 20 };
	pcap_t *p = open_left("auto"), *right = capture_open(&roomy);
	struct frames f = make_frames(0, COUNT, LONG_ONE);
	struct pcap_pkthdr *h;
	const u_char *data;

	(void)state;
	netlab_run("ip link set left mtu 9000 && ip link set right mtu 9000");
	for (size_t i = 0; i < COUNT; i++)
		if (i != FIRST && i != SECOND && i != LAST)
			f.list[i].bytes = BYTES;
	const uint64_t before = xdp_frames();
	transmit_all(p, &f);
	assert_int_equal(xdp_frames() - before, COUNT - 1 - (SECOND - FIRST + 1));
	for (uint32_t i = 0; i < COUNT; i++) {
		capture_next(right, &h, &data);
		capture_check(h, data, i, f.list[i].bytes, f.list[i].bytes);
	}
	free_frames(&f);
	pcap_close(p);
	pcap_close(right);
	netlab_run("ip link set left mtu 1500 && ip link set right mtu 1500");
}

static void a_frame_above_the_mtu_ends_it_as_with_a_socket(void **state)
{
	enum { COUNT = 1000, ODD = 700 };
	struct xdp_peer peer = xdp_peer_start("right", false, 0);
	pcap_t *p = open_left("auto");
	struct frames f = make_odd(COUNT, ODD, 1515);
	uint8_t *odd = f.memory + COUNT * BYTES;
	size_t sent;

	(void)state;
	assert_int_equal(transmit(p, &f, &sent), PCAP_ERROR);
	capture_expect_error(p, "MTU 1500");
	assert_int_equal(sent, ODD);
	expect_at(&peer, ODD);
	/* With a VLAN tag it may have four bytes more. */
	odd[12] = 0x81;
	odd[13] = 0;
	peer.sight->expected = 0;
	transmit_all(p, &f);
	expect_at(&peer, ODD + COUNT);
	free_frames(&f);
	pcap_close(p);
	xdp_peer_stop(&peer);
}

/* What is too long for the peer neither engine gets through; the end is that of the socket, and nothing counts as
 * sent. */
static void frames_that_the_driver_never_takes_are_not_sent(void **state)
{
	enum { COUNT = 300 };
	struct xdp_peer peer = xdp_peer_start("right", false, 0);
	pcap_t *p = open_left("auto");
	struct frames f = make_frames(0, COUNT, 1400);
	size_t sent;

	(void)state;
	netlab_run("ip link set right mtu 1000");
	assert_int_equal(transmit(p, &f, &sent), PCAP_ERROR);
	capture_expect_error(p, "full");
	assert_int_equal(sent, 0);
	assert_string_equal(capstan_engine(p, CAPSTAN_TRANSMIT), "socket");
	netlab_run("ip link set right mtu 1500");
	transmit_all(p, &f);
	expect_at(&peer, COUNT);
	free_frames(&f);
	pcap_close(p);
	xdp_peer_stop(&peer);
}

/* Something that a thread does once so many frames have come. */
struct meanwhile {
	const struct xdp_peer *peer;
	uint64_t frames;
	void (*act)(struct meanwhile *m);
	pcap_t *p;
	pthread_t thread;
};

static void *act_in_time(void *context)
{
	struct meanwhile *m = context;

	while (m->peer ? m->peer->sight->frames < m->frames : m->frames > counter("right", "rx_packets"))
		sched_yield();
	m->act(m);
	return NULL;
}

static void begin_meanwhile(struct meanwhile *m)
{
	assert_int_equal(pthread_create(&m->thread, NULL, act_in_time, m), 0);
}

static void end_meanwhile(struct meanwhile *m)
{
	pthread_join(m->thread, NULL);
}

/* Frames of a transmission that lasts half a second, with a receiver that is SLOW, and where in it something
 * happens. */
enum { LONG = 200000, EARLY = 5000, SLOW = 40 };

static void start_to_listen(struct meanwhile *m)
{
	/* Room for all, in blocks that are full before they are handed over. */
	m->p = capture_open(&(struct opening){ .device = "left", .timeout_ms = 1000, .buffer_bytes = 64 << 20 });
	m->frames = m->peer->sight->frames;
}

static void a_listener_that_comes_sees_all_from_soon_after(void **state)
{
	struct xdp_peer peer = xdp_peer_start("right", false, SLOW);
	struct meanwhile m = { .peer = &peer, .frames = EARLY, .act = start_to_listen };
	pcap_t *p = open_left("auto");
	struct frames f = make_frames(0, LONG, BYTES);
	struct pcap_pkthdr *h;
	const u_char *data;

	(void)state;
	begin_meanwhile(&m);
	transmit_all(p, &f);
	end_meanwhile(&m);
	expect_at(&peer, LONG);
	capture_next(m.p, &h, &data);
	const uint32_t first = netlab_number(data);
	/* A slice, and the moment that this thread took to look. */
	assert_true(first < m.frames + LONG / 4);
	capture_check(h, data, first, BYTES, BYTES);
	capture_expect(m.p, first + 1, LONG - first - 1, BYTES);
	assert_string_equal(capstan_engine(p, CAPSTAN_TRANSMIT), "socket");
	pcap_close(m.p);
	free_frames(&f);
	pcap_close(p);
	xdp_peer_stop(&peer);
}

static void break_it(struct meanwhile *m)
{
	pcap_breakloop(m->p);
}

static void breakloop_ends_it(void **state)
{
	struct xdp_peer peer = xdp_peer_start("right", false, SLOW);
	pcap_t *p = open_left("xdp");
	struct meanwhile m = { .peer = &peer, .frames = EARLY, .act = break_it, .p = p };
	struct frames f = make_frames(0, LONG, BYTES);
	size_t sent;

	(void)state;
	begin_meanwhile(&m);
	assert_int_equal(transmit(p, &f, &sent), PCAP_ERROR_BREAK);
	end_meanwhile(&m);
	assert_true(sent >= EARLY && sent < LONG);
	expect_at(&peer, sent);
	free_frames(&f);
	pcap_close(p);
	xdp_peer_stop(&peer);
}

static void take_down(struct meanwhile *m)
{
	(void)m;
	netlab_set_up("left", false);
}

static void an_interface_that_goes_down_ends_it(void **state)
{
	struct xdp_peer peer = xdp_peer_start("right", false, SLOW);
	struct meanwhile m = { .peer = &peer, .frames = EARLY, .act = take_down };
	pcap_t *p = open_left("auto");
	struct frames f = make_frames(0, LONG, BYTES);
	size_t sent;

	(void)state;
	begin_meanwhile(&m);
	int status = transmit(p, &f, &sent);
	end_meanwhile(&m);
	assert_true(status < 0);
	assert_true(sent >= EARLY && sent < LONG);
	expect_at(&peer, sent);
	netlab_set_up("left", true);
	netlab_wait_running("left");
	netlab_wait_running("right");
	free_frames(&f);
	pcap_close(p);
	xdp_peer_stop(&peer);
}

static void switch_gro_off(struct meanwhile *m)
{
	(void)m;
	netlab_run("ethtool -K right gro off");
}

/* The driver loses its XDP transmit function, and the other end what waits in its ring, 256 frames. */
static void the_socket_goes_on_where_the_driver_ends(void **state)
{
	enum { RING = 256, COUNT = 600000 };
	const uint64_t before = counter("right", "rx_packets");
	struct meanwhile m = { .frames = before + EARLY, .act = switch_gro_off };
	pcap_t *p = open_left("auto");
	struct frames f = make_frames(0, COUNT, BYTES);

	(void)state;
	begin_meanwhile(&m);
	transmit_all(p, &f);
	end_meanwhile(&m);
	netlab_sleep_ms(100);
	const uint64_t came = counter("right", "rx_packets") - before;
	assert_in_range(came, COUNT - RING, COUNT);
	assert_string_equal(capstan_engine(p, CAPSTAN_TRANSMIT), "socket");
	assert_int_equal(capstan_set_engine(p, CAPSTAN_TRANSMIT, "xdp"), 0);
	assert_null(capstan_engine(p, CAPSTAN_TRANSMIT));
	capture_expect_error(p, "driver");
	netlab_run("ethtool -K right gro on");
	assert_string_equal(capstan_engine(p, CAPSTAN_TRANSMIT), "xdp");
	free_frames(&f);
	pcap_close(p);
}

/* The engine is "socket" now, and for a reason with this word in it. */
static void expect_declined(pcap_t *p, const char *word)
{
	struct frames f = make_frames(0, 100, BYTES);
	size_t sent;

	assert_string_equal(capstan_engine(p, CAPSTAN_TRANSMIT), "socket");
	assert_int_equal(capstan_set_engine(p, CAPSTAN_TRANSMIT, "xdp"), 0);
	assert_null(capstan_engine(p, CAPSTAN_TRANSMIT));
	capture_expect_error(p, word);
	assert_int_equal(transmit(p, &f, &sent), PCAP_ERROR);
	assert_int_equal(sent, 0);
	capture_expect_error(p, word);
	assert_int_equal(capstan_set_engine(p, CAPSTAN_TRANSMIT, "auto"), 0);
	free_frames(&f);
}

static void expect_accepted(pcap_t *p)
{
	const char *engine = capstan_engine(p, CAPSTAN_TRANSMIT);

	if (!engine || strcmp(engine, "xdp") != 0)
		fail_msg("engine %s: %s", engine ? engine : "none", pcap_geterr(p));
}

static void it_declines_while_others_listen(void **state)
{
	static const char *const devices[] = { "left", "any" };
	pcap_t *p = open_left("auto");

	(void)state;
	for (size_t i = 0; i < sizeof(devices) / sizeof(*devices); i++) {
		pcap_t *other = capture_open(&(struct opening){ .device = devices[i], .timeout_ms = 10 });
		expect_declined(p, "listens");
		pcap_close(other);
		netlab_sleep_ms(100); /* sockets are closed in the background */
		expect_accepted(p);
	}
	/* Those elsewhere, or for one protocol, would not see the frames anyway. */
	pcap_t *right = capture_open(&capture_gathered);
	int arp = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(0x0806)), sender = netlab_sender("left");
	expect_accepted(p);
	close(arp);
	close(sender);
	pcap_close(right);
	pcap_close(p);
}

static void it_declines_while_tc_has_a_part(void **state)
{
	static const struct {
		const char *add, *remove, *word;
	} rows[] = {
		{ "tc qdisc add dev left root tbf rate 1gbit burst 100k latency 10ms",
		  "tc qdisc del dev left root", "tc" },
		{ "tc qdisc add dev left clsact", "tc qdisc del dev left clsact", "tc" },
	};
	pcap_t *p = open_left("auto");

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (!netlab_try("%s 2> /dev/null", rows[i].add)) {
			print_message("skipped: the kernel refuses: %s\n", rows[i].add);
			continue;
		}
		netlab_sleep_ms(20); /* it looks every 10 ms */
		expect_declined(p, rows[i].word);
		netlab_run("%s", rows[i].remove);
		netlab_sleep_ms(20);
		expect_accepted(p);
	}
	/* What filters received frames only is no reason. */
	if (netlab_try("tc qdisc add dev left ingress 2> /dev/null")) {
		netlab_sleep_ms(20);
		expect_accepted(p);
		netlab_run("tc qdisc del dev left ingress");
	}
	pcap_close(p);
}

/* A message of nf_tables' netlink, grown attribute by attribute. */
struct nft_message {
	_Alignas(struct nlmsghdr) uint8_t bytes[1024];
	uint32_t length, begun;
};

static void nft_begin(struct nft_message *m, uint16_t type, uint16_t flags, uint8_t family, uint16_t resource)
{
	const struct nlmsghdr header = {
		.nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags, .nlmsg_seq = m->length
	};
	const struct nfgenmsg fixed = { .nfgen_family = family, .version = NFNETLINK_V0, .res_id = htons(resource) };

	m->begun = m->length;
	memcpy(m->bytes + m->length, &header, sizeof(header));
	memcpy(m->bytes + m->length + NLMSG_HDRLEN, &fixed, sizeof(fixed));
	m->length += NLMSG_SPACE(sizeof(fixed));
}

static void nft_end(struct nft_message *m)
{
	((struct nlmsghdr *)(void *)(m->bytes + m->begun))->nlmsg_len = m->length - m->begun;
}

static uint32_t nft_put(struct nft_message *m, uint16_t type, const void *data, size_t bytes)
{
	const uint32_t at = m->length;
	const struct nlattr attribute = { .nla_type = type, .nla_len = (uint16_t)(NLA_HDRLEN + bytes) };

	memcpy(m->bytes + at, &attribute, sizeof(attribute));
	if (bytes > 0)
		memcpy(m->bytes + at + NLA_HDRLEN, data, bytes);
	m->length += NLMSG_ALIGN(NLA_HDRLEN + (uint32_t)bytes);
	return at;
}

/* `nft add table netdev t`, and a chain at the egress hook of left. False: the kernel has no such thing. */
static bool add_egress_chain(int netfilter)
{
	const uint32_t egress = htonl(1), priority = htonl(0);
	struct nft_message m = { .length = 0 };
	char answer[4096];
	ssize_t bytes;

	nft_begin(&m, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	nft_end(&m);
	nft_begin(&m, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE, NLM_F_CREATE, NFPROTO_NETDEV, 0);
	nft_put(&m, NFTA_TABLE_NAME, "t", 2);
	nft_end(&m);
	nft_begin(&m, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_ACK, NFPROTO_NETDEV, 0);
	nft_put(&m, NFTA_CHAIN_TABLE, "t", 2);
	nft_put(&m, NFTA_CHAIN_NAME, "c", 2);
	nft_put(&m, NFTA_CHAIN_TYPE, "filter", 7);
	const uint32_t hook = nft_put(&m, NFTA_CHAIN_HOOK | NLA_F_NESTED, NULL, 0);
	nft_put(&m, NFTA_HOOK_HOOKNUM, &egress, sizeof(egress));
	nft_put(&m, NFTA_HOOK_PRIORITY, &priority, sizeof(priority));
	nft_put(&m, NFTA_HOOK_DEV, "left", 5);
	((struct nlattr *)(void *)(m.bytes + hook))->nla_len = (uint16_t)(m.length - hook);
	nft_end(&m);
	nft_begin(&m, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	nft_end(&m);
	if (send(netfilter, m.bytes, m.length, 0) < 0 || (bytes = recv(netfilter, answer, sizeof(answer), 0)) < 0)
		return false;
	const struct nlmsghdr *first = (const struct nlmsghdr *)(const void *)answer;
	int error = -1;
	if (NLMSG_OK(first, (unsigned int)bytes) && first->nlmsg_type == NLMSG_ERROR)
		memcpy(&error, cst_netlink_body(first), sizeof(error));
	return error == 0;
}

static void it_declines_while_nftables_has_a_part(void **state)
{
	pcap_t *p = open_left("auto");
	int netfilter = cst_netlink_open(NETLINK_NETFILTER);

	(void)state;
	if (netfilter < 0 || !add_egress_chain(netfilter)) {
		print_message("skipped: the kernel has no egress hook of nftables\n");
		skip();
	}
	netlab_sleep_ms(20);
	expect_declined(p, "nftables");
	close(netfilter);
	pcap_close(p);
}

struct look {
	pcap_t *p;
	const char *engine;
};

static void *look_from_elsewhere(void *context)
{
	struct look *look = context;

	if (unshare(CLONE_NEWNET) == 0)
		look->engine = capstan_engine(look->p, CAPSTAN_TRANSMIT);
	return NULL;
}

/* An interface's number means another one, or none, in another network namespace. */
static void it_declines_in_another_namespace(void **state)
{
	pcap_t *first = open_left("auto"), *p = capture_open(&(struct opening){ .device = "left", .timeout_ms = 10 });
	struct look look = { .p = p };
	pthread_t thread;

	(void)state;
	pcap_close(first); /* that it can be has been seen; this one has not looked yet */
	netlab_sleep_ms(100);
	assert_int_equal(pthread_create(&thread, NULL, look_from_elsewhere, &look), 0);
	pthread_join(thread, NULL);
	assert_non_null(look.engine);
	assert_string_equal(look.engine, "socket");
	expect_accepted(p);
	pcap_close(p);
}

static void only_net_raw(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { .effective = 1u << CAP_NET_RAW, .permitted = 1u << CAP_NET_RAW } };

	if (syscall(SYS_capset, &header, data) != 0)
		_exit(100);
}

static int send_with_net_raw(void)
{
	const struct opening how = { .device = "left", .timeout_ms = 10 };
	pcap_t *p = capture_open(&how);
	struct frames f = make_frames(0, 40000, BYTES);
	size_t sent;

	if (strcmp(capstan_engine(p, CAPSTAN_TRANSMIT), "socket") != 0)
		return 1;
	if (transmit(p, &f, &sent) != 0 || sent != f.count)
		return 2;
	capstan_set_engine(p, CAPSTAN_TRANSMIT, "xdp");
	if (transmit(p, &f, &sent) != PCAP_ERROR || sent != 0)
		return 3;
	return strstr(pcap_geterr(p), "CAP_BPF") || strstr(pcap_geterr(p), "libbpf") ? 0 : 4;
}

static void without_privileges_the_socket_sends(void **state)
{
	int status;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		only_net_raw();
		_exit(send_with_net_raw());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_leaves_is_counted_and_in_order),
		cmocka_unit_test(refused_frames_are_sent_again_in_their_place),
		cmocka_unit_test(signals_end_nothing),
		cmocka_unit_test(the_thread_may_run_where_it_might_before),
		cmocka_unit_test(frames_of_all_lengths_arrive_as_they_are),
		cmocka_unit_test(a_frame_that_no_page_holds_goes_by_socket_in_its_place),
		cmocka_unit_test(frames_that_no_page_holds_go_by_socket_with_the_few_between_them),
		cmocka_unit_test(a_frame_above_the_mtu_ends_it_as_with_a_socket),
		cmocka_unit_test(frames_that_the_driver_never_takes_are_not_sent),
		cmocka_unit_test(a_listener_that_comes_sees_all_from_soon_after),
		cmocka_unit_test(breakloop_ends_it),
		cmocka_unit_test(an_interface_that_goes_down_ends_it),
		cmocka_unit_test(the_socket_goes_on_where_the_driver_ends),
		cmocka_unit_test(it_declines_while_others_listen),
		cmocka_unit_test(it_declines_while_tc_has_a_part),
		cmocka_unit_test(it_declines_in_another_namespace),
		cmocka_unit_test(without_privileges_the_socket_sends),
		cmocka_unit_test(it_declines_while_nftables_has_a_part), /* the last: the chain stays */
	};

	netlab_enter();
	netlab_run("ethtool -K right gro on");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
