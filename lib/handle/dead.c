/* dead.c - handles that capture nothing: a link type and a snaplen for compiling filters and opening savefiles. */
#include "handle/handle.h"

pcap_t *pcap_open_dead_with_tstamp_precision(int linktype, int snaplen, u_int precision)
{
	pcap_t *p = cst_handle_new(CST_DEAD, NULL);
	if (!p)
		return NULL;
	p->dlt = linktype;
	p->snaplen = snaplen;
	/* Nothing could tell the caller why there is no handle, so libpcap takes another precision for microseconds. */
	p->options.tstamp_precision = precision == PCAP_TSTAMP_PRECISION_NANO ? PCAP_TSTAMP_PRECISION_NANO :
										 PCAP_TSTAMP_PRECISION_MICRO;
	return p;
}

pcap_t *pcap_open_dead(int linktype, int snaplen)
{
	return pcap_open_dead_with_tstamp_precision(linktype, snaplen, PCAP_TSTAMP_PRECISION_MICRO);
}
