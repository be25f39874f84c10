/* xdp_program.c - the eBPF programs of XDP live frames: one that sends, two that learn what became of the frames.
 *
 * How the count is exact, and the order kept. The kernel runs the sender for a bulk of frames with soft interrupts off,
 * then gives the bulk to the driver, which takes all of it or a beginning. The tracepoint at that very place notes how
 * many; if not all, it tells the sender to stop, so that nothing overtakes the frames which were refused.
 *
 * Other XDP programs meet the same tracepoints. Theirs are told from ours by this: while frames of ours are under way
 * on a processor, soft interrupts are off there, and nobody else's can be. */
#include "linux/xdp_live.h"

#include <linux/if_ether.h>
#include <stddef.h>

#define VLAN_TAG_BYTES 4

enum label { LEAVE, UNFIT, NO_RESIZE, ALL_TAKEN, LABELS };

struct assembly {
	struct cst_xdp_program *program;
	uint32_t labels[LABELS];
	struct {
		uint32_t at;
		enum label to;
	} jumps[16];
	uint32_t jump_count;
};

static void put(struct assembly *a, struct cst_ebpf_insn insn)
{
	a->program->insns[a->program->len++] = insn;
}

static void bind(struct assembly *a, enum label label)
{
	a->labels[label] = a->program->len;
}

static void jump(struct assembly *a, struct cst_ebpf_insn insn, enum label to)
{
	a->jumps[a->jump_count].at = a->program->len;
	a->jumps[a->jump_count++].to = to;
	put(a, insn);
}

static void finish(struct assembly *a)
{
	for (uint32_t i = 0; i < a->jump_count; i++) {
		const uint32_t at = a->jumps[i].at;
		a->program->insns[at].off = (int16_t)(a->labels[a->jumps[i].to] - at - 1);
	}
}

#define SHARED(member)	     ((int16_t)offsetof(struct cst_xdp_shared, member))
#define JUMP_IF(op, reg, imm)	    EBPF(BPF_JMP | (op) | BPF_K, reg, 0, 0, imm)
#define JUMP_IF_REG(op, reg, other) EBPF(BPF_JMP | (op) | BPF_X, reg, other, 0, 0)

/* The address of a map's one value. */
static void put_value_of(struct assembly *a, uint8_t reg, int map)
{
	put(a, EBPF(BPF_LD | BPF_DW | BPF_IMM, reg, BPF_PSEUDO_MAP_VALUE, 0, map));
	put(a, EBPF(0, 0, 0, 0, 0)); /* the upper half: the offset in the value */
}

static void put_add(struct assembly *a, int16_t member, uint8_t amount, uint8_t scratch)
{
	put(a, EBPF_LOAD(BPF_DW, scratch, BPF_REG_7, member));
	put(a, EBPF_ALU64_REG(BPF_ADD, scratch, amount));
	put(a, EBPF_STORE(BPF_DW, BPF_REG_7, member, scratch));
}

/* R6: the context; R7: what is shared; R8: the frame in the arena; R9: its length. */
void cst_xdp_program_sender(struct cst_xdp_program *program, int shared, int arena, unsigned int ifindex)
{
	struct assembly a = { .program = program };

	program->len = 0;
	put(&a, EBPF_ALU64_REG(BPF_MOV, BPF_REG_6, BPF_REG_1));
	put_value_of(&a, BPF_REG_7, shared);
	put(&a, EBPF_LOAD(BPF_W, BPF_REG_1, BPF_REG_7, SHARED(stop)));
	jump(&a, JUMP_IF(BPF_JNE, BPF_REG_1, CST_XDP_GOES_ON), LEAVE);
	put(&a, EBPF_LOAD(BPF_W, BPF_REG_2, BPF_REG_7, SHARED(next)));
	put(&a, EBPF_LOAD(BPF_W, BPF_REG_3, BPF_REG_7, SHARED(end)));
	jump(&a, JUMP_IF_REG(BPF_JGE, BPF_REG_2, BPF_REG_3), LEAVE);
	put(&a, EBPF_ALU32(BPF_AND, BPF_REG_2, CST_XDP_ARENA - 1));
	put_value_of(&a, BPF_REG_8, arena);
	put(&a, EBPF_ALU64_REG(BPF_ADD, BPF_REG_8, BPF_REG_2));
	put(&a, EBPF_LOAD(BPF_W, BPF_REG_9, BPF_REG_8, 0));
	jump(&a, JUMP_IF(BPF_JGT, BPF_REG_9, CST_XDP_LONGEST), UNFIT);
	jump(&a, JUMP_IF(BPF_JLT, BPF_REG_9, CST_XDP_SHORTEST), UNFIT);

	put(&a, EBPF_ALU64_REG(BPF_MOV, BPF_REG_3, BPF_REG_9));
	put(&a, EBPF_ALU64(BPF_ADD, BPF_REG_3, CST_XDP_FRAME_HEAD + 7));
	put(&a, EBPF_ALU64(BPF_AND, BPF_REG_3, -8));
	put(&a, EBPF_ALU64_REG(BPF_ADD, BPF_REG_2, BPF_REG_3));
	put(&a, EBPF_STORE(BPF_W, BPF_REG_7, SHARED(next), BPF_REG_2));

	/* The kernel hands over frames of one size. */
	put(&a, EBPF_LOAD(BPF_W, BPF_REG_1, BPF_REG_6, offsetof(struct xdp_md, data_end)));
	put(&a, EBPF_LOAD(BPF_W, BPF_REG_2, BPF_REG_6, offsetof(struct xdp_md, data)));
	put(&a, EBPF_ALU64_REG(BPF_SUB, BPF_REG_1, BPF_REG_2));
	put(&a, EBPF_ALU64_REG(BPF_MOV, BPF_REG_2, BPF_REG_9));
	put(&a, EBPF_ALU64_REG(BPF_SUB, BPF_REG_2, BPF_REG_1));
	jump(&a, JUMP_IF(BPF_JEQ, BPF_REG_2, 0), NO_RESIZE);
	put(&a, EBPF_ALU64_REG(BPF_MOV, BPF_REG_1, BPF_REG_6));
	put(&a, EBPF_CALL(BPF_FUNC_xdp_adjust_tail));
	jump(&a, JUMP_IF(BPF_JNE, BPF_REG_0, 0), UNFIT);
	bind(&a, NO_RESIZE);
	put(&a, EBPF_ALU64_REG(BPF_MOV, BPF_REG_1, BPF_REG_6));
	put(&a, EBPF_ALU32(BPF_MOV, BPF_REG_2, 0));
	put(&a, EBPF_ALU64_REG(BPF_MOV, BPF_REG_3, BPF_REG_8));
	put(&a, EBPF_ALU64(BPF_ADD, BPF_REG_3, CST_XDP_FRAME_HEAD));
	put(&a, EBPF_ALU64_REG(BPF_MOV, BPF_REG_4, BPF_REG_9));
	put(&a, EBPF_CALL(BPF_FUNC_xdp_store_bytes));
	jump(&a, JUMP_IF(BPF_JNE, BPF_REG_0, 0), UNFIT);

	put(&a, EBPF_CALL(BPF_FUNC_get_smp_processor_id));
	put(&a, EBPF_STORE(BPF_W, BPF_REG_7, SHARED(cpu), BPF_REG_0));
	put(&a, EBPF_ALU64(BPF_MOV, BPF_REG_2, 1));
	put_add(&a, SHARED(taken), BPF_REG_2, BPF_REG_1);
	if (ifindex) {
		put(&a, EBPF_ALU32(BPF_MOV, BPF_REG_1, ifindex));
		put(&a, EBPF_ALU32(BPF_MOV, BPF_REG_2, 0));
		put(&a, EBPF_CALL(BPF_FUNC_redirect));
	} else {
		put(&a, EBPF_ALU32(BPF_MOV, BPF_REG_0, XDP_PASS));
	}
	put(&a, EBPF_EXIT);

	bind(&a, UNFIT);
	put(&a, EBPF_STORE_IMM(BPF_W, BPF_REG_7, SHARED(stop), CST_XDP_UNFIT));
	bind(&a, LEAVE);
	put(&a, EBPF_ALU32(BPF_MOV, BPF_REG_0, XDP_DROP));
	put(&a, EBPF_EXIT);
	finish(&a);
}

/* Begin a tracepoint's program, which goes on where frames of ours are under way, here. R6: its context. */
static void begin_tracepoint(struct assembly *a, int shared)
{
	put_value_of(a, BPF_REG_7, shared);
	put(a, EBPF_ALU64_REG(BPF_MOV, BPF_REG_6, BPF_REG_1));
	put(a, EBPF_LOAD(BPF_DW, BPF_REG_1, BPF_REG_7, SHARED(taken)));
	put(a, EBPF_LOAD(BPF_DW, BPF_REG_2, BPF_REG_7, SHARED(settled)));
	jump(a, JUMP_IF_REG(BPF_JEQ, BPF_REG_1, BPF_REG_2), LEAVE);
	put(a, EBPF_CALL(BPF_FUNC_get_smp_processor_id));
	put(a, EBPF_LOAD(BPF_W, BPF_REG_1, BPF_REG_7, SHARED(cpu)));
	jump(a, JUMP_IF_REG(BPF_JNE, BPF_REG_0, BPF_REG_1), LEAVE);
}

/* An argument of the tracepoint that is an int, which the kernel passes without its sign. */
static void put_argument(struct assembly *a, uint8_t reg, int number)
{
	put(a, EBPF_LOAD(BPF_DW, reg, BPF_REG_6, (int16_t)(number * (int)sizeof(uint64_t))));
	put(a, EBPF_ALU32_REG(BPF_MOV, reg, reg));
}

static void end_tracepoint(struct assembly *a)
{
	bind(a, LEAVE);
	put(a, EBPF_ALU32(BPF_MOV, BPF_REG_0, 0));
	put(a, EBPF_EXIT);
	finish(a);
}

/* Arguments: device it came from, device it goes to, sent, drops, error. */
void cst_xdp_program_bulk(struct cst_xdp_program *program, int shared)
{
	struct assembly a = { .program = program };

	program->len = 0;
	begin_tracepoint(&a, shared);
	put_argument(&a, BPF_REG_3, 2);
	put_argument(&a, BPF_REG_4, 3);
	put_add(&a, SHARED(sent), BPF_REG_3, BPF_REG_1);
	put_add(&a, SHARED(settled), BPF_REG_3, BPF_REG_1);
	put_add(&a, SHARED(settled), BPF_REG_4, BPF_REG_1);
	jump(&a, JUMP_IF(BPF_JEQ, BPF_REG_4, 0), ALL_TAKEN);
	put_argument(&a, BPF_REG_5, 4);
	put(&a, EBPF_STORE(BPF_W, BPF_REG_7, SHARED(error), BPF_REG_5));
	put(&a, EBPF_STORE_IMM(BPF_W, BPF_REG_7, SHARED(stop), CST_XDP_REFUSED));
	bind(&a, ALL_TAKEN);
	end_tracepoint(&a);
}

/* Arguments: device it came from, the XDP program, target, error, and more that does not matter. */
void cst_xdp_program_error(struct cst_xdp_program *program, int shared)
{
	struct assembly a = { .program = program };

	program->len = 0;
	begin_tracepoint(&a, shared);
	put(&a, EBPF_ALU64(BPF_MOV, BPF_REG_3, 1));
	put_add(&a, SHARED(settled), BPF_REG_3, BPF_REG_1);
	put_argument(&a, BPF_REG_5, 3);
	put(&a, EBPF_STORE(BPF_W, BPF_REG_7, SHARED(error), BPF_REG_5));
	put(&a, EBPF_STORE_IMM(BPF_W, BPF_REG_7, SHARED(stop), CST_XDP_FAILED));
	end_tracepoint(&a);
}

bool cst_xdp_fits(const struct cst_frame *frame, uint32_t mtu)
{
	const uint32_t most = mtu + ETH_HLEN;
	const uint8_t *type = frame->data + 2 * ETH_ALEN;

	if (frame->bytes < CST_XDP_SHORTEST || frame->bytes > CST_XDP_LONGEST)
		return false;
	return frame->bytes <= most ||
	       (frame->bytes <= most + VLAN_TAG_BYTES && (type[0] << 8 | type[1]) == ETH_P_8021Q);
}
