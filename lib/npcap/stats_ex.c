/* stats_ex.c - all six statistics of a handle, in a struct that is the library's own: a program that was built with
 * another idea of its size comes to no harm. */
#include "handle/handle.h"

struct pcap_stat *pcap_stats_ex(pcap_t *p, int *pcap_stat_size)
{
	if (pcap_stat_size)
		*pcap_stat_size = (int)sizeof(struct pcap_stat);
	if (!p || cst_need_source(p, p->kind == CST_LIVE && p->ops->stats, "reading statistics") < 0)
		return NULL;
	struct pcap_stat *stat = &p->stats_ex;
	*stat = (struct pcap_stat){ 0 };
	/* The members that it leaves alone are those of remote captures. */
	return p->ops->stats(p, stat) < 0 ? NULL : stat;
}
