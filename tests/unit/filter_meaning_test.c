/* filter_meaning_test.c - optimised programs accept what plain ones accept: expressions that once came apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "bpf/interpret.h"
#include "filter/compile.h"

#include <pcap/pcap.h>
#include <stdio.h>

enum { PACKET = 256, ACCEPTED = 96 };

static void expect_of_one(const char *expression, bool optimize, const uint8_t *packet, uint32_t length, uint32_t verdict)
{
	const struct cst_filter_target target = { .dlt = DLT_EN10MB, .snaplen = ACCEPTED, .optimize = optimize };
	struct bpf_program program;
	char errbuf[PCAP_ERRBUF_SIZE];

	if (cst_filter_compile(expression, &target, &program, errbuf) != 0)
		fail_msg("'%s' was refused: %s", expression, errbuf);
	uint32_t got = cst_bpf_run(program.bf_insns, packet, PACKET, length, NULL);
	pcap_freecode(&program);
	if (got != verdict)
		fail_msg("'%s', %s: %u instead of %u", expression, optimize ? "optimised" : "plain", got, verdict);
}

/* Of the first `length` bytes of `packet`. */
static void expect(const char *expression, const uint8_t packet[static PACKET], uint32_t length, uint32_t verdict)
{
	expect_of_one(expression, false, packet, length, verdict);
	expect_of_one(expression, true, packet, length, verdict);
}

static void an_operand_from_scratch_memory_leaves_the_other_one_alone(void **state)
{
	/* ether[ether[0]] is kept, and combined with what it is loaded behind: 7 - 2 + 7 * 1 = 12 */
	static const uint8_t packet[PACKET] = { [0] = 2, [2] = 7, [5] = 1 };

	(void)state;
	expect("(ether[ether[0]] - ether[0]) + (ether[ether[0]] * ether[5]) = 12 or "
	       "(ether[ether[0]] - ether[0]) + (ether[ether[0]] * ether[6]) = 77 or "
	       "(ether[ether[0]] - ether[0]) + (ether[ether[0]] * ether[7]) = 78",
	       packet, PACKET, ACCEPTED);
}

static void a_division_stays_behind_the_tests_before_it(void **state)
{
	/* ether[1] is 0: whoever divides by it rejects. */
	static const uint8_t packet[PACKET] = { [0] = 1, [20] = 5 };

	(void)state;
	expect("(ether[20] = 3 and ether[0] * 4 / ether[1] = 1) or (ether[20] = 4 and ether[0] * 4 / ether[1] = 2) or "
	       "(ether[20] = 6 and ether[0] * 4 / ether[1] = 3) or ether[20] = 5",
	       packet, PACKET, ACCEPTED);
}

/* The last alternative has ether[0] in common with the first, but reads further than the one between them. */
static void an_alternative_is_not_moved_before_one_that_reads_less(void **state)
{
	static const char *const between[] = {
		"ip protochain 6",
		"ether[ether[1]] = ether[ether[2]]",
		"ether[ether[1]] + ether[ether[2]] = 16",
		"ip",
	};
	static const char *const last[] = { "ether[200] = 4", "ether[4294967000] = 4" };
	static const uint8_t packet[PACKET] = { [0] = 8, [12] = 8, [13] = 0, [14] = 0x45, [23] = 6 };
	char expression[256];

	(void)state;
	for (size_t i = 0; i < sizeof(between) / sizeof(between[0]); i++) {
		for (size_t k = 0; k < sizeof(last) / sizeof(last[0]); k++) {
			snprintf(expression, sizeof(expression),
				 "(ether[0] = 8 and ether[30] = 3) or %s or (ether[0] = 8 and %s)", between[i], last[k]);
			expect(expression, packet, 60, ACCEPTED);
		}
	}
}

/* An IPv6 packet of which there is no more than the type field: whether it is a tunnel's is not to be asked first. */
static void a_tunnel_is_not_looked_for_early(void **state)
{
	static const uint8_t packet[PACKET] = { [12] = 0x86, [13] = 0xdd };

	(void)state;
	expect("((ether[0] <= 5 and (ip6 or geneve or src host 10.0.2.0)) or (dst port 1 and host 10.0.2.3))", packet, 14,
	       ACCEPTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_division_stays_behind_the_tests_before_it),
		cmocka_unit_test(an_alternative_is_not_moved_before_one_that_reads_less),
		cmocka_unit_test(a_tunnel_is_not_looked_for_early),
		cmocka_unit_test(an_operand_from_scratch_memory_leaves_the_other_one_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
