/* kernel_filter.c - filters in the kernel, so that what nobody wants is never copied: as the classic programs that they
 * are, or, where that is too long for it, as eBPF. */
#include "base/clock.h"
#include "bpf/cooked.h"
#include "bpf/load.h"
#include "bpf/program.h"
#include "linux/frame.h"

#include <errno.h>
#include <linux/filter.h>
#include <sys/socket.h>
#include <unistd.h>

/* sock_fprog and bpf_program hold the same instructions under two names. */
_Static_assert(sizeof(struct sock_filter) == sizeof(struct bpf_insn), "classic BPF instructions are 8 bytes");

/* SO_ATTACH_FILTER replaces the filter at one stroke: no packet meets neither. */
static int attach(int fd, const struct bpf_program *program)
{
	struct sock_fprog fprog = { .len = (unsigned short)program->bf_len,
				    .filter = (struct sock_filter *)(void *)program->bf_insns };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &fprog, sizeof(fprog));
}

/* How many bytes the kernel has to keep of a packet. Never 0: that would be a verdict. */
static uint32_t kernel_snaplen(const pcap_t *p)
{
	const struct packet_source *s = p->source;
	uint32_t header = s->cooked ? cst_cooked_header_bytes(p->dlt) : 0;

	return (uint32_t)p->snaplen > header ? (uint32_t)p->snaplen - header : 1;
}

int cst_packet_limit_snaplen(pcap_t *p)
{
	const struct packet_source *s = p->source;
	struct bpf_insn keep = { .code = BPF_RET | BPF_K, .k = kernel_snaplen(p) };
	const struct bpf_program program = { .bf_len = 1, .bf_insns = &keep };

	if (attach(s->fd, &program) < 0)
		return cst_fail_errno(p, PCAP_ERROR, "%s: attaching the filter that keeps %d bytes of each packet",
				      p->device, p->snaplen);
	return 0;
}

bool cst_packet_filter_for_kernel(const pcap_t *p, const struct bpf_program *program, struct bpf_program *copy)
{
	const struct packet_source *s = p->source;

	if (cst_bpf_copy(copy, program) < 0)
		return false;
	if (s->cooked && !cst_bpf_for_cooked(copy, p->dlt)) {
		pcap_freecode(copy);
		return false;
	}
	cst_bpf_clip_returns(copy, kernel_snaplen(p));
	return true;
}

int cst_packet_load_filter(const struct bpf_program *copy, const struct cst_ebpf_frame *frame)
{
	struct cst_ebpf_code code;

	if (!cst_ebpf_translate(copy, CST_EBPF_SOCKET_FILTER, frame, &code)) {
		errno = EOPNOTSUPP;
		return -1;
	}
	int prog = cst_ebpf_load(CST_EBPF_SOCKET_FILTER, &code, NULL, 0), error = errno;
	cst_ebpf_free(&code);
	errno = error;
	return prog;
}

int cst_packet_attach_loaded(pcap_t *p, int prog, int *map)
{
	const struct packet_source *s = p->source;
	int status = setsockopt(s->fd, SOL_SOCKET, SO_ATTACH_BPF, &prog, sizeof(prog));

	*map = -1;
	if (status == 0 || errno != ENOMEM)
		return status;
	/* Too long to be charged to the socket. When this filter goes, a packet may be on its way between the
	 * two programs, and has to be let through: user space asks the next filter about it. */
	int detour = cst_ebpf_load_detour(CST_EBPF_SOCKET_FILTER, prog, kernel_snaplen(p), map);
	if (detour < 0)
		return -1;
	status = setsockopt(s->fd, SOL_SOCKET, SO_ATTACH_BPF, &detour, sizeof(detour));
	int error = errno;
	close(detour);
	if (status < 0) {
		close(*map);
		*map = -1;
	}
	errno = error;
	return status;
}

/* Replaces a classic filter just as well. Fails where the process may not load eBPF. */
static int attach_translated(pcap_t *p, const struct bpf_program *copy, int *map)
{
	int prog = cst_packet_load_filter(copy, NULL);

	if (prog < 0)
		return -1;
	int status = cst_packet_attach_loaded(p, prog, map);
	close(prog); /* the socket and the map keep theirs */
	return status;
}

static bool attach_for_kernel(pcap_t *p, const struct bpf_program *program, int *map)
{
	const struct packet_source *s = p->source;
	struct bpf_program copy;

	if (!cst_packet_filter_for_kernel(p, program, &copy))
		return false;
	bool fits = (copy.bf_len <= BPF_MAXINSNS ? attach(s->fd, &copy) : attach_translated(p, &copy, map)) == 0;
	pcap_freecode(&copy);
	return fits;
}

/* Time stamps from here on are of packets that met the filter just attached. The kernel may stamp a packet a moment
 * after it ran the filter: that moment is the margin. */
static uint64_t from_now_on(void)
{
	const uint64_t margin_ns = 20 * CST_NS_PER_MS;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * CST_NS_PER_SEC + (uint64_t)now.tv_nsec + margin_ns;
}

int cst_packet_attach_filter(pcap_t *p)
{
	struct packet_source *s = p->source;

	if (!p->filter.bf_insns || p->filter_in_user)
		return cst_packet_limit_snaplen(p);
	if (!attach_for_kernel(p, &p->filter, &s->filter_map))
		return cst_fail_errno(p, PCAP_ERROR, "%s: attaching the filter a second time", p->device);
	return 0;
}

int cst_packet_set_filter(pcap_t *p, const struct bpf_program *program)
{
	struct packet_source *s = p->source;
	int map = -1;
	bool in_kernel = attach_for_kernel(p, program, &map);

	/* What it refuses, user space applies, and the kernel lets everything through. */
	if (!in_kernel) {
		int status = cst_packet_limit_snaplen(p);
		if (status < 0)
			return status;
	}
	if (s->filter_map >= 0)
		close(s->filter_map);
	s->filter_map = map;
	/* The ring holds packets that met the old filter, and a core may be writing one more. After one turn of the
	 * ring none of them can be left. Those that met the new one are not asked again: the kernel saw them whole, and
	 * what was kept of them may not be enough for a verdict. */
	s->ring.recheck = s->ring.units;
	s->ring.recheck_before_ns = from_now_on();
	return in_kernel;
}
