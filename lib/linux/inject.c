/* inject.c - one frame out through the packet socket. */
#include "handle/transmit.h"
#include "linux/packet_source.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

unsigned int cst_packet_mtu(const pcap_t *p)
{
	const struct packet_source *s = p->source;
	struct ifreq ifr = { 0 };

	strncpy(ifr.ifr_name, p->device, sizeof(ifr.ifr_name) - 1);
	return ioctl(s->fd, SIOCGIFMTU, &ifr) < 0 ? s->mtu : (unsigned int)ifr.ifr_mtu;
}

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

int cst_packet_inject(pcap_t *p, const void *frame, size_t bytes)
{
	const struct packet_source *s = p->source;
	int status = cst_packet_can_send(p);
	ssize_t sent;

	if (status < 0)
		return status;
	if (s->to_receive) {
		const struct cst_frame one = { .data = frame, .bytes = (uint32_t)bytes };
		struct cst_transmission t = { .frames = &one, .count = 1 };
		status = cst_to_receive_transmit(p, &t);
		return status < 0 ? status : (int)bytes;
	}
	do
		sent = send(cst_packet_sender(s), frame, bytes, 0);
	while (sent < 0 && errno == EINTR);
	if (sent < 0 && errno == EMSGSIZE)
		return cst_fail(p, PCAP_ERROR, "%s: a frame of %zu bytes is more than the interface takes (MTU %u)",
				p->device, bytes, cst_packet_mtu(p));
	if (sent < 0)
		return cst_fail_errno(p, PCAP_ERROR, "%s: sending a frame of %zu bytes", p->device, bytes);
	return (int)sent;
}
