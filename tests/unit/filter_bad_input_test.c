/* filter_bad_input_test.c - expressions that are too long, too deep, or no text at all, and memory that runs out at any
 * point. Linked with --wrap for whatever allocates (meson.build); all compile on a thread with a small stack. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/arena.h"
#include "filter/compile.h"

#include <pcap/pcap.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
enum { STACK = 2 << 20 }; /* its frames are several times as large */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
enum { STACK = 2 << 20 };
#else
enum { STACK = 512 << 10 };
#endif
#else
enum { STACK = 512 << 10 };
#endif

enum { MEGABYTE = 1 << 20, TOO_DEEP = 100000 };

/* ---- allocations that fail ---- */

/* Of the allocations from the system while `is_counting`, number `first` (from 0) fails, and all behind it if `rest`
 * says so. */
static struct {
	bool is_counting, rest;
	size_t count, first, failed;
} faults;

/* The limit of every arena, if not 0. Near it an arena takes each allocation from the system by itself. */
static size_t arena_limit;

static bool fails(void)
{
	if (!faults.is_counting)
		return false;
	size_t number = faults.count++;
	bool is_hit = number == faults.first || (faults.rest && number > faults.first);
	faults.failed += is_hit;
	return is_hit;
}

#define WRAPPED(name, parameters, arguments)                                                                           \
	void *__real_##name parameters;                                                                                \
	void *__wrap_##name parameters;                                                                                \
	void *__wrap_##name parameters                                                                                 \
	{                                                                                                              \
		return fails() ? NULL : __real_##name arguments;                                                       \
	}

WRAPPED(malloc, (size_t size), (size))
WRAPPED(calloc, (size_t count, size_t size), (count, size))
WRAPPED(realloc, (void *memory, size_t size), (memory, size))

void __real_cst_arena_init(struct cst_arena *arena, size_t limit);
void __wrap_cst_arena_init(struct cst_arena *arena, size_t limit);

void __wrap_cst_arena_init(struct cst_arena *arena, size_t limit)
{
	__real_cst_arena_init(arena, arena_limit > 0 ? arena_limit : limit);
}

/* ---- compilations ---- */

struct job {
	const char *expression;
	struct cst_filter_target target;
	struct bpf_program program;
	int status;
	char errbuf[PCAP_ERRBUF_SIZE];
};

static void *run(void *data)
{
	struct job *job = data;

	job->status = cst_filter_compile(job->expression, &job->target, &job->program, job->errbuf);
	return NULL;
}

static void compile(struct job *job)
{
	pthread_attr_t attributes;
	pthread_t thread;

	assert_int_equal(pthread_attr_init(&attributes), 0);
	assert_int_equal(pthread_attr_setstacksize(&attributes, STACK), 0);
	assert_int_equal(pthread_create(&thread, &attributes, run, job), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	pthread_attr_destroy(&attributes);
	if (job->status == 0) {
		assert_true(bpf_validate(job->program.bf_insns, (int)job->program.bf_len));
		return;
	}
	assert_int_equal(job->status, PCAP_ERROR);
	assert_null(job->program.bf_insns);
	assert_true(job->errbuf[0] != '\0' && strlen(job->errbuf) < sizeof(job->errbuf));
	for (const char *c = job->errbuf; *c; c++)
		assert_false((unsigned char)*c < ' ' || *c == 0x7f);
}

/* An error that contains `fragment`, or, where that is NULL, a program. */
static void expect(const char *expression, int dlt, const char *fragment)
{
	for (int optimize = 0; optimize <= 1; optimize++) {
		struct job job = { .expression = expression,
				   .target = { .dlt = dlt, .snaplen = 96, .optimize = optimize } };

		compile(&job);
		if (fragment && (job.status == 0 || !strstr(job.errbuf, fragment)))
			fail_msg("'%.60s' gave \"%s\", not \"%s\"", expression, job.errbuf, fragment);
		if (!fragment && job.status != 0)
			fail_msg("'%.60s' was refused: %s", expression, job.errbuf);
		pcap_freecode(&job.program);
	}
}

/* `before`, `count` times `piece`, and `after`. */
struct repeated {
	const char *before, *piece, *after;
	size_t count;
	const char *fragment;
};

static void expect_repeated(const struct repeated *repeated, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct repeated *r = &repeated[i];
		size_t piece = strlen(r->piece), pieces = r->count / (r->count == MEGABYTE ? piece : 1);
		char *text = malloc(strlen(r->before) + pieces * piece + strlen(r->after) + 1);
		assert_non_null(text);
		char *end = stpcpy(text, r->before);
		for (size_t n = 0; n < pieces; n++, end += piece)
			memcpy(end, r->piece, piece);
		strcpy(end, r->after);
		expect(text, DLT_EN10MB, r->fragment);
		free(text);
	}
}

#define EXPECT_REPEATED(repeated) expect_repeated(repeated, sizeof(repeated) / sizeof((repeated)[0]))

static void what_is_too_deep_is_refused_where_it_gets_so(void **state)
{
	static const struct repeated deep[] = {
		{ "", "(", "tcp", TOO_DEEP, "nests deeper than 1000 levels here at column 1001" },
		{ "", "not ", "tcp", TOO_DEEP, "nests deeper than 1000 levels here at column 4001" },
		{ "", "not (", "tcp", TOO_DEEP, "nests deeper than 1000 levels" },
		{ "host ", "(", "localhost", TOO_DEEP, "nests deeper than 1000 levels" },
		{ "", "!", "tcp", MEGABYTE, "nests deeper than 1000 levels here at column 1001" },
		{ "", "-", "1 = 1", MEGABYTE, "nests deeper than 1000 levels" },
		{ "ip[0]", "+ip[0]", " = 1", MEGABYTE, "nests deeper than 1000 levels" },
		{ "", "ip[", "0", MEGABYTE, "nests deeper than 1000 levels" },
		{ "", "ip[0] + (", "1", MEGABYTE, "nests deeper than 1000 levels" },
	};

	(void)state;
	EXPECT_REPEATED(deep);
}

static void what_is_just_not_too_deep_fits_a_small_stack(void **state)
{
	char text[3 * 1000 + 32], *end = text;
	static const struct repeated deep[] = {
		{ "", "not ", "tcp", 990, NULL },	    { "ip[0]", "+ip[0]", " = 1", 990, NULL },
		{ "len", "*3", " = 1", 990, NULL },	    { "", "-", "len = 1", 990, NULL },
		{ "tcp", " and udp or ip", "", 490, NULL }, { "vlan", " and vlan", "", 990, NULL },
		{ "mpls", " and mpls", "", 990, NULL },	    { "ip", " and ip protochain 6", "", 490, NULL },
	};

	(void)state;
	EXPECT_REPEATED(deep);
	/* parentheses, and brackets that close */
	memset(end, '(', 990);
	end = stpcpy(end + 990, "tcp");
	memset(end, ')', 990);
	end[990] = '\0';
	expect(text, DLT_EN10MB, NULL);
}

static void loads_by_loads_fit_a_small_stack(void **state)
{
	enum { DEPTH = 490 };
	char text[8 * DEPTH], *end = text;

	(void)state;
	for (int i = 0; i < DEPTH; i++)
		end = stpcpy(end, "ip[");
	end = stpcpy(end, "0");
	for (int i = 0; i < DEPTH; i++)
		end = stpcpy(end, "]");
	strcpy(end, " = 1");
	expect(text, DLT_EN10MB, NULL);
}

/* A tree of differences of `depth` levels, all of whose loads differ. */
static char *write_tree(char *end, int depth, int *loads)
{
	if (depth == 0)
		return end + sprintf(end, "ip[%d]", (*loads)++);
	end = write_tree(stpcpy(end, "("), depth - 1, loads);
	end = write_tree(stpcpy(end, "-"), depth - 1, loads);
	return stpcpy(end, ")");
}

/* With each level one more result has to wait in scratch memory, which has 16 cells. */
static void arithmetic_beyond_scratch_memory_is_refused(void **state)
{
	static const struct {
		int depth;
		const char *fragment;
	} trees[] = { { 8, NULL }, { 17, "nested too deeply for the machine's scratch memory" } };

	(void)state;
	for (size_t i = 0; i < sizeof(trees) / sizeof(trees[0]); i++) {
		int loads = 0;
		char *text = malloc((size_t)16 << trees[i].depth);
		assert_non_null(text);
		strcpy(write_tree(text, trees[i].depth, &loads), " = 1");
		expect(text, DLT_EN10MB, trees[i].fragment);
		free(text);
	}
}

static void a_megabyte_is_read(void **state)
{
	static const struct repeated long_texts[] = {
		{ "", " ", "", MEGABYTE, NULL },
		{ "", " ", "tcp", MEGABYTE, NULL },
		{ "tcp", " or tcp", "", MEGABYTE, NULL },
		{ "len = 1", " or len = 2", "", MEGABYTE, NULL },
		{ "tcp", " or udp or icmp or port 5", "", 12000, NULL },
		{ "(ip[0] = 1)", " and (ip[0] = 1 or tcp[1] = 2)", "", MEGABYTE, NULL },
		{ "", "or ", "", MEGABYTE, "expected a filter primitive, found 'or' at column 1" },
		{ "tcp", " tcp", "", MEGABYTE, "expected 'and', 'or' or the end after 'tcp', found 'tcp' at column 5" },
		{ "", "1", "", MEGABYTE, "does not fit in 32 bits at column 1" },
		{ "port ", "9", "", MEGABYTE, "does not fit in 32 bits at column 6" },
		{ "ip[0] = 0x", "0", "1", MEGABYTE, NULL },
		{ "host ", "1.", "", MEGABYTE, "unknown host '1.1.1." },
		{ "host ", ":", "", MEGABYTE, "found '::' at column 8" },
		{ "ether host ", "1:", "", MEGABYTE, "at column " },
		{ "", "x", "", MEGABYTE, "another qualifier before it at column 1" },
		{ "", "\x01", "", MEGABYTE, "the byte 0x01 can't be part of a filter expression at column 1" },
		{ "tcp port ", "\\", "", MEGABYTE, "unknown port '\\\\\\" },
		{ "tcp port \\", "%n", "", MEGABYTE, "unknown port '%n%n%n" },
		/* 64 KiB, as much as a name's length may be told in other places */
		{ "host ", "x", "", 65536, "unknown host 'xxxx" },
		{ "port ", "x", "", 65536, "unknown port 'xxxx" },
		{ "net ", "x", "", 65536, "unknown network 'xxxx" },
		{ "ether host ", "x", "", 65536, "unknown Ethernet host 'xxxx" },
		{ "ip proto ", "x", "", 65536, "unknown IP protocol 'xxxx" },
		{ "ether proto ", "x", "", 65536, "unknown link-layer protocol 'xxxx" },
		{ "gateway ", "x", "", 65536, "'xxxx" },
		{ "llc ", "x", "", 65536, "unknown kind of LLC frame 'xxxx" },
		{ "portrange 1-", "x", "", 65536, "unknown port 'xxxx" },
		{ "decnet host ", "x", "", 65536, "'xxxx" },
		{ "ip6 host ", "1", "::", 65536, "at column " },
	};

	(void)state;
	EXPECT_REPEATED(long_texts);
}

static void long_names_of_other_link_types_are_refused(void **state)
{
	static const struct {
		int dlt;
		const char *before;
	} words[] = {
		{ DLT_IEEE802_11, "type " }, { DLT_IEEE802_11, "subtype " }, { DLT_IEEE802_11, "type mgt subtype " },
		{ DLT_IEEE802_11, "dir " },  { DLT_PFLOG, "on " },	     { DLT_PFLOG, "rset " },
		{ DLT_PFLOG, "reason " },    { DLT_PFLOG, "action " },
	};
	char *text = malloc(65536 + 64);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		char *end = stpcpy(text, words[i].before);
		memset(end, 'x', 65536);
		end[65536] = '\0';
		expect(text, words[i].dlt, "xxxx");
	}
	free(text);
}

static void bytes_that_are_no_text_are_refused(void **state)
{
	char text[] = "tcp ? udp";

	(void)state;
	for (int byte = 1; byte < 256; byte++) {
		text[4] = (char)byte;
		bool is_text = (byte >= ' ' && byte < 0x7f) || strchr("\t\n\r", byte);
		expect(text, DLT_EN10MB, is_text ? "" : "the byte 0x");
	}
}

/* ---- memory that runs out ---- */

static const struct {
	int dlt;
	const char *expression;
} whole_language[] = {
	{ DLT_EN10MB, "host localhost and (tcp port http or 443 or portrange 8000-8080) and not net 10.0.0.0/8" },
	{ DLT_EN10MB, "vlan 5 and ip6 protochain 6 or mpls 3 and ip" },
	{ DLT_EN10MB, "pppoes and tcp or geneve 5 and ether host 1:2:3:4:5:6 or vxlan and vlan and arp" },
	{ DLT_EN10MB, "tcp[(tcp[12] & 0xf0) >> 2:4] = 0x47455420 and ip[2:2] - ((ip[0] & 0xf) << 2) - len % 7 > 5" },
	{ DLT_EN10MB, "host 1.2.3.4 or 1.2.3.5 or 1.2.3.6 or 1.2.3.9 or ::1 or ::2 or ::3 or ether multicast or iso" },
	{ DLT_IEEE802_11_RADIO, "type mgt subtype beacon and wlan addr1 1:2:3:4:5:6 or dir tods and udp port domain" },
	{ DLT_PFLOG, "on em0 and action pass and rnr 5 or reason 3 or net loopback" },
	{ DLT_SUNATM, "vpi 1 and vci (5 or 6) or lane and ip proto \\tcp or metac" },
	{ DLT_MTP2, "opc 5 or dpc (1 or 2) or sio > 3" },
};

static void compile_whole(struct job *job)
{
	memset(&faults, 0, sizeof(faults));
	arena_limit = 0;
	compile(job);
	if (job->status != 0)
		fail_msg("'%s' was refused: %s", job->expression, job->errbuf);
}

/* Compiled, and to the same program as with all the memory; else refused with a sentence. */
static bool is_compiled(const struct job *job, const struct job *whole)
{
	if (job->status == 0) {
		assert_int_equal(job->program.bf_len, whole->program.bf_len);
		assert_memory_equal(job->program.bf_insns, whole->program.bf_insns,
				    whole->program.bf_len * sizeof(*whole->program.bf_insns));
		return true;
	}
	assert_null(job->program.bf_insns);
	assert_true(job->errbuf[0] != '\0');
	return false;
}

/* In steps as small as the smallest allocations, growing a little. */
static void end_the_arena_everywhere(struct job whole)
{
	bool is_done = false;

	compile_whole(&whole);
	for (size_t limit = 1; !is_done; limit += 32 + limit / 512) {
		struct job job = { .expression = whole.expression, .target = whole.target };

		arena_limit = limit;
		run(&job);
		is_done = is_compiled(&job, &whole);
		if (!is_done && !strstr(job.errbuf, "out of memory"))
			fail_msg("'%s' within %zu bytes: \"%s\"", job.expression, limit, job.errbuf);
		assert_true(!is_done || limit > 1000);
		pcap_freecode(&job.program);
	}
	pcap_freecode(&whole.program);
}

static void fail_each_in_turn(struct job whole, bool rest)
{
	size_t errors = 0, last = 1;

	compile_whole(&whole);
	for (size_t first = 0; last > 0; first++) {
		struct job job = { .expression = whole.expression, .target = whole.target };

		memset(&faults, 0, sizeof(faults));
		faults.rest = rest;
		faults.first = first;
		faults.is_counting = true;
		run(&job);
		faults.is_counting = false;
		last = faults.failed;
		/* What the sentence says is the system's: where a name was looked up, only that it found none. */
		errors += !is_compiled(&job, &whole);
		assert_true(job.status == 0 || last > 0);
		pcap_freecode(&job.program);
	}
	assert_true(errors > 0);
	pcap_freecode(&whole.program);
}

static struct job whole_job(size_t i, bool optimize)
{
	return (struct job){ .expression = whole_language[i].expression,
			     .target = { .dlt = whole_language[i].dlt, .snaplen = 96, .optimize = optimize } };
}

static void the_arena_may_end_anywhere(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * sizeof(whole_language) / sizeof(whole_language[0]); i++)
		end_the_arena_everywhere(whole_job(i / 2, i % 2));
}

static void the_system_may_refuse_any_allocation(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4 * sizeof(whole_language) / sizeof(whole_language[0]); i++)
		fail_each_in_turn(whole_job(i / 4, i % 2), i / 2 % 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_too_deep_is_refused_where_it_gets_so),
		cmocka_unit_test(what_is_just_not_too_deep_fits_a_small_stack),
		cmocka_unit_test(loads_by_loads_fit_a_small_stack),
		cmocka_unit_test(arithmetic_beyond_scratch_memory_is_refused),
		cmocka_unit_test(a_megabyte_is_read),
		cmocka_unit_test(long_names_of_other_link_types_are_refused),
		cmocka_unit_test(bytes_that_are_no_text_are_refused),
		cmocka_unit_test(the_arena_may_end_anywhere),
		cmocka_unit_test(the_system_may_refuse_any_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
