/* active_mode.c - hosts that offer themselves for remote capture. */
#include "npcap/not_yet.h"

PCAP_SOCKET pcap_remoteact_accept(const char *address, const char *port, const char *hostlist, char *connectinghost,
				  struct pcap_rmtauth *auth, char *errbuf)
{
	return pcap_remoteact_accept_ex(address, port, hostlist, connectinghost, auth, 0, errbuf);
}

PCAP_SOCKET pcap_remoteact_accept_ex(const char *address, const char *port, const char *hostlist, char *connectinghost,
				     struct pcap_rmtauth *auth, int uses_ssl, char *errbuf)
{
	(void)address;
	(void)port;
	(void)hostlist;
	(void)connectinghost;
	(void)auth;
	(void)uses_ssl;
	return cst_not_yet_errbuf(errbuf, "pcap_remoteact_accept");
}

int pcap_remoteact_list(char *hostlist, char sep, int size, char *errbuf)
{
	(void)hostlist;
	(void)sep;
	(void)size;
	return cst_not_yet_errbuf(errbuf, __func__);
}

int pcap_remoteact_close(const char *host, char *errbuf)
{
	(void)host;
	return cst_not_yet_errbuf(errbuf, __func__);
}

/* Nothing listens, so there is nothing to stop. */
void pcap_remoteact_cleanup(void)
{
}
