/* filter_side_test.c - which side of a capture a packet is on, and how names are refused: what tests/differential/
 * cannot show, since Debian's libpcap asks for live metadata on handles that are not live, and words errors in its own
 * way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "filter/compile.h"

#include <linux/filter.h>
#include <pcap/pcap.h>
#include <string.h>

static int compile(const char *expression, int dlt, bool is_live, struct bpf_program *program, char *errbuf)
{
	struct cst_filter_target target = { .dlt = dlt, .snaplen = 65535, .is_live = is_live };
	return cst_filter_compile(expression, &target, program, errbuf);
}

/* The place of the first load in the program. */
static uint32_t first_load(const char *expression, int dlt, bool is_live)
{
	struct bpf_program program;
	char errbuf[PCAP_ERRBUF_SIZE];

	if (compile(expression, dlt, is_live, &program, errbuf) < 0)
		fail_msg("'%s' on %d: %s", expression, dlt, errbuf);
	assert_int_equal(BPF_CLASS(program.bf_insns[0].code), BPF_LD);
	uint32_t place = program.bf_insns[0].k;
	pcap_freecode(&program);
	return place;
}

static void expect_refusal(const char *expression, int dlt, const char *words)
{
	struct bpf_program program;
	char errbuf[PCAP_ERRBUF_SIZE] = "";

	if (compile(expression, dlt, false, &program, errbuf) == 0) {
		pcap_freecode(&program);
		fail_msg("'%s' on %d was compiled", expression, dlt);
	}
	if (!strstr(errbuf, words))
		fail_msg("'%s' on %d: \"%s\" lacks \"%s\"", expression, dlt, errbuf, words);
}

static void live_captures_ask_the_kernel(void **state)
{
	(void)state;
	assert_int_equal(first_load("inbound", DLT_EN10MB, true), (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE));
	assert_int_equal(first_load("outbound", DLT_IEEE802_11_RADIO, true), (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE));
	assert_int_equal(first_load("ifindex 3", DLT_LINUX_SLL, true), (uint32_t)(SKF_AD_OFF + SKF_AD_IFINDEX));
}

static void headers_that_tell_are_asked_on_live_captures_too(void **state)
{
	(void)state;
	assert_int_equal(first_load("inbound", DLT_LINUX_SLL, true), 0);
	assert_int_equal(first_load("outbound", DLT_LINUX_SLL2, true), 10);
	assert_int_equal(first_load("ifindex 3", DLT_LINUX_SLL2, true), 4);
	assert_int_equal(first_load("inbound", DLT_DSA_TAG_BRCM, true), 12);
}

static void files_without_a_direction_are_refused(void **state)
{
	(void)state;
	expect_refusal("inbound", DLT_EN10MB, "which Ethernet lacks at column 1");
	expect_refusal("ip and outbound", DLT_EN10MB, "at column 8");
	expect_refusal("ifindex 3", DLT_LINUX_SLL, "which Linux cooked v1 lacks");
}

static void misspelt_names_get_a_proposal(void **state)
{
	(void)state;
	expect_refusal("subtype beacn", DLT_IEEE802_11, "'beacn' is no 802.11 frame subtype; did you mean 'beacon'?");
	expect_refusal("type mgt subtype Rst", DLT_IEEE802_11, "did you mean 'rts'?");
	expect_refusal("reason fragmnt", DLT_PFLOG, "did you mean 'fragment'? at column 8");
	expect_refusal("action blokc", DLT_PFLOG, "did you mean 'block'?");
	expect_refusal("subtype nothing-like-it", DLT_IEEE802_11, "subtype at column 9");
	expect_refusal("type mgt subtype rts", DLT_IEEE802_11, "'rts' is one of type ctl, not of type mgt");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(live_captures_ask_the_kernel),
		cmocka_unit_test(headers_that_tell_are_asked_on_live_captures_too),
		cmocka_unit_test(files_without_a_direction_are_refused),
		cmocka_unit_test(misspelt_names_get_a_proposal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
