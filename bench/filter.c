/* filter.c - what a filter costs a packet: filter LIBPCAP ROUNDS SAMPLES MOST_HOSTS. Programs as that library compiles
 * them, over 8,192 packets in 1 MiB: its bpf_filter(), our interpreter, our native code, and for some the same predicate
 * written in C; then its bpf_filter() again beside the native code of the program as we compile it. The best of SAMPLES
 * stands for a round. Lists of more than MOST_HOSTS are left out: libpcap takes a minute to compile a thousand. Prints
 * ROUNDS lines a filter, words apart by tabs: name, instructions, ns a packet of each way (0: not written), us to compile
 * natively, instructions of our program, ns of the last two. */
#include "host.h"
#include "library.h"

#include "base/bytes.h"
#include "bpf/interpret.h"
#include "bpf/native.h"
#include "filter/compile.h"

#include <dlfcn.h>
#include <pcap/dlt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { PACKETS = 8192, SLOT = 128, HOSTS = 1000, PASSES = 20, EXPRESSION = 32 * HOSTS };

static struct peer {
	pcap_t *(*open_dead)(int, int);
	int (*compile)(pcap_t *, struct bpf_program *, const char *, int, bpf_u_int32);
	char *(*geterr)(pcap_t *);
	u_int (*filter)(const struct bpf_insn *, const u_char *, u_int, u_int);
} peer;

static uint8_t bytes[PACKETS][SLOT];
static uint32_t lengths[PACKETS];
static uint32_t hosts[HOSTS], few_hosts[50]; /* sorted */

/* -- traffic: web, names and pings between 4,096 hosts, some of it IPv6 -- */

static uint32_t below(uint32_t n)
{
	static uint64_t state = 0x9e3779b97f4a7c15;

	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)(state * UINT64_C(0x2545f4914f6cdd1d) >> 32) % n;
}

static uint32_t some_host(void)
{
	uint32_t n = below(4096);

	return UINT32_C(0x0a000000) | (n % 16) << 16 | n * 40503 % 65536;
}

static uint16_t some_port(void)
{
	static const uint16_t known[] = { 80, 443, 443, 53, 22, 8080 };

	return below(2) ? known[below(COUNT(known))] : (uint16_t)(1024 + below(60000));
}

static void make_transport(uint8_t *at, uint8_t protocol)
{
	cst_put16be(at, some_port());
	cst_put16be(at + 2, some_port());
	if (protocol == 6) {
		static const uint8_t flags[] = { 0x10, 0x10, 0x18, 0x18, 0x02, 0x12, 0x11 };
		at[12] = 0x50;
		at[13] = flags[below(COUNT(flags))];
	}
}

static void make_packet(uint8_t *p, uint32_t *length)
{
	static const uint8_t protocols[] = { 6, 6, 6, 6, 6, 17, 17, 1 };
	uint8_t protocol = protocols[below(COUNT(protocols))];
	uint32_t kind = below(20);

	*length = 60 + below(SLOT - 60 + 1);
	if (kind == 0) {
		cst_put16be(p + 12, 0x0806);
		cst_put16be(p + 20, 1);
	} else if (kind <= 3) {
		cst_put16be(p + 12, 0x86dd);
		p[14] = 0x60;
		p[20] = protocol;
		make_transport(p + 54, protocol);
	} else {
		cst_put16be(p + 12, 0x0800);
		p[14] = 0x45;
		cst_put16be(p + 16, (uint16_t)(*length - 14));
		p[23] = protocol;
		cst_put32be(p + 26, some_host());
		cst_put32be(p + 30, some_host());
		make_transport(p + 34, protocol);
	}
}

static int compare_hosts(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void make_traffic(void)
{
	for (int i = 0; i < PACKETS; i++)
		make_packet(bytes[i], &lengths[i]);
	for (int i = 0; i < HOSTS; i++)
		hosts[i] = some_host();
	for (size_t i = 0; i < COUNT(few_hosts); i++)
		few_hosts[i] = some_host();
	qsort(hosts, HOSTS, sizeof(*hosts), compare_hosts);
	qsort(few_hosts, COUNT(few_hosts), sizeof(*few_hosts), compare_hosts);
}

/* -- the predicates by hand -- */

static bool by_hand_ip(const uint8_t *p, uint32_t length)
{
	return length >= 14 && cst_get16be(p + 12) == 0x0800;
}

static bool by_hand_tcp_port_80(const uint8_t *p, uint32_t length)
{
	if (length < 14)
		return false;
	uint16_t type = cst_get16be(p + 12);
	if (type == 0x86dd)
		return length >= 58 && p[20] == 6 && (cst_get16be(p + 54) == 80 || cst_get16be(p + 56) == 80);
	if (type != 0x0800 || length < 34 || p[23] != 6 || cst_get16be(p + 20) & 0x1fff)
		return false;
	uint32_t at = 14 + (p[14] & 0xfu) * 4;
	return length >= at + 4 && (cst_get16be(p + at) == 80 || cst_get16be(p + at + 2) == 80);
}

static bool by_hand_syn(const uint8_t *p, uint32_t length)
{
	if (length < 34 || cst_get16be(p + 12) != 0x0800 || p[23] != 6 || cst_get16be(p + 20) & 0x1fff)
		return false;
	uint32_t at = 14 + (p[14] & 0xfu) * 4 + 13;
	return length > at && p[at] & 2;
}

static bool is_in(const uint32_t *set, uint32_t count, uint32_t address)
{
	while (count > 1) {
		uint32_t half = count / 2;
		set += set[half] <= address ? half : 0;
		count -= half;
	}
	return *set == address;
}

static bool has_host(const uint8_t *p, uint32_t length, const uint32_t *set, uint32_t count)
{
	if (length < 34)
		return false;
	uint16_t type = cst_get16be(p + 12);
	if (type == 0x0800)
		return is_in(set, count, cst_get32be(p + 26)) || is_in(set, count, cst_get32be(p + 30));
	if (type != 0x0806 && type != 0x8035)
		return false;
	return length >= 42 && (is_in(set, count, cst_get32be(p + 28)) || is_in(set, count, cst_get32be(p + 38)));
}

static bool by_hand_50_hosts(const uint8_t *p, uint32_t length)
{
	return has_host(p, length, few_hosts, COUNT(few_hosts));
}

static bool by_hand_1000_hosts(const uint8_t *p, uint32_t length)
{
	return has_host(p, length, hosts, HOSTS);
}

/* -- measuring -- */

struct filter {
	const char *name, *expression; /* NULL: made of the hosts */
	bool (*by_hand)(const uint8_t *p, uint32_t length);
};

static const struct filter filters[] = {
	{ "ip", "ip", by_hand_ip },
	{ "tcp port 80", "tcp port 80", by_hand_tcp_port_80 },
	{ "tcp[13] & 2 != 0", "tcp[13] & 2 != 0", by_hand_syn },
	{ "udp port 53", "udp port 53", NULL },
	{ "ip6", "ip6", NULL },
	{ "not arp and not icmp", "not arp and not icmp", NULL },
	{ "src net 10.1.0.0/16 and tcp", "src net 10.1.0.0/16 and tcp", NULL },
	{ "tcp portrange 8000-8100", "tcp portrange 8000-8100", NULL },
	{ "host and port", "host 10.1.2.3 and port 443", NULL },
	{ "http with payload", "tcp port 80 and (((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0)", NULL },
	{ "vlan and tcp or port 22", "port 22 or (vlan and tcp)", NULL },
	{ "50 hosts", NULL, by_hand_50_hosts },
	{ "1000 hosts", NULL, by_hand_1000_hosts },
};

/* One of the ways to run a filter, over all packets; how many it accepts. */
struct run {
	const struct filter *filter;
	struct bpf_program program;
	struct cst_native *native, *own; /* of `program`, and of the one that we compile */
	uint32_t own_insns;
	int samples;
};

static unsigned long run_peer(const struct run *r)
{
	unsigned long accepted = 0;

	for (int i = 0; i < PACKETS; i++)
		accepted += peer.filter(r->program.bf_insns, bytes[i], lengths[i], lengths[i]) != 0;
	return accepted;
}

static unsigned long run_interpreter(const struct run *r)
{
	unsigned long accepted = 0;

	for (int i = 0; i < PACKETS; i++)
		accepted += cst_bpf_run(r->program.bf_insns, bytes[i], lengths[i], lengths[i], NULL) != 0;
	return accepted;
}

static unsigned long run_native(const struct run *r)
{
	unsigned long accepted = 0;

	for (int i = 0; i < PACKETS; i++)
		accepted += cst_native_run(r->native, bytes[i], lengths[i], lengths[i], NULL) != 0;
	return accepted;
}

static unsigned long run_own(const struct run *r)
{
	unsigned long accepted = 0;

	for (int i = 0; i < PACKETS; i++)
		accepted += cst_native_run(r->own, bytes[i], lengths[i], lengths[i], NULL) != 0;
	return accepted;
}

static unsigned long run_by_hand(const struct run *r)
{
	unsigned long accepted = 0;

	for (int i = 0; i < PACKETS; i++)
		accepted += r->filter->by_hand(bytes[i], lengths[i]);
	return accepted;
}

typedef unsigned long run_fn(const struct run *);

static run_fn *const ways[] = { run_peer, run_interpreter, run_native, run_by_hand };
static run_fn *const own_ways[] = { run_peer, run_own };

/* The ways take turns, and the best of each counts: what the machine does beside only ever adds. */
static bool measure(const struct run *r, run_fn *const *with, size_t count, double *ns)
{
	unsigned long want = run_peer(r);

	for (int sample = 0; sample < r->samples; sample++) {
		for (size_t w = 0; w < count; w++) {
			double start = wall_seconds();
			for (int pass = 0; pass < PASSES; pass++) {
				if (with[w](r) != want)
					return false;
			}
			double took = (wall_seconds() - start) * 1e9 / PACKETS / PASSES;
			if (sample == 0 || took < ns[w])
				ns[w] = took;
		}
	}
	return true;
}

static double compile_us(struct run *r)
{
	double best = 0;

	for (int sample = 0; sample < r->samples; sample++) {
		cst_native_free(r->native);
		double start = wall_seconds();
		r->native = cst_native_compile(r->program.bf_insns, r->program.bf_len);
		double took = (wall_seconds() - start) * 1e6;
		if (sample == 0 || took < best)
			best = took;
	}
	return best;
}

/* How many hosts are in the list that `filter` is made of. */
static size_t hosts_of(const struct filter *filter)
{
	return filter->expression ? 0 : filter->by_hand == by_hand_50_hosts ? COUNT(few_hosts) : HOSTS;
}

static void host_expression(char text[static EXPRESSION], const struct filter *filter)
{
	const size_t count = hosts_of(filter);
	const uint32_t *set = count == HOSTS ? hosts : few_hosts;
	char *at = text;

	for (size_t i = 0; i < count; i++)
		at += sprintf(at, "%shost %u.%u.%u.%u", i ? " or " : "", set[i] >> 24, set[i] >> 16 & 255,
			      set[i] >> 8 & 255, set[i] & 255);
}

/* Our native code of our own program. */
static bool compile_own(struct run *r, const char *expression)
{
	static const struct cst_filter_target target = {
		.dlt = DLT_EN10MB, .snaplen = 262144, .optimize = true, .netmask = PCAP_NETMASK_UNKNOWN
	};
	struct bpf_program program;
	char errbuf[PCAP_ERRBUF_SIZE];

	if (cst_filter_compile(expression, &target, &program, errbuf) < 0) {
		fprintf(stderr, "%s: %s\n", r->filter->name, errbuf);
		return false;
	}
	r->own = cst_native_compile(program.bf_insns, program.bf_len);
	r->own_insns = program.bf_len;
	pcap_freecode(&program);
	return r->own;
}

static bool measure_round(struct run *r)
{
	double ns[COUNT(ways)] = { 0 }, own_ns[COUNT(own_ways)];
	const double us = compile_us(r);

	if (!measure(r, ways, r->filter->by_hand ? COUNT(ways) : COUNT(ways) - 1, ns) ||
	    !measure(r, own_ways, COUNT(own_ways), own_ns)) {
		fprintf(stderr, "%s: the ways to run it accept different packets\n", r->filter->name);
		return false;
	}
	printf("%s\t%u\t%.2f\t%.2f\t%.2f\t%.2f\t%.1f\t%u\t%.2f\t%.2f\n", r->filter->name, r->program.bf_len, ns[0],
	       ns[1], ns[2], ns[3], us, r->own_insns, own_ns[0], own_ns[1]);
	return true;
}

static bool measure_filter(pcap_t *dead, const struct filter *filter, int rounds, int samples)
{
	static char made[EXPRESSION];
	struct run r = { .filter = filter, .samples = samples };
	const char *expression = filter->expression ? filter->expression : made;
	bool good;

	if (!filter->expression)
		host_expression(made, filter);
	if (peer.compile(dead, &r.program, expression, 1, PCAP_NETMASK_UNKNOWN) < 0) {
		fprintf(stderr, "%s: %s\n", filter->name, peer.geterr(dead));
		return false;
	}
	r.native = cst_native_compile(r.program.bf_insns, r.program.bf_len);
	good = r.native && compile_own(&r, expression);
	if (!good)
		fprintf(stderr, "%s: no native code on this machine\n", filter->name);
	for (int round = 0; good && round < rounds; round++)
		good = measure_round(&r);
	cst_native_free(r.native);
	cst_native_free(r.own);
	return good;
}

int main(int argc, char **argv)
{
	void *handle = argc == 5 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND) : NULL;

	if (!handle) {
		fprintf(stderr, "%s\n", argc == 5 ? dlerror() : "usage: filter LIBPCAP ROUNDS SAMPLES MOST_HOSTS");
		return 2;
	}
	*(void **)&peer.open_dead = dlsym(handle, "pcap_open_dead");
	*(void **)&peer.compile = dlsym(handle, "pcap_compile");
	*(void **)&peer.geterr = dlsym(handle, "pcap_geterr");
	*(void **)&peer.filter = dlsym(handle, "bpf_filter");
	if (!peer.open_dead || !peer.compile || !peer.geterr || !peer.filter) {
		fprintf(stderr, "%s is not libpcap\n", argv[1]);
		return 2;
	}
	make_traffic();
	pcap_t *dead = peer.open_dead(DLT_EN10MB, 262144);
	for (size_t i = 0; i < COUNT(filters); i++)
		if (hosts_of(&filters[i]) <= (size_t)atol(argv[4]) &&
		    !measure_filter(dead, &filters[i], atoi(argv[2]), atoi(argv[3])))
			return 2;
	return 0;
}
