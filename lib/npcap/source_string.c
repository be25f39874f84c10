/* source_string.c - sources named by strings ("file://...", "rpcap://..."): opening, listing, composing, parsing. */
#include "npcap/not_yet.h"

pcap_t *pcap_open(const char *source, int snaplen, int flags, int read_timeout, struct pcap_rmtauth *auth, char *errbuf)
{
	(void)source;
	(void)snaplen;
	(void)flags;
	(void)read_timeout;
	(void)auth;
	cst_not_yet_errbuf(errbuf, __func__);
	return NULL;
}

int pcap_findalldevs_ex(const char *source, struct pcap_rmtauth *auth, pcap_if_t **alldevs, char *errbuf)
{
	(void)source;
	(void)auth;
	*alldevs = NULL;
	return cst_not_yet_errbuf(errbuf, __func__);
}

int pcap_createsrcstr(char *source, int type, const char *host, const char *port, const char *name, char *errbuf)
{
	(void)source;
	(void)type;
	(void)host;
	(void)port;
	(void)name;
	return cst_not_yet_errbuf(errbuf, __func__);
}

int pcap_parsesrcstr(const char *source, int *type, char *host, char *port, char *name, char *errbuf)
{
	(void)source;
	(void)type;
	(void)host;
	(void)port;
	(void)name;
	return cst_not_yet_errbuf(errbuf, __func__);
}
