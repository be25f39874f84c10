/* transmit_xdp.c - frames as XDP live frames (xdp_live.h), for as long as nobody would notice (bystanders.h).
 *
 * All that could change is looked at when a transmission begins; the link, and whether somebody listens, before each
 * run of it, every millisecond or two. */
#include "linux/transmit.h"

#include "base/clock.h"
#include "handle/engine.h"
#include "handle/pause.h"
#include "linux/bystanders.h"
#include "linux/xdp_live.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* What opening costs, some 20 ms, in frames that the socket engine sends in that time. It takes as many, sent or known
 * to come, to say that there will be enough. */
#define WORTH_OPENING 24576
/* A system call or two look around before each transmission. */
#define WORTH_LOOKING 256

/* The driver may take nothing for so long: the receiver is slow, and will come round. Or it never will, as that at the
 * other end of a veth with a lower MTU; then the socket may try, unless there is no choice, and for a while keeps its
 * turn. */
#define PATIENCE_NS          CST_NS_PER_SEC
#define DEMANDED_PATIENCE_NS (5 * CST_NS_PER_SEC)
#define REST_NS              (10 * CST_NS_PER_SEC)
#define FIRST_LOOK_NS   10000
#define LONGEST_LOOK_NS CST_NS_PER_MS

struct xdp_engine {
	pid_t process;                 /* whose it is: a child of fork(2) shares the maps' memory and needs its own */
	size_t offered;                /* frames, before it was worth opening */
	bool looks, opened;            /* these have been opened, or failed to be, for the reason `trouble`: */
	struct cst_bystanders others;
	struct cst_xdp_live *live;
	char trouble[CST_ERRBUF_SIZE / 2];
	bool is_hopeless;              /* the trouble will not pass */
	bool fast;                     /* cst_xdp_live_hasten() */
	int64_t rests_until_ns;        /* the driver refused frames for longer than we wait */
	uint32_t longest;              /* of the frames that a page has room for, as far as known */
	int cpu;                       /* where all runs are: a driver may have a ring for each; -1: not yet known */
};

static const char *what_it_takes(int error)
{
	switch (error) {
	case EPERM:
	case EACCES: return ": it takes CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON";
	case EINVAL: return ": it takes Linux 5.18";
	default: return "";
	}
}

static void note_trouble(struct xdp_engine *x, const char *what)
{
	const int error = errno;

	snprintf(x->trouble, sizeof(x->trouble), "%s: %s%s", what, strerror(error), what_it_takes(error));
}

static bool may_pass(int error)
{
	return error == ENOMEM || error == EMFILE || error == ENFILE || error == EAGAIN || error == EINTR;
}

static void close_engine(struct packet_source *s)
{
	struct xdp_engine *x = s->xdp;

	if (!x)
		return;
	cst_xdp_live_close(x->live);
	if (x->looks)
		cst_bystanders_close(&x->others);
	free(x);
	s->xdp = NULL;
}

static struct xdp_engine *state_of(struct packet_source *s)
{
	if (s->xdp && s->xdp->process != getpid())
		close_engine(s);
	if (!s->xdp && (s->xdp = calloc(1, sizeof(*s->xdp)))) {
		s->xdp->process = getpid();
		s->xdp->cpu = -1;
		s->xdp->longest = CST_XDP_LONGEST;
	}
	return s->xdp;
}

/* Once; what fails will not be different the next time. NULL: it did not. */
static const char *open_looks(struct xdp_engine *x, const struct packet_source *s)
{
	if (!x->looks) {
		const char *what = cst_bystanders_open(&x->others, s->ifindex, s->fd);
		/* But for this: the next time it may be another thread. */
		if (what && errno == ENXIO)
			return what;
		x->looks = true;
		if (what)
			note_trouble(x, what);
		x->is_hopeless = what != NULL;
	}
	return x->is_hopeless ? x->trouble : NULL;
}

/* Again, if what failed was a matter of what the system had left. */
static const char *open_live(struct xdp_engine *x, const struct packet_source *s)
{
	const char *what;

	if (x->opened)
		return x->is_hopeless ? x->trouble : NULL;
	x->live = cst_xdp_live_open(s->ifindex, CST_XDP_OUT, &what);
	if (x->live) {
		x->fast = cst_xdp_live_hasten(x->live);
	} else {
		x->is_hopeless = !may_pass(errno);
		note_trouble(x, what);
	}
	x->opened = x->live || x->is_hopeless;
	return x->live ? NULL : x->trouble;
}

/* What of the interface itself stands against it: NULL, nothing. */
static const char *interface_objects(const pcap_t *p)
{
	const struct packet_source *s = p->source;
	struct ifreq ifr = { 0 };

	if (p->dlt != DLT_EN10MB)
		return "it is for Ethernet only";
	if (cst_interface_ask(s, SIOCGIFFLAGS, &ifr) < 0)
		return "the interface disappeared";
	/* The socket knows what to say, and whether there is a link after all. A driver may take frames without one. */
	if (!(ifr.ifr_flags & IFF_UP))
		return "the interface is down";
	if (!(ifr.ifr_flags & IFF_RUNNING))
		return "the interface has no link";
	/* What leaves a bond leaves another interface too, where somebody may listen. */
	if (ifr.ifr_flags & IFF_MASTER)
		return "the interface sends through others";
	return NULL;
}

/* What stands against frames being sent now, but for those who listen? NULL: nothing. */
static const char *objection(const pcap_t *p)
{
	const bool demanded = cst_engine_demanded(p, CAPSTAN_TRANSMIT) != NULL;
	struct packet_source *s = p->source;
	struct xdp_engine *x = state_of(s);
	const char *reason;

	if (!x)
		return "there is no memory";
	if (!demanded && cst_now_ns() < x->rests_until_ns)
		return "the driver has refused frames just now";
	if ((reason = open_looks(x, s)) || (reason = cst_bystander_elsewhere(&x->others)) ||
	    (reason = interface_objects(p)) || (reason = cst_bystander_driver(&x->others)) ||
	    (reason = cst_bystander_on_the_way(&x->others)) || (reason = open_live(x, s)))
		return reason;
	return x->fast || demanded ? NULL : "without CAP_SYS_ADMIN it would be slow";
}

static int decline(pcap_t *p, const char *reason)
{
	return cst_fail(p, ENGINE_DECLINES, "%s: XDP frames cannot be sent: %s", p->device, reason);
}

static bool xdp_accepts(pcap_t *p)
{
	const char *reason = objection(p);

	if (!reason)
		reason = cst_bystander_listening(&((struct packet_source *)p->source)->xdp->others);
	if (reason)
		decline(p, reason);
	return !reason;
}

static bool xdp_is_worth_it(pcap_t *p, const struct cst_transmission *t)
{
	struct xdp_engine *x = state_of(p->source);

	if (!x)
		return false;
	if (!x->opened && x->offered < WORTH_OPENING)
		x->offered += t->count;
	if (t->count < WORTH_LOOKING)
		return false;
	return x->opened || x->offered >= WORTH_OPENING || t->to_come >= WORTH_OPENING;
}

/* The rest of the processors that the thread may use. */
struct processors {
	uint8_t bits[1024];
	int bytes; /* 0: nothing to give back */
};

static int set_processors(const void *bits, size_t bytes)
{
	return sched_setaffinity(0, bytes, bits);
}

/* Drivers send from a ring of the processor that they run on; frames in two rings may overtake each other. So all go
 * from one, and the thread stays there meanwhile. */
static bool stay(struct xdp_engine *x, struct processors *before)
{
	struct processors one = { .bytes = 0 };

	before->bytes = 0;
	if (sched_getaffinity(0, sizeof(before->bits), (cpu_set_t *)(void *)before->bits) < 0)
		return false;
	for (int tries = 0; tries < 2; tries++) {
		if (x->cpu < 0)
			x->cpu = sched_getcpu();
		if (x->cpu < 0 || (size_t)x->cpu >= 8 * sizeof(one.bits))
			return false;
		CPU_SET_S((size_t)x->cpu, sizeof(one.bits), (cpu_set_t *)(void *)one.bits);
		if (set_processors(one.bits, sizeof(one.bits)) == 0) {
			before->bytes = sizeof(before->bits);
			return true;
		}
		/* It has been taken away from us since. */
		memset(one.bits, 0, sizeof(one.bits));
		x->cpu = -1;
	}
	return false;
}

static void go_free(const struct processors *before)
{
	if (before->bytes > 0)
		set_processors(before->bits, (size_t)before->bytes);
}

static bool fits(const struct xdp_engine *x, const struct cst_frame *frame, uint32_t mtu)
{
	return frame->bytes <= x->longest && cst_xdp_fits(frame, mtu);
}

/* The first of those that wait which XDP can take. */
static size_t count_fitting(const struct xdp_engine *x, const struct cst_transmission *t, uint32_t mtu)
{
	size_t n = t->sent;

	while (n < t->count && fits(x, &t->frames[n], mtu))
		n++;
	return n - t->sent;
}

/* The next frame does not fit: leave it to another engine, with all up to where it is worth while to begin again. */
static int leave_out(pcap_t *p, const struct xdp_engine *x, const struct cst_transmission *t, uint32_t mtu)
{
	size_t n = t->sent, fitting = 0;

	while (n < t->count && fitting < WORTH_LOOKING)
		fitting = fits(x, &t->frames[n++], mtu) ? fitting + 1 : 0;
	if (fitting == WORTH_LOOKING)
		n -= fitting;
	return cst_fail(p, (int)(n - t->sent), "%s: XDP frames cannot be sent: a frame of %u bytes is too short or too "
			"long", p->device, t->frames[t->sent].bytes);
}

/* Frames that the kernel lost sight of. */
static int lost(pcap_t *p, const struct cst_xdp_run *run)
{
	return cst_fail(p, PCAP_ERROR, "%s: the kernel does not tell what became of %u frames; they may have left, and "
			"are not counted", p->device, run->uncertain);
}

/* What ended a run, if anything did, is over soon. */
static bool is_for_a_while(int status, const struct cst_xdp_run *run)
{
	/* Of the kernel, not of the driver, whatever that said before. */
	if (status < 0)
		return run->error == EINTR || run->error == ENOMEM || run->error == EAGAIN;
	/* A driver that is full takes fewer frames, and says nothing more. */
	return run->stop == CST_XDP_GOES_ON || run->error == 0 || run->error == ENOSPC || run->error == EBUSY;
}

/* Those that are in the arena. What engine_answer says, with text; PCAP_ERROR_*. */
static int send_slice(pcap_t *p, struct xdp_engine *x, struct cst_transmission *t, uint32_t mtu)
{
	const int64_t patience_ns = cst_engine_demanded(p, CAPSTAN_TRANSMIT) ? DEMANDED_PATIENCE_NS : PATIENCE_NS;
	int64_t look_ns = FIRST_LOOK_NS, stuck_since = 0; /* 0: not stuck */
	struct cst_xdp_run run;

	while (cst_xdp_live_waiting(x->live) > 0) {
		const char *reason = interface_objects(p);
		if (!reason)
			reason = cst_bystander_listening(&x->others);
		if (reason)
			return decline(p, reason);
		if (atomic_load(&p->break_loop))
			return PCAP_ERROR_BREAK;
		int status = cst_xdp_live_run(x->live, &run);
		t->sent += run.sent;
		if (run.uncertain > 0)
			return lost(p, &run);
		if (run.sent > 0) {
			look_ns = FIRST_LOOK_NS;
			stuck_since = 0;
		}
		if (run.stop == CST_XDP_UNFIT) {
			x->longest = t->frames[t->sent].bytes - 1;
			return leave_out(p, x, t, mtu);
		}
		if (!is_for_a_while(status, &run))
			return decline(p, strerror(run.error));
		if (run.error == EINTR || (status == 0 && run.stop == CST_XDP_GOES_ON))
			continue;
		const int64_t now = cst_now_ns();
		if (stuck_since == 0)
			stuck_since = now;
		if (now - stuck_since >= patience_ns) {
			x->rests_until_ns = now + REST_NS;
			return decline(p, "the driver takes no more frames");
		}
		/* Mostly it is the receiver's turn on this very processor. */
		status = cst_pause(p, -1, 0, now + look_ns);
		if (status < 0)
			return status;
		if (look_ns < LONGEST_LOOK_NS)
			look_ns *= 2;
	}
	return ENGINE_DONE;
}

static int send_all(pcap_t *p, struct xdp_engine *x, struct cst_transmission *t)
{
	const uint32_t mtu = cst_interface_mtu(p->source);
	size_t fitting = count_fitting(x, t, mtu);
	int status = ENGINE_DONE;

	while (status == ENGINE_DONE && fitting > 0) {
		const size_t before = t->sent;
		cst_xdp_live_fill(x->live, &t->frames[t->sent], fitting);
		status = send_slice(p, x, t, mtu);
		fitting -= t->sent - before;
	}
	return status == ENGINE_DONE && t->sent < t->count ? leave_out(p, x, t, mtu) : status;
}

static int xdp_send(pcap_t *p, struct cst_transmission *t)
{
	const char *reason = objection(p);
	struct xdp_engine *x = ((struct packet_source *)p->source)->xdp;
	struct processors before;

	if (reason)
		return decline(p, reason);
	if (!stay(x, &before))
		return decline(p, "the thread cannot be kept on one processor");
	int status = send_all(p, x, t);
	go_free(&before);
	return status;
}

const struct transmit_engine cst_transmit_xdp = { .name = "xdp",
						  .is_worth_it = xdp_is_worth_it,
						  .accepts = xdp_accepts,
						  .send = xdp_send,
						  .close = close_engine };
