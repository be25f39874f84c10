/* to_receive.c - frames to the host's receive path instead of out of the interface (MODE_SENDTORX): XDP live frames
 * whose program passes them on, as of the interface that they are said to come from.
 *
 * They come by everybody who captures there, the sending handle too: the kernel keeps a socket from hearing itself only
 * where frames leave. The driver's own counters do not know of them. */
#include "linux/packet_source.h"

#include "linux/bystanders.h"
#include "linux/xdp_live.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

struct to_receive {
	struct cst_xdp_live *live;
	ino_t namespace; /* the number of an interface says something only there */
	pid_t process;   /* whose `live` is: a child of fork(2) shares its maps' memory and needs its own */
};

void cst_to_receive_close(struct packet_source *s)
{
	if (!s->to_receive)
		return;
	cst_xdp_live_close(s->to_receive->live);
	free(s->to_receive);
	s->to_receive = NULL;
}

static int cannot(pcap_t *p, const char *what)
{
	return cst_fail_errno(p, PCAP_ERROR, "%s: frames to the receive path take Linux 5.18, CAP_BPF and "
			      "CAP_NET_ADMIN: %s", p->device, what);
}

static int open_live(pcap_t *p, const struct packet_source *s)
{
	struct to_receive *r = s->to_receive;
	const char *what;

	cst_xdp_live_close(r->live);
	r->live = cst_xdp_live_open(s->ifindex, CST_XDP_IN, &what);
	if (!r->live)
		return cannot(p, what);
	r->process = getpid();
	return 0;
}

static int open_receiver(pcap_t *p, struct packet_source *s)
{
	struct to_receive *r = s->to_receive = calloc(1, sizeof(*r));
	struct cst_xdp_run run;

	if (!r)
		return cst_fail_errno(p, PCAP_ERROR, "%s: allocating the way to the receive path", p->device);
	if (cst_namespace_of(s->fd, &r->namespace) < 0)
		return cannot(p, "asking for the network namespace");
	if (open_live(p, s) < 0)
		return PCAP_ERROR;
	if (!cst_in_namespace(r->namespace))
		return cst_fail(p, PCAP_ERROR, "%s: the calling thread is in another network namespace", p->device);
	/* With nothing in it: would the kernel? */
	cst_xdp_live_fill(r->live, NULL, 0);
	if (cst_xdp_live_run(r->live, &run) < 0)
		return cannot(p, "trying to");
	return 0;
}

int cst_packet_set_send_to_rx(pcap_t *p, bool on)
{
	struct packet_source *s = p->source;
	int status = 0;

	if (!on)
		cst_to_receive_close(s);
	if (!on || s->to_receive)
		return 0;
	if ((status = cst_packet_can_send(p)) < 0)
		return status;
	if (s->ifindex == s->loopback_ifindex)
		return cst_fail(p, PCAP_ERROR, "%s: " CST_MODE_NOT_RECOGNIZED ": what is sent on a loopback interface is "
				"received anyway", p->device);
	if (p->dlt != DLT_EN10MB)
		return cst_fail(p, PCAP_ERROR, "%s: " CST_MODE_NOT_RECOGNIZED ": only Ethernet frames can be sent to the "
				"receive path", p->device);
	status = open_receiver(p, s);
	if (status < 0)
		cst_to_receive_close(s);
	return status;
}

static int can_receive(pcap_t *p)
{
	const struct packet_source *s = p->source;
	struct ifreq ifr = { 0 };

	if (!cst_in_namespace(s->to_receive->namespace))
		return cst_fail(p, PCAP_ERROR, "%s: the calling thread is in another network namespace", p->device);
	if (cst_interface_ask(s, SIOCGIFFLAGS, &ifr) < 0)
		return cst_fail(p, PCAP_ERROR, "%s: the interface disappeared", p->device);
	if (!(ifr.ifr_flags & IFF_UP))
		return cst_fail(p, PCAP_ERROR_IFACE_NOT_UP, "%s: the interface is down", p->device);
	return 0;
}

static int does_not_fit(pcap_t *p, uint32_t bytes)
{
	return cst_fail(p, PCAP_ERROR, "%s: a frame of %u bytes cannot be sent to the receive path, which takes %u "
			"bytes up to the interface's MTU, and at most what a page has room for, some 3,300", p->device, bytes,
			CST_XDP_SHORTEST);
}

/* Those that have been filled in. */
static int receive_slice(pcap_t *p, struct cst_xdp_live *live, struct cst_transmission *t)
{
	struct cst_xdp_run run;

	while (cst_xdp_live_waiting(live) > 0) {
		/* For a single frame, as pcap_inject() has one, a break is not meant. */
		if (t->sent > 0 && atomic_load(&p->break_loop))
			return PCAP_ERROR_BREAK;
		int status = cst_xdp_live_run(live, &run);
		t->sent += run.sent;
		if (run.uncertain > 0)
			return cst_fail(p, PCAP_ERROR, "%s: the kernel had no memory; %u frames may have been "
					"received, and are not counted", p->device, run.uncertain);
		if (run.stop == CST_XDP_UNFIT)
			return does_not_fit(p, t->frames[t->sent].bytes);
		if (status < 0 && run.error != EINTR)
			return cst_fail_errno(p, PCAP_ERROR, "%s: sending %u frames to the receive path", p->device,
					      cst_xdp_live_waiting(live));
	}
	return 0;
}

int cst_to_receive_transmit(pcap_t *p, struct cst_transmission *t)
{
	const struct packet_source *s = p->source;
	const uint32_t mtu = cst_interface_mtu(s);
	int status = can_receive(p);

	t->sent = 0;
	if (status == 0 && s->to_receive->process != getpid())
		status = open_live(p, s);
	if (status < 0)
		return status;
	struct cst_xdp_live *live = s->to_receive->live;
	if (t->count > 1)
		cst_xdp_live_hasten(live); /* or it is slow */
	while (status == 0 && t->sent < t->count) {
		size_t fitting = 0;
		while (t->sent + fitting < t->count && cst_xdp_fits(&t->frames[t->sent + fitting], mtu))
			fitting++;
		if (cst_xdp_live_fill(live, &t->frames[t->sent], fitting) == 0)
			return does_not_fit(p, t->frames[t->sent].bytes);
		status = receive_slice(p, live, t);
	}
	return status;
}
