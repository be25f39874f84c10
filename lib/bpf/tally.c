/* tally.c - packets and bytes counted by an eBPF program: a per-CPU array of one element, through libbpf. */
#include "bpf/tally.h"

#include "bpf/translate.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <stddef.h>
#include <stdlib.h>

/* What a processor counts. The program writes from the end to the beginning, and the kernel copies for the reader from the
 * beginning to the end: so if `ended` is equal to `begun` in a copy, no packet was counted halfway when it was made. (A
 * processor that reorders its memory accesses may make an exception. It comes right with the next copy.) */
struct share {
	uint64_t ended, bytes, begun;
};

int cst_tally_new(void)
{
	return bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "capstan", sizeof(uint32_t), sizeof(struct share), 1, NULL);
}

/* False: some processor was in the middle of a packet. */
static bool sum_up(const struct share *shares, int count, struct cst_tally *sum)
{
	bool whole = true;

	*sum = (struct cst_tally){ 0 };
	for (int i = 0; i < count; i++) {
		sum->packets += shares[i].ended;
		sum->bytes += shares[i].bytes;
		whole &= shares[i].ended == shares[i].begun;
	}
	return whole;
}

int cst_tally_read(int tally, struct cst_tally *sum)
{
	const int count = libbpf_num_possible_cpus();
	struct share *shares = count > 0 ? calloc((size_t)count, sizeof(*shares)) : NULL;
	const uint32_t first = 0;
	int status;

	if (!shares) {
		errno = count > 0 ? ENOMEM : -count;
		return -1;
	}
	/* A virtual processor may be stopped in mid-packet for long; then that packet's bytes are a little early. */
	for (int tries = 0; tries < 100; tries++) {
		status = bpf_map_lookup_elem(tally, &first, shares);
		if (status < 0 || sum_up(shares, count, sum))
			break;
	}
	int error = errno;
	free(shares);
	errno = error;
	return status < 0 ? -1 : 0;
}

#define KEY_AT (-CST_EBPF_STACK - (int)sizeof(uint32_t)) /* below what the translated program uses of the stack */

struct writer {
	struct cst_ebpf_insn *insns;
	uint32_t len;
	bool atomic;
};

static void emit(struct writer *w, struct cst_ebpf_insn in)
{
	w->insns[w->len++] = in;
}

/* Add register `amount` to the counter at offset `at` of the share that R0 points to. */
static void emit_add(struct writer *w, size_t at, uint8_t amount)
{
	if (w->atomic) {
		emit(w, EBPF(BPF_STX | BPF_DW | BPF_ATOMIC, BPF_REG_0, amount, (int16_t)at, BPF_ADD));
		return;
	}
	emit(w, EBPF_LOAD(BPF_DW, BPF_REG_3, BPF_REG_0, (int16_t)at));
	emit(w, EBPF_ALU64_REG(BPF_ADD, BPF_REG_3, amount));
	emit(w, EBPF_STORE(BPF_DW, BPF_REG_0, (int16_t)at, BPF_REG_3));
}

/* R1 grows by the bytes of a tag that the packet does not have in it any more. */
static void emit_add_tag(struct writer *w, bool in_front)
{
	emit(w, EBPF_LOAD(BPF_W, BPF_REG_2, BPF_REG_6, (int16_t)offsetof(struct __sk_buff, vlan_present)));
	if (in_front) {
		emit(w, EBPF(BPF_JMP32 | BPF_JNE | BPF_K, BPF_REG_2, 0, 3, 0));
		emit(w, EBPF_LOAD(BPF_W, BPF_REG_2, BPF_REG_6, (int16_t)offsetof(struct __sk_buff, protocol)));
		emit(w, EBPF(BPF_JMP32 | BPF_JEQ | BPF_K, BPF_REG_2, 0, 1, htons(ETH_P_8021Q)));
		emit(w, EBPF(BPF_JMP32 | BPF_JNE | BPF_K, BPF_REG_2, 0, 1, htons(ETH_P_8021AD)));
	} else {
		emit(w, EBPF(BPF_JMP32 | BPF_JEQ | BPF_K, BPF_REG_2, 0, 1, 0));
	}
	emit(w, EBPF_ALU64(BPF_ADD, BPF_REG_1, CST_TALLY_TAG_BYTES));
}

uint32_t cst_tally_epilogue(struct cst_ebpf_insn insns[static CST_TALLY_EPILOGUE_LEN], int tally,
			    const struct cst_tally_rules *rules)
{
	struct writer w = { .insns = insns, .atomic = rules->atomic };

	emit(&w, EBPF(BPF_JMP32 | BPF_JNE | BPF_K, BPF_REG_0, 0, 1, 0));
	emit(&w, EBPF_EXIT);
	emit(&w, EBPF_STORE_IMM(BPF_W, BPF_REG_10, KEY_AT, 0));
	emit(&w, EBPF_ALU64_REG(BPF_MOV, BPF_REG_2, BPF_REG_10));
	emit(&w, EBPF_ALU64(BPF_ADD, BPF_REG_2, KEY_AT));
	emit(&w, EBPF(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, tally));
	emit(&w, EBPF(0, 0, 0, 0, 0)); /* the upper half of that load */
	emit(&w, EBPF_CALL(BPF_FUNC_map_lookup_elem));
	emit(&w, EBPF(BPF_JMP | BPF_JNE | BPF_K, BPF_REG_0, 0, 1, 0)); /* the verifier insists */
	emit(&w, EBPF_EXIT);
	emit(&w, EBPF_LOAD(BPF_W, BPF_REG_1, BPF_REG_6, (int16_t)offsetof(struct __sk_buff, len)));
	if (rules->header_bytes)
		emit(&w, EBPF_ALU64(BPF_ADD, BPF_REG_1, rules->header_bytes));
	if (rules->add_tag)
		emit_add_tag(&w, rules->tag_in_front);
	emit(&w, EBPF_ALU64(BPF_MOV, BPF_REG_2, 1));
	emit_add(&w, offsetof(struct share, begun), BPF_REG_2);
	emit_add(&w, offsetof(struct share, bytes), BPF_REG_1);
	emit_add(&w, offsetof(struct share, ended), BPF_REG_2);
	emit(&w, EBPF_ALU32(BPF_MOV, BPF_REG_0, 0));
	emit(&w, EBPF_EXIT);
	return w.len;
}
