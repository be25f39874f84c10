/* packet_counter.c - statistics mode: the socket's filter counts the packets that it accepts and lets none of them into
 * the ring. Where that is not possible, user_counter.c counts. */
#include "bpf/ebpf.h"
#include "handle/engine.h"
#include "linux/frame.h"

#include <errno.h>
#include <pcap/sll.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

static const char in_kernel[] = "ebpf", in_user[] = "user";

static bool is(const char *demanded, const char *engine)
{
	return demanded && strcmp(demanded, engine) == 0;
}

_Static_assert(CST_TALLY_TAG_BYTES == CST_VLAN_TAG_BYTES, "both put the same tag back");

/* Where a jump of the prologue leads, until its end is known. */
enum { TO_REJECTION = -1, TO_PROGRAM = -2 };

#define LONGEST_PROLOGUE 20
/* Kinds of frames, sll_pkttype, that reception.c can have left out. */
#define PACKET_TYPES 8

static void find_ways(struct cst_ebpf_insn *insns, uint32_t len)
{
	const int rejection = (int)len - 2, program = (int)len;

	for (int i = 0; i < rejection; i++) {
		if (insns[i].off == TO_REJECTION)
			insns[i].off = (int16_t)(rejection - i - 1);
		else if (insns[i].off == TO_PROGRAM)
			insns[i].off = (int16_t)(program - i - 1);
	}
}

/* The prologue that rejects what cst_frame_wanted() would leave out. Its length. */
static uint32_t look_at_sender(const struct packet_source *s, struct cst_ebpf_insn insns[static LONGEST_PROLOGUE])
{
	static const uint16_t can[] = { LINUX_SLL_P_CAN, LINUX_SLL_P_CANFD, LINUX_SLL_P_CANXL };
	const uint8_t wanted = s->direction == PCAP_D_OUT ? BPF_JEQ : BPF_JNE;
	uint32_t n = 0;

	if (!s->look_at_sender)
		return 0;
	insns[n++] = EBPF_LOAD(BPF_W, BPF_REG_1, BPF_REG_6, (int16_t)offsetof(struct __sk_buff, pkt_type));
	for (int type = 0; type < PACKET_TYPES; type++)
		if (s->left_out & 1u << type)
			insns[n++] = EBPF(BPF_JMP32 | BPF_JEQ | BPF_K, BPF_REG_1, 0, TO_REJECTION, type);
	insns[n++] = EBPF(BPF_JMP32 | wanted | BPF_K, BPF_REG_1, 0, TO_PROGRAM, PACKET_OUTGOING);
	if (s->direction == PCAP_D_INOUT) {
		insns[n++] = EBPF_LOAD(BPF_W, BPF_REG_1, BPF_REG_6, (int16_t)offsetof(struct __sk_buff, ifindex));
		insns[n++] = EBPF(BPF_JMP32 | BPF_JEQ | BPF_K, BPF_REG_1, 0, TO_REJECTION, s->loopback_ifindex);
		insns[n++] = EBPF_LOAD(BPF_W, BPF_REG_1, BPF_REG_6, (int16_t)offsetof(struct __sk_buff, protocol));
		insns[n++] = EBPF_FROM_BE(BPF_REG_1, 16);
		for (size_t i = 0; i < sizeof(can) / sizeof(can[0]); i++)
			insns[n++] = EBPF(BPF_JMP32 | BPF_JEQ | BPF_K, BPF_REG_1, 0, TO_REJECTION, can[i]);
		insns[n++] = EBPF(BPF_JMP | BPF_JA, 0, 0, TO_PROGRAM, 0);
	}
	insns[n++] = EBPF_ALU32(BPF_MOV, BPF_REG_0, 0);
	insns[n++] = EBPF_EXIT;
	find_ways(insns, n);
	return n;
}

/* Filters run with the processor's bottom halves disabled, so none interrupts another; but on a real-time kernel that
 * may not keep a second one from its processor. */
static bool is_real_time(void)
{
	struct utsname system;

	return uname(&system) == 0 && strstr(system.version, "PREEMPT_RT");
}

/* Load the counting program: a descriptor, or -1 with errno. */
static int load_counting(pcap_t *p, const struct bpf_program *program)
{
	struct packet_source *s = p->source;
	struct cst_ebpf_insn prologue[LONGEST_PROLOGUE], epilogue[CST_TALLY_EPILOGUE_LEN];
	struct bpf_program copy;

	if (s->counter.tally < 0)
		s->counter.tally = cst_tally_new();
	if (s->counter.tally < 0)
		return -1;
	const struct cst_tally_rules rules = { .header_bytes = s->cooked ? cst_cooked_header_bytes(p->dlt) : 0,
					       .add_tag = s->tag_offset >= 0,
					       .tag_in_front = s->cooked,
					       .atomic = is_real_time() };
	const struct cst_ebpf_frame frame = { prologue, epilogue, look_at_sender(s, prologue),
					      cst_tally_epilogue(epilogue, s->counter.tally, &rules) };
	if (!cst_packet_filter_for_kernel(p, program, &copy)) {
		errno = EOPNOTSUPP;
		return -1;
	}
	int prog = cst_packet_load_filter(&copy, &frame), error = errno;
	pcap_freecode(&copy);
	errno = error;
	return prog;
}

static void close_map(int *map)
{
	if (*map >= 0)
		close(*map);
	*map = -1;
}

/* 0, or -1 with errno. */
static int count_in_kernel(pcap_t *p, const struct bpf_program *program)
{
	struct packet_source *s = p->source;
	int map, prog = load_counting(p, program);

	if (prog < 0)
		return -1;
	int status = cst_packet_attach_loaded(p, prog, &map), error = errno;
	close(prog);
	if (status == 0) {
		/* No packet can be under way in the filter before the one just replaced. */
		close_map(&s->counter.former_map);
		s->counter.former_map = s->filter_map;
		s->filter_map = map;
		cst_user_counter_stop(p);
	}
	errno = error;
	return status;
}

static int cannot_in_kernel(pcap_t *p)
{
	switch (errno) {
	case EPERM:
	case EACCES:
		return cst_fail(p, PCAP_ERROR, "%s: counting in the kernel needs CAP_BPF", p->device);
	case ENOSYS:
		return cst_fail(p, PCAP_ERROR, "%s: counting in the kernel needs a library that was built with libbpf",
				p->device);
	case EOPNOTSUPP:
		return cst_fail(p, PCAP_ERROR, "%s: this filter asks for what eBPF programs do not see, so that the kernel "
				"cannot count for it", p->device);
	default:
		return cst_fail_errno(p, PCAP_ERROR, "%s: counting in the kernel", p->device);
	}
}

int cst_packet_start_counting(pcap_t *p, const struct bpf_program *program, struct pollfd *watch)
{
	struct packet_source *s = p->source;
	const char *demanded = cst_engine_demanded(p, CAPSTAN_STATISTICS);
	int status = PCAP_ERROR;

	if (!p->statistics) {
		s->counter.recheck = s->ring.recheck;
		s->counter.recheck_before_ns = s->ring.recheck_before_ns;
	}
	if (!is(demanded, in_user) && (status = count_in_kernel(p, program)) < 0 && is(demanded, in_kernel))
		return cannot_in_kernel(p);
	if (status < 0 && (status = cst_user_counter_start(p, program)) < 0)
		return status;
	/* The ring may hold packets, so this socket is always readable; only its errors matter. */
	*watch = s->counter.user ? (struct pollfd){ .fd = s->counter.user->select_fd, .events = POLLIN } :
				   (struct pollfd){ .fd = s->fd };
	return 0;
}

int cst_packet_read_counts(pcap_t *p, struct cst_tally *total)
{
	struct packet_counter *c = &((struct packet_source *)p->source)->counter;
	struct cst_tally in_kernel_total = { 0 };
	int status;

	if (c->user)
		status = cst_user_counter_drain(p);
	else if ((status = cst_packet_take_error(p)) >= 0)
		status = cst_packet_nothing(p);
	/* What cannot be read now is told with the next record. */
	if (c->tally >= 0 && cst_tally_read(c->tally, &in_kernel_total) < 0)
		return cst_fail_errno(p, PCAP_ERROR, "%s: reading the kernel's counters", p->device);
	total->packets = c->in_user.packets + in_kernel_total.packets;
	total->bytes = c->in_user.bytes + in_kernel_total.bytes;
	return status;
}

void cst_packet_stop_counting(pcap_t *p, bool same_filter)
{
	struct packet_source *s = p->source;

	if (same_filter) {
		s->ring.recheck = s->counter.recheck;
		s->ring.recheck_before_ns = s->counter.recheck_before_ns;
	}
	cst_user_counter_stop(p);
	close_map(&s->counter.former_map);
}

void cst_packet_counter_close(struct packet_counter *c)
{
	close_map(&c->tally);
	close_map(&c->former_map);
	if (c->user)
		pcap_close(c->user);
}

const char *cst_packet_counting_engine(pcap_t *p)
{
	static struct bpf_insn take = { .code = BPF_RET | BPF_K, .k = CST_MAX_SNAPLEN };
	const struct packet_source *s = p->source;
	const char *demanded = cst_engine_demanded(p, CAPSTAN_STATISTICS);

	if (p->statistics)
		return s->counter.user ? in_user : in_kernel;
	if (is(demanded, in_user))
		return in_user;
	int prog = load_counting(p, p->filter.bf_insns ? &p->filter : &(struct bpf_program){ 1, &take });
	if (prog >= 0) {
		close(prog);
		return in_kernel;
	}
	if (!demanded)
		return in_user;
	cannot_in_kernel(p);
	return NULL;
}
