/* inject.c - one frame out through the packet socket. */
#include "handle/transmit.h"
#include "linux/packet_source.h"

#include <errno.h>
#include <sys/socket.h>

int cst_packet_can_send(pcap_t *p)
{
	const struct packet_source *s = p->source;

	if (s->ifindex == 0)
		return cst_fail(p, PCAP_ERROR, "\"any\" is all interfaces at once: a frame can be sent only on a named "
				"one");
	if (s->cooked)
		return cst_fail(p, PCAP_ERROR, "%s: packets of this link type have a made-up header, with which "
				"nothing can be sent", p->device);
	return 0;
}

int cst_packet_sending_failed(pcap_t *p, int error, bool again)
{
	struct packet_source *s = p->source;

	if (error != ENETDOWN && error != ENODEV && error != ENXIO)
		return 0;
	/* The socket tells a failure once, and now to us instead of to who reads from it. A second one that counts
	 * (user_counter.c) is told by itself. */
	cst_packet_interface_failed(s, error);
	if (!cst_interface_is_there(s))
		return cst_fail(p, PCAP_ERROR, "%s: the interface disappeared", p->device);
	if (again && cst_interface_flags(s) & IFF_UP)
		return 1;
	return cst_fail(p, PCAP_ERROR_IFACE_NOT_UP, "%s: the interface is down", p->device);
}

int cst_packet_inject(pcap_t *p, const void *frame, size_t bytes)
{
	const struct packet_source *s = p->source;
	int status = cst_packet_can_send(p);
	bool failed = false;
	ssize_t sent;

	if (status < 0)
		return status;
	if (s->to_receive) {
		const struct cst_frame one = { .data = frame, .bytes = (uint32_t)bytes };
		struct cst_transmission t = { .frames = &one, .count = 1 };
		return cst_to_receive_transmit(p, &t) < 0 ? PCAP_ERROR : (int)bytes;
	}
	while ((sent = send(cst_packet_sender(s), frame, bytes, 0)) < 0) {
		if (errno == EINTR)
			continue;
		status = cst_packet_sending_failed(p, errno, !failed);
		if (status < 0)
			return PCAP_ERROR;
		if (status == 0)
			break;
		failed = true;
	}
	if (sent < 0 && errno == EMSGSIZE)
		return cst_fail(p, PCAP_ERROR, "%s: a frame of %zu bytes is more than the interface takes (MTU %u)",
				p->device, bytes, cst_interface_mtu(s));
	if (sent < 0)
		return cst_fail_errno(p, PCAP_ERROR, "%s: sending a frame of %zu bytes", p->device, bytes);
	return (int)sent;
}
