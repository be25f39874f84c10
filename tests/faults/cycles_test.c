/* cycles_test.c - handles of every kind, opened, used and closed by several threads, 1,500 times or, with a number as
 * argument, that often: nothing is left of them. */
#include "leaks.h"

#include "capture.h"

#include <capstan/engine.h>
#include <capstan/pcapng.h>
#include <capstan/savefile.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { THREADS = 16, FEW = 1500 };

static uint32_t cycles = FEW;
static char dir[] = "/tmp/capstan-cycles-XXXXXX";

static const char *path_of(char path[static 64], const char *name, unsigned int number)
{
	snprintf(path, 64, "%s/%u%s", dir, number, name);
	return path;
}

/* What one thread does over and over: NULL, or what went wrong. */
typedef const char *cycle_fn(unsigned int thread, char errbuf[static PCAP_ERRBUF_SIZE]);

/* --- live --- */

static pcap_t *open_live(char errbuf[static PCAP_ERRBUF_SIZE], bool immediate)
{
	pcap_t *p = pcap_create("right", errbuf);

	if (!p)
		return NULL;
	pcap_set_timeout(p, 1);
	pcap_set_snaplen(p, 2000); /* 16 of them at once, of the smallest size */
	pcap_set_buffer_size(p, 64 << 10);
	pcap_set_immediate_mode(p, immediate);
	if (pcap_activate(p) == 0)
		return p;
	snprintf(errbuf, PCAP_ERRBUF_SIZE, "%s", pcap_geterr(p));
	pcap_close(p);
	return NULL;
}

static const char *finish(pcap_t *p, bool fine, char errbuf[static PCAP_ERRBUF_SIZE])
{
	if (!fine)
		snprintf(errbuf, PCAP_ERRBUF_SIZE, "%s", pcap_geterr(p));
	pcap_close(p);
	return fine ? NULL : errbuf;
}

static bool set_filter(pcap_t *p, const char *expression)
{
	struct bpf_program program;
	bool fine = pcap_compile(p, &program, expression, 1, 0) == 0 && pcap_setfilter(p, &program) == 0;

	pcap_freecode(&program);
	return fine;
}

static const char *capture_with_a_filter(unsigned int thread, char errbuf[static PCAP_ERRBUF_SIZE])
{
	pcap_t *p = open_live(errbuf, thread % 2);
	struct pcap_stat stat;
	u_char frame[60] = { 0 };

	if (!p)
		return errbuf;
	return finish(p, set_filter(p, "udp port 53") && pcap_inject(p, frame, sizeof(frame)) == sizeof(frame) &&
		      pcap_stats(p, &stat) == 0 && pcap_getevent(p) != NULL, errbuf);
}

static const char *count_in_statistics_mode(unsigned int thread, char errbuf[static PCAP_ERRBUF_SIZE])
{
	pcap_t *p = open_live(errbuf, false);
	struct pcap_pkthdr *h;
	const u_char *data;

	if (!p)
		return errbuf;
	capstan_set_engine(p, CAPSTAN_STATISTICS, thread % 4 ? "auto" : "user");
	return finish(p, pcap_setmode(p, MODE_STAT) == 0 && pcap_next_ex(p, &h, &data) == 1 && set_filter(p, "arp") &&
		      (thread % 2 || pcap_setmode(p, MODE_CAPT) == 0), errbuf);
}

static const char *make_the_ring_anew(unsigned int thread, char errbuf[static PCAP_ERRBUF_SIZE])
{
	pcap_t *p = open_live(errbuf, thread % 2);

	if (!p)
		return errbuf;
	return finish(p, pcap_setmintocopy(p, thread % 2 ? 1000 : 0) == 0 && pcap_setbuff(p, 100000) == 0 &&
		      pcap_setmintocopy(p, 5000) == 0, errbuf);
}

/* To say which engine it would be, it makes all that it needs. */
static const char *prepare_xdp_frames(unsigned int thread, char errbuf[static PCAP_ERRBUF_SIZE])
{
	pcap_t *p = open_live(errbuf, thread % 2);

	if (!p)
		return errbuf;
	capstan_set_engine(p, CAPSTAN_TRANSMIT, "xdp");
	capstan_engine(p, CAPSTAN_TRANSMIT);
	return finish(p, true, errbuf);
}

static const char *fail_to_open(unsigned int thread, char errbuf[static PCAP_ERRBUF_SIZE])
{
	pcap_t *p = pcap_create(thread % 2 ? "nowhere0" : "right", errbuf);

	if (!p)
		return errbuf;
	pcap_set_buffer_size(p, INT32_MAX);
	if (thread % 2 == 0)
		pcap_set_rfmon(p, 1);
	const int status = pcap_activate(p);
	return finish(p, status < 0 || thread % 2 == 0, errbuf);
}

/* --- files --- */

static const char *write_and_read(unsigned int thread, char errbuf[static PCAP_ERRBUF_SIZE])
{
	static const char *const names[] = { ".pcap", ".pcap.gz", ".pcap.zst", ".pcap.lz4" };
	static const u_char bytes[100];
	const struct pcap_pkthdr h = { .caplen = sizeof(bytes), .len = sizeof(bytes) };
	struct pcap_pkthdr *got;
	const u_char *data;
	char path[64];

	path_of(path, names[thread % 4], thread);
	if (!capstan_can_compress(capstan_compression_of(path)))
		path_of(path, ".pcap", thread);
	pcap_t *dead = pcap_open_dead(DLT_EN10MB, 65535);
	if (!dead)
		return "no dead handle";
	pcap_dumper_t *d = capstan_dump_open(dead, path, CAPSTAN_COMPRESSION_BY_NAME, 0);
	if (d) {
		for (int i = 0; i < 20; i++)
			pcap_dump((u_char *)d, &h, bytes);
		pcap_dump_close(d);
	}
	const char *trouble = finish(dead, d != NULL, errbuf);
	if (trouble)
		return trouble;
	pcap_t *p = pcap_open_offline(path, errbuf);
	if (!p)
		return errbuf;
	return finish(p, set_filter(p, "ether[0] = 0") && pcap_next_ex(p, &got, &data) == 1, errbuf);
}

static const char *write_pcapng(unsigned int thread, char errbuf[static PCAP_ERRBUF_SIZE])
{
	const struct capstan_pcapng_interface iface = { .datalink = DLT_EN10MB };
	struct capstan_pcapng_block block;
	char path[64];

	capstan_pcapng_writer *w = capstan_pcapng_create(path_of(path, ".pcapng", thread), CAPSTAN_COMPRESSION_NONE, 0, NULL,
							 errbuf);
	if (!w)
		return errbuf;
	capstan_pcapng_add_interface(w, &iface);
	if (capstan_pcapng_finish(w, errbuf) != 0)
		return errbuf;
	capstan_pcapng_reader *r = capstan_pcapng_open(path, errbuf);
	if (!r)
		return errbuf;
	const bool fine = capstan_pcapng_next(r, &block) == 1;
	capstan_pcapng_close(r);
	return fine ? NULL : "no block";
}

/* --- threads --- */

struct worker {
	pthread_t thread;
	unsigned int number;
	uint32_t times;
	cycle_fn *cycle;
	char errbuf[PCAP_ERRBUF_SIZE];
	const char *trouble; /* NULL: none */
};

static void *work(void *arg)
{
	struct worker *w = arg;

	for (uint32_t i = 0; i < w->times && !w->trouble; i++)
		w->trouble = w->cycle(w->number, w->errbuf);
	return NULL;
}

/* Closing waits for the kernel in threads of its own; several share each wait. */
static void run(cycle_fn *cycle, uint32_t times)
{
	static struct worker workers[THREADS];

	for (unsigned int i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){ .number = i, .times = times / THREADS + 1, .cycle = cycle };
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (unsigned int i = 0; i < THREADS; i++)
		pthread_join(workers[i].thread, NULL);
	for (unsigned int i = 0; i < THREADS; i++)
		if (workers[i].trouble)
			fail_msg("%s", workers[i].trouble);
}

static const struct kind {
	const char *name;
	cycle_fn *cycle;
	uint32_t share; /* in a thousand */
} kinds[] = {
	{ "live, with a filter", capture_with_a_filter, 450 },
	{ "live, in statistics mode", count_in_statistics_mode, 40 },
	{ "live, with other buffers", make_the_ring_anew, 5 },
	{ "live, for XDP frames", prepare_xdp_frames, 3 },
	{ "live, refused", fail_to_open, 112 },
	{ "dumped and read", write_and_read, 290 },
	{ "pcapng", write_pcapng, 100 },
};

static void nothing_is_left(void **state)
{
	const struct kind *kind = *state;
	const int64_t start = netlab_now_ms();

	/* What is made once, by the library or the C library, is no leak. */
	run(kind->cycle, THREADS);
	netlab_sleep_ms(200);
	const struct leaks before = leaks_look();
	run(kind->cycle, cycles * kind->share / 1000);
	leaks_none_since(&before);
	leaks_no_program_since(&before);
	if (cycles > FEW)
		print_message("%s: %u times in %lld ms\n", kind->name, cycles * kind->share / 1000,
			      (long long)(netlab_now_ms() - start));
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[sizeof(kinds) / sizeof(*kinds)];
	char command[128];

	if (argc > 1)
		cycles = (uint32_t)strtoul(argv[1], NULL, 10);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		tests[i] = (struct CMUnitTest){ kinds[i].name, nothing_is_left, NULL, NULL, (void *)(uintptr_t)&kinds[i] };
	netlab_enter();
	netlab_try("ethtool -K left gro on 2>/dev/null"); /* or a veth sends no XDP frames */
	if (!mkdtemp(dir))
		return 1;
	const int failed = cmocka_run_group_tests_name("nothing is left of", tests, NULL, NULL);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command) == 0 ? failed : 1;
}
