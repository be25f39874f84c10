/* windows_only.c - calls that have nothing to do on Linux, and say so. */
#include "handle/handle.h"

/* Npcap itself refuses WinPcap's kernel dumping, so there is no behaviour to have. */
static int no_kernel_dump(pcap_t *p)
{
	if (!p)
		return PCAP_ERROR;
	int status = cst_need_source(p, p->kind == CST_LIVE, "dumping inside the library");

	if (status < 0)
		return status;
	return cst_fail(p, PCAP_ERROR, "%s: pcap_live_dump() is refused, as by Npcap; read the packets and pcap_dump() them",
			p->device);
}

int pcap_live_dump(pcap_t *p, char *filename, int maxsize, int maxpacks)
{
	(void)filename;
	(void)maxsize;
	(void)maxpacks;
	return no_kernel_dump(p);
}

int pcap_live_dump_ended(pcap_t *p, int sync)
{
	(void)sync;
	return no_kernel_dump(p);
}

int pcap_start_oem(char *err_str, int flags)
{
	(void)flags;
	cst_error(err_str, "pcap_start_oem() starts WinPcap's OEM edition, which does not exist on Linux");
	return PCAP_ERROR;
}

PAirpcapHandle pcap_get_airpcap_handle(pcap_t *p)
{
	if (p)
		cst_fail(p, 0, "AirPcap adapters do not exist on Linux");
	return NULL;
}

int pcap_wsockinit(void)
{
	return 0;
}

int wsockinit(void)
{
	return 0;
}
