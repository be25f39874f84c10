/* iflist.c - adapters with all their addresses, in notations of its own. */
#include <pcap.h>
#ifndef _WIN32
#include <sys/socket.h>
#include <netinet/in.h>
#else
#include <winsock.h>
#endif

static char *ip4(u_long in)
{
	static char output[12][3 * 4 + 3 + 1];
	static short which;
	u_char *p = (u_char *)&in;

	which = (which + 1 == 12 ? 0 : which + 1);
	sprintf(output[which], "%d.%d.%d.%d", p[0], p[1], p[2], p[3]);
	return output[which];
}

static char *ip6(struct sockaddr *address, char *text, int size)
{
	socklen_t length = sizeof(struct sockaddr_in6);

	if (getnameinfo(address, length, text, size, NULL, 0, NI_NUMERICHOST) != 0)
		text = NULL;
	return text;
}

static void print_one(pcap_if_t *d)
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
			printf("\tAddress: %s\n", ip4(((struct sockaddr_in *)a->addr)->sin_addr.s_addr));
			if (a->netmask)
				printf("\tNetmask: %s\n", ip4(((struct sockaddr_in *)a->netmask)->sin_addr.s_addr));
			break;
		case AF_INET6:
			printf("\tAddress: %s\n", ip6(a->addr, text, sizeof(text)));
			break;
		default:
			printf("\tAddress family %d\n", a->addr->sa_family);
			break;
		}
	}
}

int main()
{
	pcap_if_t *all, *d;
	char errbuf[PCAP_ERRBUF_SIZE + 1];

	if (pcap_findalldevs(&all, errbuf) == -1) {
		fprintf(stderr, "listing: %s\n", errbuf);
		exit(1);
	}
	for (d = all; d; d = d->next)
		print_one(d);
	pcap_freealldevs(all);
	WSACleanup();
	return 0;
}
