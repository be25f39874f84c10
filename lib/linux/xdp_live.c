/* xdp_live.c - XDP live frames, by BPF_PROG_TEST_RUN with BPF_F_TEST_XDP_LIVE_FRAMES (Linux 5.18).
 *
 * One system call runs the program for as many frames as wait, in batches of one bulk each: see xdp_program.c. Larger
 * batches were measured and gain nothing; prefetching what is filled in costs, as the processor does so by itself. */
#include "linux/xdp_live.h"

#include "base/clock.h"
#include "linux/packet_source.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* So many frames in one run at most, which at full speed is a third of a millisecond, and at least, where a receiver on
 * the same processor makes it last longer than: */
#define SLICE        2048
#define SHORTEST_RUN 64
#define LONG_RUN_NS  (2 * CST_NS_PER_MS)
/* A frame is made of at most so many bytes, and then grows. */
#define MOST_USUAL 2048

enum { TCX_EGRESS = 47 }; /* BPF_TCX_EGRESS of newer headers */

struct cst_xdp_live {
	enum cst_xdp_way way;
	unsigned int ifindex;
	int shared_map, arena_map, program;
	int bulk_watch, error_watch; /* the two tracepoints */
	int home, hold;              /* see cst_xdp_live_hasten() */
	struct cst_xdp_shared *shared;
	uint8_t *arena;
	uint32_t count, done;        /* frames in the arena; those that have left */
	uint32_t most;               /* in the next run */
	uint32_t usual_bytes;        /* what the kernel makes frames of: that of the first saves work for its equals */
	uint32_t offsets[SLICE + 1];
};

static int make_map(const char *name, uint32_t bytes)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);

	return bpf_map_create(BPF_MAP_TYPE_ARRAY, name, sizeof(uint32_t), bytes, 1, &options);
}

static void *map_memory(int map, size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static int load(enum bpf_prog_type type, const struct cst_xdp_program *program)
{
	/* libbpf's struct bpf_insn is the eBPF one, see ebpf.h. None of the helpers asks for the GPL. */
	const struct bpf_insn *insns = (const struct bpf_insn *)(const void *)program->insns;
	LIBBPF_OPTS(bpf_prog_load_opts, options);

	return bpf_prog_load(type, "capstan", "BSD-3-Clause", insns, program->len, &options);
}

/* A descriptor; closed, the watching ends. */
static int watch(const char *tracepoint, const struct cst_xdp_program *program)
{
	int fd = load(BPF_PROG_TYPE_RAW_TRACEPOINT, program);
	if (fd < 0)
		return -1;
	int link = bpf_raw_tracepoint_open(tracepoint, fd);
	int error = errno;
	close(fd);
	errno = error;
	return link;
}

/* Returns what failed, with errno; NULL: nothing. */
static const char *set_up(struct cst_xdp_live *l)
{
	struct cst_xdp_program program;

	if ((l->shared_map = make_map("capstan_shared", sizeof(*l->shared))) < 0 ||
	    (l->arena_map = make_map("capstan_arena", CST_XDP_ARENA + CST_XDP_ARENA_SLACK)) < 0)
		return "making eBPF maps";
	if (!(l->shared = map_memory(l->shared_map, sizeof(*l->shared))) ||
	    !(l->arena = map_memory(l->arena_map, CST_XDP_ARENA)))
		return "mapping eBPF maps";
	cst_xdp_program_sender(&program, l->shared_map, l->arena_map, l->way == CST_XDP_OUT ? l->ifindex : 0);
	if ((l->program = load(BPF_PROG_TYPE_XDP, &program)) < 0)
		return "loading an XDP program";
	if (l->way == CST_XDP_IN)
		return NULL;
	cst_xdp_program_bulk(&program, l->shared_map);
	if ((l->bulk_watch = watch("xdp_devmap_xmit", &program)) < 0)
		return "watching the tracepoint xdp_devmap_xmit";
	cst_xdp_program_error(&program, l->shared_map);
	if ((l->error_watch = watch("xdp_redirect_err", &program)) < 0)
		return "watching the tracepoint xdp_redirect_err";
	return NULL;
}

struct cst_xdp_live *cst_xdp_live_open(unsigned int ifindex, enum cst_xdp_way way, const char **what)
{
	struct cst_xdp_live *l = calloc(1, sizeof(*l));

	*what = "memory for XDP frames";
	if (!l)
		return NULL;
	l->way = way;
	l->most = SLICE;
	l->ifindex = ifindex;
	l->shared_map = l->arena_map = l->program = l->bulk_watch = l->error_watch = l->home = l->hold = -1;
	*what = set_up(l);
	if (!*what)
		return l;
	int error = errno;
	cst_xdp_live_close(l);
	errno = error;
	return NULL;
}

static void close_if_open(int fd)
{
	if (fd >= 0)
		close(fd);
}

void cst_xdp_live_close(struct cst_xdp_live *l)
{
	if (!l)
		return;
	if (l->shared)
		munmap(l->shared, sizeof(*l->shared));
	if (l->arena)
		munmap(l->arena, CST_XDP_ARENA);
	close_if_open(l->bulk_watch);
	close_if_open(l->error_watch);
	close_if_open(l->program);
	close_if_open(l->shared_map);
	close_if_open(l->arena_map);
	if (l->hold >= 0)
		cst_close_in_background(l->hold); /* waits for a grace period */
	close_if_open(l->home);
	free(l);
}

/* A thread that makes a network namespace, holds the program to its loopback interface, and leaves it. */
static void *make_hold(void *context)
{
	const unsigned int loopback = 1; /* its index in every namespace */
	struct cst_xdp_live *l = context;
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = XDP_FLAGS_SKB_MODE);

	if (unshare(CLONE_NEWNET) < 0)
		return NULL;
	l->home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (l->home >= 0)
		l->hold = bpf_link_create(l->program, (int)loopback, BPF_XDP, &options);
	return NULL;
}

/* The kernel keeps a list of the XDP programs in use, for faster calls, and waits for grace periods whenever it
 * changes: also when a run of more than one frame begins and ends. A program that is in use somewhere stays in the
 * list. That somewhere is an interface where no packet ever comes by, in a namespace that exists for nothing else. */
bool cst_xdp_live_hasten(struct cst_xdp_live *l)
{
	pthread_t thread;
	sigset_t all, before;

	if (l->hold >= 0)
		return true;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int failed = pthread_create(&thread, NULL, make_hold, l);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed)
		return false;
	pthread_join(thread, NULL);
	if (l->hold < 0) {
		close_if_open(l->home);
		l->home = -1;
	}
	return l->hold >= 0;
}

uint32_t cst_xdp_live_fill(struct cst_xdp_live *l, const struct cst_frame *frames, size_t count)
{
	uint32_t at = 0, n = 0;

	for (; n < SLICE && n < count; n++) {
		const uint32_t bytes = frames[n].bytes;
		if (at + CST_XDP_FRAME_HEAD + bytes > CST_XDP_ARENA)
			break;
		memcpy(l->arena + at, &bytes, sizeof(bytes));
		memcpy(l->arena + at + CST_XDP_FRAME_HEAD, frames[n].data, bytes);
		l->offsets[n] = at;
		at += (CST_XDP_FRAME_HEAD + bytes + 7) & ~7u;
	}
	l->offsets[n] = at;
	l->count = n;
	l->done = 0;
	l->usual_bytes = n > 0 && frames[0].bytes < MOST_USUAL ? frames[0].bytes : MOST_USUAL;
	return n;
}

uint32_t cst_xdp_live_waiting(const struct cst_xdp_live *l)
{
	return l->count - l->done;
}

/* What is received is not watched. When the kernel had no memory for a bulk, or for its last frame, the bulk may have
 * been received or not. */
static void count_received(const struct cst_xdp_shared *s, int failure, struct cst_xdp_run *run)
{
	const uint32_t taken = (uint32_t)s->taken;

	run->uncertain = failure == ENOMEM && taken > 0 ? (taken - 1) % CST_XDP_BULK + 1 : 0;
	run->sent = taken - run->uncertain;
}

static void adapt(struct cst_xdp_live *l, int64_t took_ns)
{
	if (took_ns > LONG_RUN_NS && l->most > SHORTEST_RUN)
		l->most /= 2;
	else if (took_ns < LONG_RUN_NS / 4 && l->most < SLICE)
		l->most *= 2;
}

int cst_xdp_live_run(struct cst_xdp_live *l, struct cst_xdp_run *run)
{
	static const uint8_t nothing[MOST_USUAL];
	const uint32_t waiting = cst_xdp_live_waiting(l), repeat = waiting < l->most ? waiting : l->most;
	struct xdp_md context = { .data_end = l->usual_bytes, .ingress_ifindex = l->ifindex };
	struct cst_xdp_shared *s = l->shared;
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = nothing, .data_size_in = l->usual_bytes,
		    .repeat = (int)repeat, .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = CST_XDP_BULK);

	if (l->way == CST_XDP_IN) {
		options.ctx_in = &context;
		options.ctx_size_in = sizeof(context);
	}
	*s = (struct cst_xdp_shared){ .next = l->offsets[l->done], .end = l->offsets[l->count] };
	const int64_t start = cst_now_ns();
	int status = bpf_prog_test_run_opts(l->program, &options);
	int error = errno;
	adapt(l, cst_now_ns() - start);
	*run = (struct cst_xdp_run){ .stop = (enum cst_xdp_stop)s->stop, .error = -(int32_t)s->error };
	if (l->way == CST_XDP_OUT) {
		run->sent = (uint32_t)s->sent;
		run->uncertain = (uint32_t)(s->taken - s->settled);
	} else {
		count_received(s, status < 0 ? error : 0, run);
	}
	l->done += run->sent;
	if (status == 0)
		return 0;
	run->error = error;
	errno = error;
	return -1;
}

bool cst_xdp_egress_programs(unsigned int ifindex)
{
	uint32_t programs[1], count = 1, flags;

	/* More than one is as good as one. A kernel that does not know the question has none. */
	if (bpf_prog_query((int)ifindex, (enum bpf_attach_type)TCX_EGRESS, 0, &flags, programs, &count) < 0)
		return errno == ENOSPC;
	return count > 0;
}
