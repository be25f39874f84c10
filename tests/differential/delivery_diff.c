/* delivery_diff.c - the same frames, captured by both libraries at the same time: the same packets in the same order,
 * with the same bytes, lengths and time stamps. */
#include "twin.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum {
	TIMEOUT_MS = 20,
	SETTLE_US = 70000,   /* longer than the kernel keeps packets of an unfinished block */
	PATIENCE_US = 2000000,
	MOST_PACKETS = 512,
	MOST_BYTES = 2048,
	TEST_TYPE = 0x88b5,  /* IEEE 802 local experimental */
	OTHER_TYPE = 0x88b6,
};

struct packet {
	struct pcap_pkthdr h;
	u_char data[MOST_BYTES];
};

struct side {
	const struct twin *lib;
	pcap_t *p;
	int count;
	struct packet packets[MOST_PACKETS];
};

static struct side ours, theirs;

/* How both handles are opened; 0 is the default everywhere but in snaplen, where it is the most. */
struct wish {
	const char *device;
	int snaplen, precision, immediate, dlt, protocol;
	pcap_direction_t direction;
};

/* ---- capturing ---- */

static void open_side(struct side *side, const struct twin *lib, const struct wish *wish)
{
	char errbuf[PCAP_ERRBUF_SIZE];

	side->lib = lib;
	side->count = 0;
	side->p = lib->create(wish->device, errbuf);
	assert_non_null(side->p);
	lib->set_timeout(side->p, TIMEOUT_MS);
	if (wish->snaplen)
		lib->set_snaplen(side->p, wish->snaplen);
	if (wish->protocol)
		lib->set_protocol_linux(side->p, wish->protocol);
	lib->set_tstamp_precision(side->p, wish->precision);
	lib->set_immediate_mode(side->p, wish->immediate);
	if (lib->activate(side->p) != 0)
		fail_msg("%s: %s", wish->device, lib->geterr(side->p));
	if (wish->dlt)
		assert_int_equal(lib->set_datalink(side->p, wish->dlt), 0);
	if (wish->direction)
		assert_int_equal(lib->setdirection(side->p, wish->direction), 0);
	assert_int_equal(lib->setnonblock(side->p, 1, errbuf), 0);
}

static void open_both(const struct wish *wish)
{
	open_side(&ours, &twin_ours, wish);
	open_side(&theirs, twin_theirs(), wish);
	assert_int_equal(ours.lib->datalink(ours.p), theirs.lib->datalink(theirs.p));
}

static void close_both(void)
{
	ours.lib->close(ours.p);
	theirs.lib->close(theirs.p);
}

static void keep(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct side *side = (struct side *)(void *)user;

	assert_in_range(side->count, 0, MOST_PACKETS - 1);
	assert_in_range(h->caplen, 0, MOST_BYTES);
	struct packet *packet = &side->packets[side->count++];
	packet->h = *h;
	memcpy(packet->data, data, h->caplen);
}

static void read_what_is_there(struct side *side)
{
	int status;

	do
		status = side->lib->dispatch(side->p, -1, keep, (u_char *)side);
	while (status > 0);
	if (status < 0)
		fail_msg("reading: %s", side->lib->geterr(side->p));
}

/* Until both have `expected` packets; then a little longer, so that one too many shows. */
static void read_both(int expected)
{
	for (int us = 0; us < PATIENCE_US && (ours.count < expected || theirs.count < expected); us += 2000) {
		usleep(2000);
		read_what_is_there(&ours);
		read_what_is_there(&theirs);
	}
	usleep(SETTLE_US);
	read_what_is_there(&ours);
	read_what_is_there(&theirs);
	if (ours.count != expected || theirs.count != expected)
		fail_msg("%d packets, libpcap: %d, expected: %d", ours.count, theirs.count, expected);
}

static void compare_packets(void)
{
	for (int i = 0; i < ours.count; i++) {
		const struct packet *our = &ours.packets[i], *their = &theirs.packets[i];

		if (our->h.caplen != their->h.caplen || our->h.len != their->h.len)
			fail_msg("packet %d: %u of %u bytes, libpcap: %u of %u", i, our->h.caplen, our->h.len,
				 their->h.caplen, their->h.len);
		assert_memory_equal(our->data, their->data, our->h.caplen);
		if (our->h.ts.tv_sec != their->h.ts.tv_sec || our->h.ts.tv_usec != their->h.ts.tv_usec)
			fail_msg("packet %d: stamped %ld.%09ld, libpcap: %ld.%09ld", i, (long)our->h.ts.tv_sec,
				 (long)our->h.ts.tv_usec, (long)their->h.ts.tv_sec, (long)their->h.ts.tv_usec);
	}
}

/* ---- sending ---- */

static int sender;

static void send_on(const char *device, const u_char *frame, size_t bytes)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(device) };

	/* The loopback wants to know; everything else looks into the frame. */
	memcpy(&to.sll_protocol, frame + 12, sizeof(to.sll_protocol));
	assert_int_equal(sendto(sender, frame, bytes, 0, (struct sockaddr *)&to, sizeof(to)), bytes);
}

/* To the other end of the wire, to everybody, to somebody else; then payload that tells the frame by `nr`. */
static size_t make_frame(u_char *frame, int nr, const uint16_t *types, int type_count, size_t bytes)
{
	static const u_char to[3][6] = { { 2, 0, 0, 0, 0, 2 }, { 255, 255, 255, 255, 255, 255 }, { 2, 9, 9, 9, 9, 9 } };
	static const u_char from[6] = { 2, 0, 0, 0, 0, 1 };
	size_t at = 12;

	memcpy(frame, to[nr % 3], 6);
	memcpy(frame + 6, from, 6);
	for (int i = 0; i < type_count; i++, at += 2) {
		frame[at] = (u_char)(types[i] >> 8);
		frame[at + 1] = (u_char)types[i];
	}
	for (size_t i = at; i < bytes; i++)
		frame[i] = (u_char)(nr + (int)i);
	return bytes > at ? bytes : at;
}

/* `count` frames of all lengths with payload, every other one of TEST_TYPE. */
static void send_frames(const char *device, int count)
{
	u_char frame[MOST_BYTES];

	for (int i = 0; i < count; i++) {
		const uint16_t type = i % 2 ? OTHER_TYPE : TEST_TYPE;
		send_on(device, frame, make_frame(frame, i, &type, 1, (size_t)(15 + i * 1499 / count)));
	}
}

static const struct {
	uint16_t types[6];
	int count;
} tagged[] = {
	{ { ETH_P_8021Q, 5, TEST_TYPE }, 3 },
	{ { ETH_P_8021Q, 0, TEST_TYPE }, 3 },      /* no network, no priority, a tag all the same */
	{ { ETH_P_8021Q, 0xefff, TEST_TYPE }, 3 }, /* all bits that there are */
	{ { ETH_P_8021AD, 7, TEST_TYPE }, 3 },
	{ { ETH_P_8021AD, 7, ETH_P_8021Q, 8, TEST_TYPE }, 5 },
	{ { ETH_P_8021Q, 7, ETH_P_8021Q, 8, TEST_TYPE }, 5 },
	{ { TEST_TYPE }, 1 },
};

static int send_tagged(const char *device)
{
	u_char frame[MOST_BYTES];

	for (size_t i = 0; i < COUNT(tagged); i++)
		send_on(device, frame, make_frame(frame, (int)i, tagged[i].types, tagged[i].count, 60 + i));
	return COUNT(tagged);
}

/* ---- tests ---- */

static void capture(const struct wish *wish, const char *sent_on, int sent, int expected)
{
	open_both(wish);
	send_frames(sent_on, sent);
	read_both(expected);
	compare_packets();
	close_both();
}

static void ethernet_received(void **state)
{
	(void)state;
	capture(&(struct wish){ .device = "up1" }, "up0", 200, 200);
}

static void ethernet_sent(void **state)
{
	(void)state;
	capture(&(struct wish){ .device = "up0" }, "up0", 200, 200);
}

static void loopback_once(void **state)
{
	(void)state;
	capture(&(struct wish){ .device = "lo" }, "lo", 200, 200);
}

static void any_in_both_forms(void **state)
{
	(void)state;
	capture(&(struct wish){ .device = "any" }, "up0", 200, 400);
	capture(&(struct wish){ .device = "any", .dlt = DLT_LINUX_SLL2 }, "up0", 200, 400);
	capture(&(struct wish){ .device = "any" }, "lo", 100, 100);
	capture(&(struct wish){ .device = "any", .dlt = DLT_LINUX_SLL2 }, "lo", 100, 100);
}

static void nanoseconds(void **state)
{
	int coarse = 0;

	(void)state;
	open_both(&(struct wish){ .device = "up1", .precision = PCAP_TSTAMP_PRECISION_NANO });
	send_frames("up0", 200);
	read_both(200);
	compare_packets();
	for (int i = 0; i < ours.count; i++)
		coarse += ours.packets[i].h.ts.tv_usec % 1000 == 0;
	assert_in_range(coarse, 0, 20);
	close_both();
}

static void immediately(void **state)
{
	(void)state;
	/* libpcap's ring has room for no more than 32 packets here. */
	capture(&(struct wish){ .device = "up1", .immediate = 1 }, "up0", 30, 30);
	capture(&(struct wish){ .device = "lo", .immediate = 1, .snaplen = 100 }, "lo", 15, 15);
	/* And for 8 here. */
	capture(&(struct wish){ .device = "any", .immediate = 1 }, "up0", 4, 8);
}

static void snaplens(void **state)
{
	static const int lengths[] = { 1, 2, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 59, 60, 61, 1513, 1514, 1515 };
	static const struct wish wishes[] = {
		{ .device = "up1" },
		{ .device = "any", .direction = PCAP_D_IN },
		{ .device = "any", .direction = PCAP_D_IN, .dlt = DLT_LINUX_SLL2 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		for (size_t w = 0; w < COUNT(wishes); w++) {
			struct wish wish = wishes[w];

			wish.snaplen = lengths[i];
			open_both(&wish);
			send_frames("up0", 10);
			read_both(10 + send_tagged("up0"));
			compare_packets();
			close_both();
		}
	}
}

static void directions(void **state)
{
	static const struct {
		const char *device;
		pcap_direction_t direction;
		int expected; /* of 10 sent here, 30 there */
	} rows[] = {
		{ "up0", PCAP_D_IN, 30 },  { "up0", PCAP_D_OUT, 10 }, { "up0", PCAP_D_INOUT, 40 }, { "any", PCAP_D_IN, 40 },
		{ "any", PCAP_D_OUT, 40 }, { "any", PCAP_D_INOUT, 80 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		open_both(&(struct wish){ .device = rows[i].device, .direction = rows[i].direction });
		send_frames("up0", 10);
		send_frames("up1", 30);
		read_both(rows[i].expected);
		compare_packets();
		close_both();
	}
	capture(&(struct wish){ .device = "lo", .direction = PCAP_D_IN }, "lo", 10, 10);
}

/* Both are asked; each row says what either gives, and why not the same. */
static void meant_to_differ(void **state)
{
	static const struct {
		struct wish wish;
		const char *sent_on;
		size_t bytes;
		int ours, theirs;
		const char *reason;
	} rows[] = {
		{ { .device = "lo", .direction = PCAP_D_OUT }, "lo", 60, 1, 0, "who asks for outgoing packets gets them" },
		{ { .device = "any" }, "up0", 14, 2, 0, "a packet without payload is a packet" },
	};
	const uint16_t type = TEST_TYPE;
	u_char frame[MOST_BYTES];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		open_both(&rows[i].wish);
		send_on(rows[i].sent_on, frame, make_frame(frame, 0, &type, 1, rows[i].bytes));
		for (int us = 0; us < PATIENCE_US && ours.count < rows[i].ours; us += 2000) {
			usleep(2000);
			read_what_is_there(&ours);
		}
		usleep(SETTLE_US);
		read_what_is_there(&ours);
		read_what_is_there(&theirs);
		if (ours.count != rows[i].ours || theirs.count != rows[i].theirs)
			fail_msg("%s: %d packets, libpcap: %d; but %s", rows[i].wish.device, ours.count, theirs.count,
				 rows[i].reason);
		close_both();
	}
}

static void vlan_tags_are_put_back(void **state)
{
	static const struct wish wishes[] = {
		{ .device = "up1" },
		{ .device = "up1", .immediate = 1 },
		{ .device = "up0" },
		{ .device = "up0", .immediate = 1 },
		{ .device = "any", .direction = PCAP_D_IN },
		{ .device = "any", .direction = PCAP_D_OUT },
		{ .device = "any", .dlt = DLT_LINUX_SLL2, .direction = PCAP_D_IN },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(wishes); i++) {
		open_both(&wishes[i]);
		int sent = send_tagged("up0");
		read_both(sent);
		compare_packets();
		/* Both could be wrong; but so it was on the wire. */
		for (int k = 0; strcmp(wishes[i].device, "up1") == 0 && k < sent; k++) {
			u_char frame[MOST_BYTES];
			size_t bytes = make_frame(frame, k, tagged[k].types, tagged[k].count, (size_t)(60 + k));

			assert_int_equal(ours.packets[k].h.caplen, bytes);
			assert_memory_equal(ours.packets[k].data, frame, bytes);
		}
		close_both();
	}
}

static void one_protocol(void **state)
{
	(void)state;
	capture(&(struct wish){ .device = "up1", .protocol = TEST_TYPE }, "up0", 50, 25);
	capture(&(struct wish){ .device = "any", .protocol = OTHER_TYPE, .direction = PCAP_D_IN }, "up0", 50, 25);
}

/* Accept TEST_TYPE at `offset`, of which `keep` bytes; before that, `idle` instructions that do nothing. */
static void set_type_filter(uint32_t offset, uint32_t bytes, u_int idle)
{
	const struct bpf_insn end[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offset), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TEST_TYPE, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, bytes), BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct bpf_insn *insns = calloc(idle + COUNT(end), sizeof(*insns));
	struct bpf_program program = { idle + COUNT(end), insns };

	assert_non_null(insns);
	for (u_int i = 0; i < idle; i++)
		insns[i] = (struct bpf_insn)BPF_STMT(BPF_LD | BPF_IMM, i);
	memcpy(insns + idle, end, sizeof(end));
	assert_int_equal(ours.lib->setfilter(ours.p, &program), 0);
	assert_int_equal(theirs.lib->setfilter(theirs.p, &program), 0);
	free(insns);
}

static void filters(void **state)
{
	static const struct {
		struct wish wish;
		uint32_t offset;
	} rows[] = {
		{ { .device = "up1" }, 12 },
		{ { .device = "up1", .snaplen = 100 }, 12 },
		{ { .device = "up1", .immediate = 1 }, 12 },
		{ { .device = "lo" }, 12 },
		{ { .device = "any", .direction = PCAP_D_IN }, 14 },
		{ { .device = "any", .direction = PCAP_D_IN, .dlt = DLT_LINUX_SLL2 }, 0 },
	};
	static const uint32_t lengths[] = { UINT32_MAX, 262144, 65535, 40, 14 };
	static const u_int idle[] = { 0, 4092, 4093, 6000 }; /* the kernel takes 4096 instructions */

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (size_t k = 0; k < COUNT(lengths) + COUNT(idle) - 1; k++) {
			open_both(&rows[i].wish);
			if (k < COUNT(lengths))
				set_type_filter(rows[i].offset, lengths[k], 0);
			else /* returns all: libpcap runs long ones in user space, where a length is only a verdict */
				set_type_filter(rows[i].offset, UINT32_MAX, idle[k - COUNT(lengths) + 1]);
			send_frames(strcmp(rows[i].wish.device, "lo") == 0 ? "lo" : "up0", 20);
			read_both(10);
			compare_packets();
			close_both();
		}
	}
}

/* What waits in the ring when the filter changes. */
static void a_filter_in_mid_capture(void **state)
{
	(void)state;
	open_both(&(struct wish){ .device = "up1" });
	send_frames("up0", 20);
	set_type_filter(12, 65535, 0);
	send_frames("up0", 20);
	read_both(20);
	compare_packets();
	close_both();
}

static void compare_statistics(u_int expected)
{
	struct pcap_stat our, their;

	for (int again = 0; again < 2; again++) { /* the kernel forgets what it has told, the libraries do not */
		memset(&our, 0, sizeof(our));
		memset(&their, 0, sizeof(their));
		assert_int_equal(ours.lib->stats(ours.p, &our), 0);
		assert_int_equal(theirs.lib->stats(theirs.p, &their), 0);
		assert_int_equal(their.ps_recv, expected);
		assert_int_equal(our.ps_recv, expected);
		assert_int_equal(our.ps_drop, their.ps_drop);
		assert_int_equal(our.ps_ifdrop, their.ps_ifdrop);
	}
}

static void statistics(void **state)
{
	(void)state;
	open_both(&(struct wish){ .device = "up1" });
	compare_statistics(0);
	send_frames("up0", 50);
	read_both(50);
	compare_statistics(50);
	set_type_filter(12, 65535, 0);
	send_frames("up0", 50);
	read_both(75);
	compare_statistics(75);
	close_both();
}

/* ---- the world ---- */

static int make_world(void **state)
{
	cpu_set_t one;

	(void)state;
	twin_run("cd /proc/sys/net/ipv6/conf && echo 1 >all/disable_ipv6 && echo 1 >default/disable_ipv6");
	twin_run("ip link add up0 address 02:00:00:00:00:01 type veth peer name up1 address 02:00:00:00:00:02");
	twin_run("ip link set up0 up && ip link set up1 up");
	/* All frames on one core, so that there is one order. */
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	/* While any socket wants them, the kernel stamps packets once and early; else each capture stamps its own. */
	int wants_stamps = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(setsockopt(wants_stamps, SOL_SOCKET, SO_TIMESTAMPNS, &(int){ 1 }, sizeof(int)), 0);
	sender = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	assert_true(sender >= 0);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ethernet_received),
		cmocka_unit_test(ethernet_sent),
		cmocka_unit_test(loopback_once),
		cmocka_unit_test(any_in_both_forms),
		cmocka_unit_test(nanoseconds),
		cmocka_unit_test(immediately),
		cmocka_unit_test(snaplens),
		cmocka_unit_test(directions),
		cmocka_unit_test(meant_to_differ),
		cmocka_unit_test(vlan_tags_are_put_back),
		cmocka_unit_test(one_protocol),
		cmocka_unit_test(filters),
		cmocka_unit_test(a_filter_in_mid_capture),
		cmocka_unit_test(statistics),
	};

	twin_theirs(); /* skips here, before cmocka counts */
	if (!twin_leave_for_own_network())
		return 77;
	return cmocka_run_group_tests(tests, make_world, NULL);
}
