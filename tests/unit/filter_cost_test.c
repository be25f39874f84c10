/* filter_cost_test.c - what long lists cost: time that grows as they do, little memory, and programs that look at a
 * packet briefly. The limits are generous: bench/compile.c measures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "bpf/interpret.h"
#include "filter/compile.h"

#include <malloc.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	MOST_HOSTS = 10000,
	MOST_MEMORY_KIB = 32 * 1024, /* for 1,000 hosts */
	MOST_EXECUTED = 40,	     /* of their program, for one packet */
	MOST_SECONDS = 3,	     /* for 10,000 hosts */
	ATTEMPTS = 3,		     /* other programs may have the machine for a while */
	ROOM = 32,		     /* for one host */
};

/* Different hosts for different `i`: the multiplier is odd. Bit 0 of `i` is bit 0 of the host. */
static uint32_t host(uint32_t i)
{
	return i * 2654435761u;
}

/* host(0), host(2), ...: what is odd is not in the list. */
static char *list_of_hosts(uint32_t count)
{
	char *text = malloc((size_t)count * ROOM), *at = text;

	assert_non_null(text);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t h = host(2 * i);
		at += sprintf(at, "%shost %u.%u.%u.%u", i ? " or " : "", h >> 24, h >> 16 & 255, h >> 8 & 255, h & 255);
	}
	return text;
}

static struct bpf_program compile(const char *expression)
{
	struct bpf_program program;
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	struct cst_filter_target target = { .dlt = DLT_EN10MB, .snaplen = 96, .optimize = true };

	if (cst_filter_compile(expression, &target, &program, errbuf) != 0)
		fail_msg("%s", errbuf);
	return program;
}

static double cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Frees `text`. */
static double seconds_to_compile(char *text)
{
	double start = cpu_seconds();
	struct bpf_program program = compile(text);
	double took = cpu_seconds() - start;

	pcap_freecode(&program);
	free(text);
	return took;
}

static double seconds_for(uint32_t count)
{
	return seconds_to_compile(list_of_hosts(count));
}

static void four_times_the_hosts_take_no_more_than_six_times_as_long(void **state)
{
	double ratio = 0;

	(void)state;
	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		double few = seconds_for(2000);
		ratio = seconds_for(8000) / few;
		if (ratio <= 6)
			return;
	}
	fail_msg("8,000 hosts take %.1f times as long as 2,000", ratio);
}

static void ten_thousand_hosts_compile_soon(void **state)
{
	double took = 0;

	(void)state;
	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		took = seconds_for(MOST_HOSTS);
		if (took < MOST_SECONDS)
			return;
	}
	fail_msg("10,000 hosts take %.2f s", took);
}

/* What long expressions repeat. */
static int any_byte(char *at, uint32_t i)
{
	return sprintf(at, " or ether[%u] = %u", i, i & 255);
}

static int one_number_at_many_places(char *at, uint32_t i)
{
	return sprintf(at, " or (ip[0:4] = %u and ether[%u] = 5)", i * 7, i);
}

static int two_ports(char *at, uint32_t i)
{
	return sprintf(at, " or tcp port %u or udp port %u", i & 65535, i * 7 & 65535);
}

static int sums(char *at, uint32_t i)
{
	return sprintf(at, " or ether[%u] + ether[%u] > ether[%u]", i % 97, i % 89, i % 83);
}

static const struct shape {
	const char *head;
	int (*repeat)(char *at, uint32_t i);
} shapes[] = {
	/* one value that is worth keeping, before many tests */
	{ "(ip[0] & 15) * 3 & 255 = 1 or (ip[0] & 15) * 3 & 255 = 2 or (ip[0] & 15) * 3 & 255 = 3", any_byte },
	/* nodes that differ in what they load */
	{ "ip[8:4] = 1", one_number_at_many_places },
	/* two computed values each, which no two nodes share: it must fit into memory, too */
	{ "ip[0] = 1", sums },
	/* a division: all is tested as it is written */
	{ "ip[0] / ip[1] = 1", two_ports },
};

static double seconds_for_shape(const struct shape *shape, uint32_t count)
{
	size_t room = strlen(shape->head) + (size_t)count * 2 * ROOM;
	char *text = malloc(room), *at = text;

	assert_non_null(text);
	at = stpcpy(at, shape->head);
	for (uint32_t i = 0; i < count; i++)
		at += shape->repeat(at, i);
	return seconds_to_compile(text);
}

static void odd_expressions_take_time_in_proportion(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		double ratio = 0;
		for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
			ratio = seconds_for_shape(&shapes[i], 40000) / seconds_for_shape(&shapes[i], 10000);
			if (ratio <= 8)
				break;
		}
		if (ratio > 8)
			fail_msg("what begins with '%s': 40,000 take %.1f times as long as 10,000", shapes[i].head,
				 ratio);
	}
}

/* In a child, whose peak is its own. */
static void a_thousand_hosts_take_little_memory(void **state)
{
	char *text = list_of_hosts(1000);
	int status;

	(void)state;
	malloc_trim(0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct rusage before, after;
		getrusage(RUSAGE_SELF, &before);
		struct bpf_program program = compile(text);
		getrusage(RUSAGE_SELF, &after);
		pcap_freecode(&program);
		_exit(after.ru_maxrss - before.ru_maxrss >= MOST_MEMORY_KIB);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	free(text);
}

/* `and` binds no tighter than `or`: each of these stands around all that comes before. */
static void and_and_or_in_turn_do_not_multiply(void **state)
{
	enum { TURNS = 250 };
	char *text = malloc(TURNS * 3 * ROOM), *at = text;

	(void)state;
	assert_non_null(text);
	for (uint32_t i = 0; i < TURNS; i++)
		at += sprintf(at, "%stcp port %u or host 10.0.0.%u and port %u", i ? " or " : "", 1 + i, i, 1001 + i);
	double start = cpu_seconds();
	struct bpf_program program = compile(text);
	assert_true(cpu_seconds() - start < MOST_SECONDS);
	assert_true(bpf_validate(program.bf_insns, (int)program.bf_len));
	pcap_freecode(&program);
	free(text);
}

/* The longest way through a program that only jumps forward. */
static uint32_t longest_way(const struct bpf_program *program)
{
	uint32_t *way = calloc(program->bf_len + 1, sizeof(*way));

	assert_non_null(way);
	for (uint32_t i = program->bf_len; i-- > 0;) {
		const struct bpf_insn *insn = &program->bf_insns[i];
		uint32_t ways[2] = { i + 1, i + 1 };
		if (BPF_CLASS(insn->code) == BPF_RET) {
			way[i] = 1;
			continue;
		}
		if (BPF_CLASS(insn->code) == BPF_JMP) {
			ways[0] += BPF_OP(insn->code) == BPF_JA ? insn->k : insn->jf;
			ways[1] += BPF_OP(insn->code) == BPF_JA ? insn->k : insn->jt;
		}
		way[i] = 1 + (way[ways[0]] > way[ways[1]] ? way[ways[0]] : way[ways[1]]);
	}
	uint32_t longest = way[0];
	free(way);
	return longest;
}

static void a_thousand_hosts_are_searched_and_not_asked_in_turn(void **state)
{
	char *text = list_of_hosts(1000);
	struct bpf_program program = compile(text);

	(void)state;
	assert_in_range(longest_way(&program), 1, MOST_EXECUTED);
	pcap_freecode(&program);
	free(text);
}

static void expect_verdict(const struct bpf_program *program, uint32_t source, uint32_t destination, uint32_t verdict)
{
	uint8_t packet[60] = { [12] = 0x08, [13] = 0x00, [14] = 0x45, [23] = 6 };

	cst_put32be(packet + 26, source);
	cst_put32be(packet + 30, destination);
	if (cst_bpf_run(program->bf_insns, packet, sizeof(packet), sizeof(packet), NULL) != verdict)
		fail_msg("%08x to %08x: not %u", source, destination, verdict);
}

/* Programs far longer than a conditional jump spans. */
static void every_host_of_a_long_list_matches_and_no_other(void **state)
{
	static const uint32_t lengths[] = { 100, 1000, MOST_HOSTS };

	(void)state;
	for (size_t l = 0; l < sizeof(lengths) / sizeof(lengths[0]); l++) {
		char *text = list_of_hosts(lengths[l]);
		struct bpf_program program = compile(text);
		assert_true(bpf_validate(program.bf_insns, (int)program.bf_len));
		for (uint32_t i = 0; i < lengths[l]; i++) {
			expect_verdict(&program, host(2 * i), host(2 * i + 1), 96);
			expect_verdict(&program, host(2 * i + 1), host(2 * i), 96);
			expect_verdict(&program, host(2 * i + 1), host(2 * i + 3), 0);
			expect_verdict(&program, host(2 * i) + 1, host(2 * i) - 1, 0);
		}
		pcap_freecode(&program);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(four_times_the_hosts_take_no_more_than_six_times_as_long),
		cmocka_unit_test(ten_thousand_hosts_compile_soon),
		cmocka_unit_test(odd_expressions_take_time_in_proportion),
		cmocka_unit_test(and_and_or_in_turn_do_not_multiply),
		cmocka_unit_test(a_thousand_hosts_take_little_memory),
		cmocka_unit_test(a_thousand_hosts_are_searched_and_not_asked_in_turn),
		cmocka_unit_test(every_host_of_a_long_list_matches_and_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
