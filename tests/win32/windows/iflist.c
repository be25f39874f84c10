/* iflist.c - lists the source typed at the prompt, its line end included, which is what fgets leaves there. */
#include <stdio.h>
#include "pcap.h"
#include <Winsock2.h>
#include <tchar.h>

BOOL UseNpcap()
{
	_TCHAR where[512];
	UINT length;

	length = GetSystemDirectory(where, 480);
	if (!length) {
		fprintf(stderr, "GetSystemDirectory failed: %x", GetLastError());
		return FALSE;
	}
	_tcscat_s(where, 512, TEXT("\\Npcap"));
	if (SetDllDirectory(where) == 0) {
		fprintf(stderr, "SetDllDirectory failed: %x", GetLastError());
		return FALSE;
	}
	return TRUE;
}

#define TEXTS 12
char *iptos(u_long in)
{
	static char output[TEXTS][3 * 4 + 3 + 1];
	static short which;
	u_char *p = (u_char *)&in;

	which = (which + 1 == TEXTS ? 0 : which + 1);
	_snprintf_s(output[which], sizeof(output[which]), sizeof(output[which]), "%d.%d.%d.%d", p[0], p[1], p[2], p[3]);
	return output[which];
}

char *ip6tos(struct sockaddr *sockaddr, char *address, int addrlen)
{
	socklen_t length = sizeof(struct sockaddr_in6);

	if (getnameinfo(sockaddr, length, address, addrlen, NULL, 0, NI_NUMERICHOST) != 0)
		address = NULL;
	return address;
}

void ifprint(pcap_if_t *d)
{
	pcap_addr_t *a;
	char text[128];

	printf("%s\n", d->name);
	if (d->description)
		printf("\tDescription: %s\n", d->description);
	printf("\tLoopback: %s\n", (d->flags & PCAP_IF_LOOPBACK) ? "yes" : "no");
	for (a = d->addresses; a; a = a->next) {
		switch (a->addr->sa_family) {
		case AF_INET:
			printf("\tAddress: %s\n", iptos(((struct sockaddr_in *)a->addr)->sin_addr.s_addr));
			if (a->netmask)
				printf("\tNetmask: %s\n", iptos(((struct sockaddr_in *)a->netmask)->sin_addr.S_un.S_addr));
			if (a->broadaddr)
				printf("\tBroadcast: %s\n", iptos(((struct sockaddr_in *)a->broadaddr)->sin_addr.s_addr));
			break;
		case AF_INET6:
			printf("\tAddress: %s\n", ip6tos(a->addr, text, sizeof(text)));
			break;
		default:
			printf("\tAddress family %d\n", a->addr->sa_family);
			break;
		}
	}
}

int main()
{
	pcap_if_t *alldevs, *d;
	char errbuf[PCAP_ERRBUF_SIZE + 1];
	char source[PCAP_ERRBUF_SIZE + 1];

	if (!UseNpcap())
		exit(1);
	printf("Source (rpcap:// or rpcap://host:port/ or file://folder/): ");
	fgets(source, PCAP_ERRBUF_SIZE, stdin);
	source[PCAP_ERRBUF_SIZE] = '\0';
	if (pcap_findalldevs_ex(source, NULL, &alldevs, errbuf) == -1) {
		fprintf(stderr, "listing: %s\n", errbuf);
		exit(1);
	}
	for (d = alldevs; d; d = d->next)
		ifprint(d);
	pcap_freealldevs(alldevs);
	return 1;
}
