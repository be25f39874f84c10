/* live_controls.c - Npcap's controls of a live handle: buffers, mode, event, statistics. */
#include "npcap/not_yet.h"

int pcap_setbuff(pcap_t *p, int dim)
{
	(void)dim;
	return cst_not_yet(p, __func__);
}

int pcap_setmintocopy(pcap_t *p, int size)
{
	(void)size;
	return cst_not_yet(p, __func__);
}

int pcap_setuserbuffer(pcap_t *p, int size)
{
	(void)size;
	return cst_not_yet(p, __func__);
}

int pcap_setmode(pcap_t *p, int mode)
{
	(void)mode;
	return cst_not_yet(p, __func__);
}

void *pcap_getevent(pcap_t *p)
{
	cst_not_yet(p, __func__);
	return INVALID_HANDLE_VALUE;
}

struct pcap_stat *pcap_stats_ex(pcap_t *p, int *pcap_stat_size)
{
	*pcap_stat_size = (int)sizeof(struct pcap_stat);
	cst_not_yet(p, __func__);
	return NULL;
}
