/* query.c - what a handle says about itself. */
#include "handle/handle.h"

int pcap_snapshot(pcap_t *p)
{
	return p->kind == CST_CREATED ? PCAP_ERROR_NOT_ACTIVATED : p->snaplen;
}

int pcap_is_swapped(pcap_t *p)
{
	return p->kind == CST_CREATED ? PCAP_ERROR_NOT_ACTIVATED : p->swapped;
}

int pcap_major_version(pcap_t *p)
{
	return p->kind == CST_CREATED ? PCAP_ERROR_NOT_ACTIVATED : p->version_major;
}

int pcap_minor_version(pcap_t *p)
{
	return p->kind == CST_CREATED ? PCAP_ERROR_NOT_ACTIVATED : p->version_minor;
}

int pcap_bufsize(pcap_t *p)
{
	return p->kind == CST_CREATED ? PCAP_ERROR_NOT_ACTIVATED : p->buffer_bytes;
}

FILE *pcap_file(pcap_t *p)
{
	return p->file;
}

int pcap_fileno(pcap_t *p)
{
	return p->fd;
}

int pcap_get_selectable_fd(pcap_t *p)
{
	return p->select_fd;
}

/* poll() tells the truth about the descriptor of every live source, so nobody needs to look in between; but for packets
 * that have left the device's memory. */
const struct timeval *pcap_get_required_select_timeout(pcap_t *p)
{
	static const struct timeval none = { 0, 0 };

	return p->ops && p->ops->at_hand && p->ops->at_hand(p) ? &none : NULL;
}
