/* filter_compile_test.c - expressions to programs: what the compiler answers to empty ones and to all others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "filter/compile.h"

#include <pcap/pcap.h>
#include <string.h>

static void empty_expressions_keep_snaplen_bytes_of_every_packet(void **state)
{
	static const char *const empty[] = { NULL, "", " ", " \t\r\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
		struct bpf_program program;
		char errbuf[PCAP_ERRBUF_SIZE];

		assert_int_equal(cst_filter_compile(empty[i], DLT_EN10MB, 96, &program, errbuf), 0);
		assert_int_equal(program.bf_len, 1);
		assert_int_equal(program.bf_insns[0].code, BPF_RET | BPF_K);
		assert_int_equal(program.bf_insns[0].k, 96);
		pcap_freecode(&program);
	}
}

static void negative_snaplen_keeps_all(void **state)
{
	struct bpf_program program;
	char errbuf[PCAP_ERRBUF_SIZE];

	(void)state;
	assert_int_equal(cst_filter_compile("", DLT_RAW, -1, &program, errbuf), 0);
	assert_int_equal(program.bf_insns[0].k, 0xffffffff);
	pcap_freecode(&program);
}

static void expect_refusal(const char *expr, int dlt, int snaplen, const char *sentence)
{
	struct bpf_program program = { 7, NULL };
	char errbuf[PCAP_ERRBUF_SIZE] = "";

	assert_int_equal(cst_filter_compile(expr, dlt, snaplen, &program, errbuf), PCAP_ERROR);
	assert_int_equal(program.bf_len, 0);
	assert_null(program.bf_insns);
	if (!strstr(errbuf, sentence))
		fail_msg("\"%s\" lacks \"%s\"", errbuf, sentence);
}

static void refusals_say_why(void **state)
{
	char endless[1000];

	(void)state;
	memset(endless, 'x', sizeof(endless) - 1);
	endless[sizeof(endless) - 1] = '\0';
	expect_refusal("", DLT_EN10MB, 0, "snaplen of 0 rejects all packets");
	expect_refusal("", 103, 96, "unknown data link type 103");
	expect_refusal("", -1, 96, "unknown data link type -1");
	expect_refusal("  tcp port 80", DLT_EN10MB, 96, "\"tcp port 80\"");
	expect_refusal("\v", DLT_EN10MB, 96, "later release");
	expect_refusal(endless, DLT_EN10MB, 96, "xxx...\": filter expressions arrive with the filter compiler");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_expressions_keep_snaplen_bytes_of_every_packet),
		cmocka_unit_test(negative_snaplen_keeps_all),
		cmocka_unit_test(refusals_say_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
