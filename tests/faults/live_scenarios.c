/* live_scenarios.c - capturing: handles of all kinds opened, set up, read, resized and closed. */
#include "scenarios.h"

#include "../live/netlab.h"
#include "refuse.h"

#include <capstan/event.h>

#include <errno.h>
#include <net/if.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A ring has five blocks at least, and on a busy machine each of these may find itself in one of its own. */
enum { FRAMES = 4, BYTES = 100, PATIENCE_MS = 10000 };

static int left, arrivals, on_lo;

void scenario_set_up(void)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = 0xb588,
				       .sll_ifindex = (int)if_nametoindex("right") };

	left = netlab_sender("left");
	on_lo = netlab_sender("lo");
	arrivals = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(arrivals >= 0 && bind(arrivals, (struct sockaddr *)&address, sizeof(address)) == 0);
}

void scenario_send(uint32_t first, uint32_t count, size_t bytes)
{
	refuse_pause();
	netlab_send_numbered(left, first, count, bytes);
	refuse_resume();
}

void scenario_expect_arrived(uint32_t first, uint32_t count, size_t bytes)
{
	static uint8_t expected[NETLAB_LARGEST], frame[NETLAB_LARGEST];
	struct pollfd ready = { .fd = arrivals, .events = POLLIN };
	uint32_t i;
	ssize_t n;

	refuse_pause();
	for (i = 0; i < count && poll(&ready, 1, PATIENCE_MS) == 1; i++) {
		n = recv(arrivals, frame, sizeof(frame), 0);
		netlab_fill(expected, bytes, first + i);
		if (n != (ssize_t)bytes || memcmp(frame, expected, bytes) != 0)
			fail_msg("frame %u came as one of %zd bytes, number %u", first + i, n, netlab_number(frame));
	}
	assert_int_equal(i, count);
	n = recv(arrivals, frame, sizeof(frame), 0);
	if (n >= 0)
		fail_msg("a frame of %zd bytes too many came, number %u", n, netlab_number(frame));
	refuse_resume();
}

pcap_t *scenario_open(const struct capture *how)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	pcap_t *p;
	int status;

	TRY((p = pcap_create(how->device ? how->device : "right", errbuf)) != NULL, errbuf);
	assert_int_equal(pcap_set_timeout(p, 1), 0);
	assert_int_equal(pcap_set_buffer_size(p, how->buffer_bytes ? how->buffer_bytes : 256 << 10), 0);
	assert_int_equal(pcap_set_immediate_mode(p, how->immediate), 0);
	assert_int_equal(pcap_set_promisc(p, how->promisc), 0);
	assert_int_equal(pcap_set_tstamp_precision(p, how->precision), 0);
	if (how->nonblock)
		TRY(pcap_setnonblock(p, 1, errbuf) == 0, errbuf);
	TRY((status = pcap_activate(p)) >= 0, pcap_geterr(p));
	if (status > 0) /* it works all the same, and something is not as it was wished */
		trial_told("pcap_activate", pcap_geterr(p));
	return p;
}

static u_int dropped(pcap_t *p)
{
	struct pcap_stat stat;

	refuse_pause();
	assert_int_equal(pcap_stats(p, &stat), 0);
	refuse_resume();
	return stat.ps_drop;
}

/* Packets for which there was no memory may be missing, if the statistics own up to them. */
static bool owned_up(pcap_t *p, uint32_t missing)
{
	return refuse_happened() && missing > 0 && dropped(p) >= missing;
}

/* 1: a packet; 0: none comes, and `missing` have been dropped. */
static int next(pcap_t *p, struct pcap_pkthdr **h, const u_char **data, uint32_t missing)
{
	const int64_t begin = netlab_now_ms();
	int status;

	while ((status = pcap_next_ex(p, h, data)) == 0) {
		const int64_t waited = netlab_now_ms() - begin;
		if (waited > PATIENCE_MS / 50 && owned_up(p, missing))
			return 0;
		if (waited > PATIENCE_MS)
			fail_msg("no packet came, %u dropped, though %s", dropped(p), refuse_what());
	}
	return status;
}

static void check(const struct pcap_pkthdr *h, const u_char *data, uint32_t number, size_t bytes)
{
	static uint8_t expected[NETLAB_LARGEST];

	netlab_fill(expected, bytes, number);
	if (h->len != bytes || h->caplen != bytes || memcmp(data, expected, bytes) != 0)
		fail_msg("instead of frame %u came one of %u bytes, number %u", number, h->len,
			 h->caplen >= 18 ? netlab_number(data) : 0);
}

void scenario_expect(pcap_t *p, uint32_t first, uint32_t count, size_t bytes)
{
	struct pcap_pkthdr *h;
	const u_char *data;

	for (uint32_t i = 0; i < count; i++) {
		int status;

		TRY((status = next(p, &h, &data, count - i)) >= 0, pcap_geterr(p));
		if (status == 0)
			return;
		if (h->caplen == bytes && netlab_number(data) > first + i && owned_up(p, netlab_number(data) - first - i))
			i = netlab_number(data) - first;
		check(h, data, first + i, bytes);
	}
}

static void set_filter(pcap_t *p, const char *expression)
{
	struct bpf_program program;

	TRY(pcap_compile(p, &program, expression, 1, PCAP_NETMASK_UNKNOWN) == 0, pcap_geterr(p));
	TRY(pcap_setfilter(p, &program) == 0, pcap_geterr(p));
	pcap_freecode(&program);
}

/* A second reader of the interface's own traffic would be late, so what came is drained each time. */
void scenario_drain_arrivals(void)
{
	char byte;

	refuse_pause();
	while (recv(arrivals, &byte, 1, 0) >= 0)
		;
	refuse_resume();
}

static void expect_stats(pcap_t *p, u_int recv)
{
	struct pcap_stat stat;

	TRY(pcap_stats(p, &stat) == 0, pcap_geterr(p));
	if (stat.ps_recv != recv || stat.ps_drop != 0 || stat.ps_ifdrop != 0)
		fail_msg("statistics: %u received, %u dropped, %u by the adapter, instead of %u, 0, 0", stat.ps_recv,
			 stat.ps_drop, stat.ps_ifdrop, recv);
}

static void capture_with(pcap_t *p)
{
	set_filter(p, "ether proto 0x88b5");
	scenario_send(1, FRAMES, BYTES);
	scenario_expect(p, 1, FRAMES, BYTES);
	expect_stats(p, FRAMES);
	pcap_close(p);
	scenario_drain_arrivals();
}

static void capture(const void *with)
{
	capture_with(scenario_open(with));
}

/* Another filter while packets wait that the first one let in. */
static void change_filter(const void *with)
{
	pcap_t *p = scenario_open(with);

	set_filter(p, "ether proto 0x88b5");
	scenario_send(1, 4, BYTES);
	set_filter(p, "ether proto 0x88b5 and ether[14:4] >= 3");
	scenario_expect(p, 3, 2, BYTES);
	scenario_send(2, 2, BYTES);
	scenario_expect(p, 3, 1, BYTES);
	pcap_close(p);
	scenario_drain_arrivals();
}

static void filter_beyond_the_kernels_bounds(const void *with)
{
	enum { HOSTS = 3000, ROOM = HOSTS * 32 };
	static char text[ROOM];
	pcap_t *p = scenario_open(with);
	size_t used = 0;

	refuse_pause();
	for (unsigned int i = 0; i < HOSTS; i++)
		used += (size_t)snprintf(text + used, ROOM - used, "host 10.%u.%u.%u or ", i * 7 % 256, i / 256, i * 13 % 256);
	snprintf(text + used, ROOM - used, "ether proto 0x88b5");
	refuse_resume();
	set_filter(p, text);
	scenario_send(1, FRAMES, BYTES);
	scenario_expect(p, 1, FRAMES, BYTES);
	pcap_close(p);
	scenario_drain_arrivals();
}

/* What this host sends on the loopback interface is captured once, not once each way. */
static void loopback(const void *with)
{
	pcap_t *p = scenario_open(with);
	struct pcap_pkthdr *h;
	const u_char *data;

	set_filter(p, "ether proto 0x88b5");
	refuse_pause();
	netlab_send_numbered(on_lo, 1, FRAMES, BYTES);
	refuse_resume();
	scenario_expect(p, 1, FRAMES, BYTES);
	refuse_pause();
	for (int i = 0; i < 3; i++)
		assert_int_equal(pcap_next_ex(p, &h, &data), 0);
	refuse_resume();
	pcap_close(p);
}

/* On "any" each frame comes from the interface that sends it and from the one that receives it. */
static void any(const void *with)
{
	struct pcap_pkthdr *h;
	const u_char *data;
	pcap_t *p = scenario_open(with);
	int *types, count;

	TRY((count = pcap_list_datalinks(p, &types)) > 0, pcap_geterr(p));
	assert_int_equal(count, 2);
	pcap_free_datalinks(types);
	TRY(pcap_set_datalink(p, DLT_LINUX_SLL2) == 0, pcap_geterr(p));
	set_filter(p, "ether proto 0x88b5 and inbound");
	TRY(pcap_setdirection(p, PCAP_D_IN) == 0, pcap_geterr(p));
	scenario_send(1, FRAMES, BYTES);
	for (unsigned int i = 1; i <= FRAMES; i++) {
		TRY(next(p, &h, &data, 0) == 1, pcap_geterr(p));
		assert_int_equal(h->len, BYTES - 14 + 20);
		assert_int_equal(data[10], PACKET_HOST);
		assert_int_equal(netlab_number(data + 20 - 14), i);
	}
	pcap_close(p);
	scenario_drain_arrivals();
}

static void direction(const void *with)
{
	static const uint8_t frame[60] = { 2, 0, 0, 0, 0, 1 };
	pcap_t *p = scenario_open(with);

	set_filter(p, "ether proto 0x88b5");
	TRY(pcap_setdirection(p, PCAP_D_OUT) == 0, pcap_geterr(p));
	scenario_send(1, 2, BYTES);
	TRY(pcap_inject(p, frame, sizeof(frame)) == sizeof(frame), pcap_geterr(p));
	TRY(pcap_setdirection(p, PCAP_D_IN) == 0, pcap_geterr(p));
	scenario_send(3, 2, BYTES);
	/* Those of before waited, and are looked at when they are read. */
	scenario_expect(p, 1, 4, BYTES);
	pcap_close(p);
	scenario_drain_arrivals();
}

/* Npcap's buffers, with packets waiting that have to be kept. */
static void buffers(const void *with)
{
	pcap_t *p = scenario_open(with);

	set_filter(p, "ether proto 0x88b5");
	TRY(pcap_setbuff(p, 512 << 10) == 0, pcap_geterr(p));
	scenario_send(1, FRAMES, BYTES);
	TRY(pcap_setmintocopy(p, 200) == 0, pcap_geterr(p));
	scenario_expect(p, 1, FRAMES, BYTES);
	TRY(pcap_setuserbuffer(p, 300) == 0, pcap_geterr(p));
	scenario_send(7, FRAMES, BYTES);
	TRY(pcap_setmintocopy(p, 0) == 0, pcap_geterr(p));
	scenario_expect(p, 7, FRAMES, BYTES);
	TRY(pcap_setbuff(p, 256 << 10) == 0, pcap_geterr(p));
	scenario_send(13, FRAMES, BYTES);
	scenario_expect(p, 13, FRAMES, BYTES);
	pcap_close(p);
	scenario_drain_arrivals();
}

static void event(const void *with)
{
	pcap_t *p = scenario_open(with);
	void *event;
	int fd;

	set_filter(p, "ether proto 0x88b5");
	TRY((event = pcap_getevent(p)) != INVALID_HANDLE_VALUE, pcap_geterr(p));
	assert_ptr_equal(event, pcap_getevent(p));
	fd = capstan_event_fd(event);
	assert_true(fd >= 0);
	scenario_send(1, FRAMES, BYTES);
	refuse_pause();
	assert_int_equal(poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, PATIENCE_MS), 1);
	refuse_resume();
	scenario_expect(p, 1, FRAMES, BYTES);
	pcap_close(p);
	scenario_drain_arrivals();
}

static void count_one(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	uint32_t *number = (uint32_t *)(void *)user;

	check(h, data, ++*number, BYTES);
}

/* pcap_loop() ends when told, by the count and by a break. */
static void loop(const void *with)
{
	pcap_t *p = scenario_open(with);
	uint32_t number = 0;

	set_filter(p, "ether proto 0x88b5");
	scenario_send(1, FRAMES, BYTES);
	TRY(pcap_loop(p, (int)(FRAMES - number), count_one, (u_char *)&number) == 0, pcap_geterr(p));
	assert_int_equal(number, FRAMES);
	pcap_breakloop(p);
	/* What wakes a reader may be what is refused; the flag is not. */
	TRY(pcap_dispatch(p, -1, count_one, (u_char *)&number) == PCAP_ERROR_BREAK, pcap_geterr(p));
	pcap_close(p);
	scenario_drain_arrivals();
}

static void open_live(const void *with)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	const char *device = with;
	pcap_t *p;

	TRY((p = pcap_open_live(device, 65535, 1, 1, errbuf)) != NULL, errbuf);
	capture_with(p);
}

static void open_source(const void *with)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "", source[PCAP_BUF_SIZE];
	const struct capture *how = with;
	pcap_t *p;

	TRY(pcap_createsrcstr(source, PCAP_SRC_IFLOCAL, NULL, NULL, "right", errbuf) == 0, errbuf);
	TRY((p = pcap_open(source, 65535, how->immediate ? PCAP_OPENFLAG_MAX_RESPONSIVENESS : 0, 1, NULL, errbuf)) != NULL,
	    errbuf);
	pcap_setsampling(p)->method = PCAP_SAMP_1_EVERY_N;
	pcap_setsampling(p)->value = 3;
	set_filter(p, "ether proto 0x88b5");
	scenario_send(1, FRAMES, BYTES);
	scenario_expect(p, 1, 1, BYTES);
	scenario_expect(p, 4, 1, BYTES);
	pcap_close(p);
	scenario_drain_arrivals();
}

static const struct capture gathered = { 0 }, immediate = { .immediate = true },
			    wished = { .promisc = true, .precision = PCAP_TSTAMP_PRECISION_NANO, .buffer_bytes = 8 << 20 },
			    nonblocking = { .nonblock = true }, on_any = { .device = "any" },
			    on_loopback = { .device = "lo" }, on_loopback_immediate = { .device = "lo", .immediate = true };

const struct scenario live_scenarios[] = {
	{ "any", any, &on_any, 0 },
	{ "buffers", buffers, &gathered, 0 },
	{ "buffers, immediate", buffers, &immediate, 0 },
	{ "capture", capture, &gathered, 0 },
	{ "capture, immediate", capture, &immediate, 0 },
	{ "capture, non-blocking", capture, &nonblocking, 0 },
	{ "capture, with wishes", capture, &wished, 0 },
	{ "change filter", change_filter, &gathered, 0 },
	{ "change filter, immediate", change_filter, &immediate, 0 },
	{ "direction", direction, &gathered, 0 },
	{ "event", event, &gathered, 0 },
	{ "event, immediate", event, &immediate, 0 },
	{ "filter of 3,000 hosts", filter_beyond_the_kernels_bounds, &gathered, 0 },
	{ "loop", loop, &gathered, 0 },
	{ "loop, immediate", loop, &immediate, 0 },
	{ "loopback", loopback, &on_loopback, 0 },
	{ "loopback, immediate", loopback, &on_loopback_immediate, 0 },
	{ "pcap_open", open_source, &gathered, 0 },
	{ "pcap_open, responsive", open_source, &immediate, 0 },
	{ "pcap_open_live", open_live, "right", 0 },
	{ NULL, NULL, NULL, 0 },
};
