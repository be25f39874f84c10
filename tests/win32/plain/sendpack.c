/* sendpack.c - one UDP packet of its own making out of the adapter of the first argument, from that adapter's address. */
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <pcap.h>

static u_char packet[60];

/* The field in the packet, as four bytes: it stands at an odd place for a number. */
static void put_address(u_char *where, u_long address)
{
	memcpy(where, &address, 4);
}

int main(int argc, char **argv)
{
	pcap_t *fp;
	pcap_if_t *all, *d;
	pcap_addr_t *a;
	char errbuf[PCAP_ERRBUF_SIZE];
	struct {
		u_long source;
		u_char behind[4];
	} found = { 0, { 0xaa, 0xbb, 0xcc, 0xdd } };
	struct sockaddr_in local;

	if (argc != 2) {
		printf("usage: %s interface\n", argv[0]);
		exit(1);
	}
	if (pcap_init(PCAP_CHAR_ENC_UTF_8, errbuf) != 0 || pcap_findalldevs(&all, errbuf) != 0) {
		fprintf(stderr, "%s\n", errbuf);
		exit(2);
	}
	for (d = all; d; d = d->next) {
		for (a = d->addresses; a && strcmp(d->name, argv[1]) == 0; a = a->next) {
			if (a->addr->sa_family == AF_INET)
				*(u_long *)&local.sin_addr.S_un.S_addr = ((struct sockaddr_in *)a->addr)->sin_addr.S_un.S_addr;
		}
	}
	pcap_freealldevs(all);
	found.source = local.sin_addr.s_addr;
	if ((fp = pcap_open_live(argv[1], 0, 1, 1000, errbuf)) == NULL) {
		fprintf(stderr, "\n%s\n", errbuf);
		exit(2);
	}
	memset(packet, 1, 12);
	packet[12] = 8;
	packet[14] = 0x45;
	packet[17] = 46;
	packet[22] = 64;
	packet[23] = 17;
	put_address(packet + 26, found.source);
	put_address(packet + 30, inet_addr("10.9.0.77"));
	packet[39] = 26;
	if (pcap_sendpacket(fp, packet, 60) != 0) {
		fprintf(stderr, "\nsending: %s\n", pcap_geterr(fp));
		exit(3);
	}
	printf("sent from %s, %02x%02x\n", inet_ntoa(local.sin_addr), found.behind[0], found.behind[3]);
	pcap_close(fp);
	return 0;
}
