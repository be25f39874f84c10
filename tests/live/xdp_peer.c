/* xdp_peer.c - an XDP program that counts numbered frames. */
#include "xdp_peer.h"

#include "capture.h"

#include "bpf/ebpf.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#define MOST_CALLS 4000

static void refused(const char *what)
{
	if (errno == EPERM || errno == EACCES || errno == ENOSYS) {
		print_message("skipped: the kernel refuses %s: %s\n", what, strerror(errno));
		skip();
	}
	fail_msg("%s: %s", what, strerror(errno));
}

static int load(int map, bool go_on, unsigned int calls)
{
	static struct cst_ebpf_insn insns[MOST_CALLS + 64];
	uint32_t n = 0;
	char log[8192];
	LIBBPF_OPTS(bpf_prog_load_opts, options, .log_buf = log, .log_size = sizeof(log));

	assert_true(calls <= MOST_CALLS);
#define PUT(...) insns[n++] = __VA_ARGS__
#define ADD(member, reg)                                                                                    \
	PUT(EBPF_LOAD(BPF_DW, BPF_REG_1, BPF_REG_7, offsetof(struct xdp_peer_sight, member)));              \
	PUT(EBPF_ALU64_REG(BPF_ADD, BPF_REG_1, reg));                                                       \
	PUT(EBPF_STORE(BPF_DW, BPF_REG_7, offsetof(struct xdp_peer_sight, member), BPF_REG_1))
	PUT(EBPF_ALU64_REG(BPF_MOV, BPF_REG_6, BPF_REG_1));
	PUT(EBPF(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_7, BPF_PSEUDO_MAP_VALUE, 0, map));
	PUT(EBPF(0, 0, 0, 0, 0));
	for (unsigned int i = 0; i < calls; i++)
		PUT(EBPF_CALL(BPF_FUNC_ktime_get_ns));
	PUT(EBPF_LOAD(BPF_W, BPF_REG_8, BPF_REG_6, offsetof(struct xdp_md, data)));
	PUT(EBPF_LOAD(BPF_W, BPF_REG_9, BPF_REG_6, offsetof(struct xdp_md, data_end)));
	PUT(EBPF_ALU64(BPF_MOV, BPF_REG_2, 1));
	ADD(frames, BPF_REG_2);
	PUT(EBPF_ALU64_REG(BPF_MOV, BPF_REG_3, BPF_REG_9));
	PUT(EBPF_ALU64_REG(BPF_SUB, BPF_REG_3, BPF_REG_8));
	ADD(bytes, BPF_REG_3);
	PUT(EBPF_ALU64_REG(BPF_MOV, BPF_REG_4, BPF_REG_8));
	PUT(EBPF_ALU64(BPF_ADD, BPF_REG_4, NETLAB_NUMBER_AT + 4));
	const uint32_t too_short = n;
	PUT(EBPF(BPF_JMP | BPF_JGT | BPF_X, BPF_REG_4, BPF_REG_9, 0, 0));
	PUT(EBPF_LOAD(BPF_W, BPF_REG_5, BPF_REG_8, NETLAB_NUMBER_AT));
	PUT(EBPF_FROM_BE(BPF_REG_5, 32));
	PUT(EBPF_LOAD(BPF_DW, BPF_REG_1, BPF_REG_7, offsetof(struct xdp_peer_sight, expected)));
	PUT(EBPF(BPF_JMP | BPF_JEQ | BPF_X, BPF_REG_5, BPF_REG_1, 3, 0));
	ADD(misplaced, BPF_REG_2);
	PUT(EBPF_ALU64(BPF_ADD, BPF_REG_5, 1));
	PUT(EBPF_STORE(BPF_DW, BPF_REG_7, offsetof(struct xdp_peer_sight, expected), BPF_REG_5));
	insns[too_short].off = (int16_t)(n - too_short - 1);
	PUT(EBPF_ALU32(BPF_MOV, BPF_REG_0, go_on ? XDP_PASS : XDP_DROP));
	PUT(EBPF_EXIT);
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "peer", "GPL", (const struct bpf_insn *)(const void *)insns, n,
			       &options);
	if (fd < 0 && errno == EINVAL)
		fail_msg("the verifier: %s", log);
	return fd;
}

struct xdp_peer xdp_peer_start(const char *device, bool go_on, unsigned int calls)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
	struct xdp_peer peer = { .map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "peer", 4, sizeof(struct xdp_peer_sight), 1,
						       &options) };

	if (peer.map < 0)
		refused("an eBPF map");
	void *memory = mmap(NULL, sizeof(struct xdp_peer_sight), PROT_READ | PROT_WRITE, MAP_SHARED, peer.map, 0);
	if (memory == MAP_FAILED)
		refused("mapping an eBPF map");
	peer.sight = memory;
	int program = load(peer.map, go_on, calls);
	if (program < 0)
		refused("an XDP program");
	peer.link = bpf_link_create(program, (int)if_nametoindex(device), BPF_XDP, NULL);
	if (peer.link < 0)
		refused("attaching an XDP program");
	close(program);
	return peer;
}

void xdp_peer_stop(struct xdp_peer *peer)
{
	close(peer->link);
	close(peer->map);
	munmap((void *)(uintptr_t)peer->sight, sizeof(struct xdp_peer_sight));
}

void xdp_peer_settle(const struct xdp_peer *peer)
{
	uint64_t before;

	do {
		before = peer->sight->frames;
		netlab_sleep_ms(50);
	} while (peer->sight->frames != before);
}
