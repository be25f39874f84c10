/* not_yet.c - the answer of extensions whose implementation comes with a later release. */
#include "npcap/not_yet.h"

int cst_not_yet_errbuf(char *errbuf, const char *function)
{
	cst_error(errbuf, "%s() comes with a later release of Capstan", function);
	return PCAP_ERROR;
}

int cst_not_yet_remote(char *errbuf, const char *host)
{
	if (host[0] == '\0')
		cst_error(errbuf, "the source string has a slash behind rpcap://, so it is about another host, and names none; "
			  "a device of this host is rpcap://DEVICE");
	else
		cst_error(errbuf, "\"%.60s\" is another host, and remote capture comes with a later release of Capstan; "
			  "capture there into a savefile, or name a device of this host as rpcap://DEVICE", host);
	return PCAP_ERROR;
}
