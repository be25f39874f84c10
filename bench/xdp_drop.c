/* xdp_drop.c - a receiver that takes no time: an XDP program of two instructions. */
#include "xdp_drop.h"

#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int drop_at(const char *device)
{
	const struct bpf_insn insns[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_DROP },
					  { .code = BPF_JMP | BPF_EXIT } };
	union bpf_attr program = { .prog_type = BPF_PROG_TYPE_XDP,
				   .insns = (uint64_t)(uintptr_t)insns,
				   .insn_cnt = 2,
				   .license = (uint64_t)(uintptr_t)"" };
	union bpf_attr link = { .link_create.attach_type = BPF_XDP, .link_create.flags = XDP_FLAGS_DRV_MODE };
	int program_fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &program, sizeof(program));

	link.link_create.prog_fd = (uint32_t)program_fd;
	link.link_create.target_ifindex = if_nametoindex(device);
	int fd = program_fd < 0 ? -1 : (int)syscall(SYS_bpf, BPF_LINK_CREATE, &link, sizeof(link));
	if (fd < 0) {
		perror("an XDP program that drops");
		exit(2);
	}
	close(program_fd);
	return fd;
}
