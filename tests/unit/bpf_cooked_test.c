/* bpf_cooked_test.c - programs for cooked frames, rewritten for a socket on which the header does not exist. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "bpf/cooked.h"
#include "bpf/interpret.h"

#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <pcap/dlt.h>
#include <string.h>

#define COUNT(array)	 (sizeof(array) / sizeof((array)[0]))
#define ANCILLARY(field) ((uint32_t)(SKF_AD_OFF + (field)))
#define LD(size, k)	 BPF_STMT(BPF_LD | (size) | BPF_ABS, k)

struct rewrite {
	struct bpf_insn from, to;
};

static void check_rewrites(int dlt, const struct rewrite *rewrites, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct bpf_insn insns[] = { rewrites[i].from, BPF_STMT(BPF_RET | BPF_A, 0) };
		struct bpf_program program = { COUNT(insns), insns };

		if (!cst_bpf_for_cooked(&program, dlt))
			fail_msg("row %zu: refused", i);
		if (memcmp(&insns[0], &rewrites[i].to, sizeof(insns[0])) != 0)
			fail_msg("row %zu: code 0x%x k 0x%x", i, insns[0].code, insns[0].k);
	}
}

static void check_refusals(int dlt, const struct bpf_insn *refused, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		/* In front of it stands a load that can be rewritten: it has to be found as it was. */
		struct bpf_insn insns[] = { LD(BPF_W, 40), refused[i], BPF_STMT(BPF_RET | BPF_A, 0) };
		struct bpf_program program = { COUNT(insns), insns };

		if (cst_bpf_for_cooked(&program, dlt))
			fail_msg("row %zu (code 0x%x k 0x%x): rewritten", i, refused[i].code, refused[i].k);
		assert_int_equal(insns[0].k, 40);
		assert_memory_equal(&insns[1], &refused[i], sizeof(insns[1]));
	}
}

static void sll_fields_become_ancillary_loads(void **state)
{
	static const struct rewrite rewrites[] = {
		{ LD(BPF_H, 0), LD(BPF_H, ANCILLARY(SKF_AD_PKTTYPE)) },
		{ LD(BPF_B, 1), LD(BPF_B, ANCILLARY(SKF_AD_PKTTYPE)) },
		{ LD(BPF_H, 2), LD(BPF_H, ANCILLARY(SKF_AD_HATYPE)) },
		{ LD(BPF_H, 14), LD(BPF_H, ANCILLARY(SKF_AD_PROTOCOL)) },
	};

	(void)state;
	check_rewrites(DLT_LINUX_SLL, rewrites, COUNT(rewrites));
}

static void sll2_fields_become_ancillary_loads(void **state)
{
	static const struct rewrite rewrites[] = {
		{ LD(BPF_H, 0), LD(BPF_H, ANCILLARY(SKF_AD_PROTOCOL)) },
		{ LD(BPF_W, 4), LD(BPF_W, ANCILLARY(SKF_AD_IFINDEX)) },
		{ LD(BPF_H, 8), LD(BPF_H, ANCILLARY(SKF_AD_HATYPE)) },
		{ LD(BPF_B, 10), LD(BPF_B, ANCILLARY(SKF_AD_PKTTYPE)) },
	};

	(void)state;
	check_rewrites(DLT_LINUX_SLL2, rewrites, COUNT(rewrites));
}

static void loads_beyond_the_header_move_down(void **state)
{
	static const struct rewrite sll[] = {
		{ LD(BPF_W, 16), LD(BPF_W, 0) },
		{ LD(BPF_B, 25), LD(BPF_B, 9) },
		{ LD(BPF_H, 0x7fffffff), LD(BPF_H, 0x7fffffef) },
		{ BPF_STMT(BPF_LD | BPF_H | BPF_IND, 18), BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2) },
		{ BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 16), BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0) },
	};
	static const struct rewrite sll2[] = {
		{ LD(BPF_W, 20), LD(BPF_W, 0) },
		{ BPF_STMT(BPF_LD | BPF_W | BPF_IND, 20), BPF_STMT(BPF_LD | BPF_W | BPF_IND, 0) },
		{ BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 21), BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 1) },
	};

	(void)state;
	check_rewrites(DLT_LINUX_SLL, sll, COUNT(sll));
	check_rewrites(DLT_LINUX_SLL2, sll2, COUNT(sll2));
}

static void what_does_not_touch_the_packet_stays(void **state)
{
	static const struct bpf_insn same[] = {
		BPF_STMT(BPF_LD | BPF_IMM, 2), BPF_STMT(BPF_LDX | BPF_MEM, 2),
		BPF_STMT(BPF_ST, 2),	       BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 20),
		BPF_STMT(BPF_RET | BPF_K, 20), LD(BPF_B, ANCILLARY(SKF_AD_VLAN_TAG_PRESENT)),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(same); i++) {
		const struct rewrite row = { same[i], same[i] };

		check_rewrites(DLT_LINUX_SLL, &row, 1);
	}
}

static void what_the_kernel_cannot_answer_is_refused(void **state)
{
	static const struct bpf_insn sll[] = {
		LD(BPF_W, 0),  /* packet type and ARPHRD type at once */
		LD(BPF_B, 3),  /* half of the ARPHRD type */
		LD(BPF_H, 4),  /* address length */
		LD(BPF_W, 6),  /* sender's address */
		LD(BPF_W, 14), /* protocol and the first bytes behind the header */
		LD(BPF_B, 15),
		BPF_STMT(BPF_LD | BPF_B | BPF_IND, 15),
		BPF_STMT(BPF_LD | BPF_W | BPF_IND, 0x80000000),
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 6),
		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
		BPF_STMT(BPF_LDX | BPF_W | BPF_LEN, 0),
		LD(BPF_W, (uint32_t)SKF_NET_OFF),
		LD(BPF_W, (uint32_t)SKF_LL_OFF),
		LD(BPF_W, 0xffffffff),
	};
	static const struct bpf_insn sll2[] = {
		LD(BPF_H, 4),  LD(BPF_H, 6),  /* halves of the interface index */
		LD(BPF_B, 11), LD(BPF_W, 12), /* address length, address */
		LD(BPF_H, 10), LD(BPF_H, 19), BPF_STMT(BPF_LD | BPF_B | BPF_IND, 19),
	};

	(void)state;
	check_refusals(DLT_LINUX_SLL, sll, COUNT(sll));
	check_refusals(DLT_LINUX_SLL2, sll2, COUNT(sll2));
}

static void only_cooked_link_types_are_taken(void **state)
{
	struct bpf_insn insns[] = { LD(BPF_W, 40), BPF_STMT(BPF_RET | BPF_A, 0) };
	struct bpf_program program = { COUNT(insns), insns };

	(void)state;
	assert_false(cst_bpf_for_cooked(&program, DLT_EN10MB));
	assert_int_equal(insns[0].k, 40);
}

/* The same frame in both views, the cooked one and the kernel's, gets the same verdict: `outbound and udp port 53`. */
static void verdicts_agree_between_both_views(void **state)
{
	static const struct bpf_insn filter[] = {
		LD(BPF_H, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 8),
		LD(BPF_H, 14),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 6),
		LD(BPF_B, 16 + 9),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 17, 0, 4),
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 16),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 16 + 2),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 53, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 65535),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct bpf_insn rewritten[COUNT(filter)];
	struct bpf_program program = { COUNT(rewritten), rewritten };
	uint8_t cooked[16 + 24 + 8] = { 0 };
	unsigned int accepted = 0;

	(void)state;
	memcpy(rewritten, filter, sizeof(filter));
	assert_true(cst_bpf_for_cooked(&program, DLT_LINUX_SLL));
	cooked[16] = 0x46; /* an IPv4 header of 24 bytes */
	cst_put16be(cooked + 2, ARPHRD_ETHER);

	for (unsigned int variant = 0; variant < 16; variant++) {
		const uint16_t type = variant & 1 ? PACKET_OUTGOING : PACKET_HOST;
		const uint16_t protocol = variant & 2 ? ETH_P_IP : ETH_P_802_2;
		struct cst_bpf_meta meta;

		cst_put16be(cooked, type);
		cst_put16be(cooked + 14, protocol);
		cooked[16 + 9] = variant & 4 ? 17 : 6;
		cst_put16be(cooked + 16 + 24 + 2, variant & 8 ? 53 : 80);
		cst_bpf_meta_clear(&meta);
		cst_bpf_meta_set(&meta, SKF_AD_PKTTYPE, type);
		cst_bpf_meta_set(&meta, SKF_AD_PROTOCOL, protocol);

		uint32_t in_user_space = cst_bpf_run(filter, cooked, sizeof(cooked), sizeof(cooked), NULL);
		uint32_t in_kernel =
			cst_bpf_run(rewritten, cooked + 16, sizeof(cooked) - 16, sizeof(cooked) - 16, &meta);

		assert_int_equal(in_kernel, in_user_space);
		accepted += in_kernel != 0;
	}
	assert_int_equal(accepted, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sll_fields_become_ancillary_loads),
		cmocka_unit_test(sll2_fields_become_ancillary_loads),
		cmocka_unit_test(loads_beyond_the_header_move_down),
		cmocka_unit_test(what_does_not_touch_the_packet_stays),
		cmocka_unit_test(what_the_kernel_cannot_answer_is_refused),
		cmocka_unit_test(only_cooked_link_types_are_taken),
		cmocka_unit_test(verdicts_agree_between_both_views),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
