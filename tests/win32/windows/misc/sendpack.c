/* sendpack.c - one frame out of the adapter of the first argument. */
#include "misc.h"

void main(int argc, char **argv)
{
	pcap_t *fp;
	char errbuf[PCAP_ERRBUF_SIZE];
	u_char packet[100];
	int i;

	if (!UseNpcap() || argc != 2) {
		printf("usage: %s interface", argv[0]);
		return;
	}
	if ((fp = pcap_open(argv[1], 100, PCAP_OPENFLAG_PROMISCUOUS, 1000, NULL, errbuf)) == NULL) {
		fprintf(stderr, "\n%s\n", errbuf);
		return;
	}
	if (pcap_datalink(fp) != DLT_EN10MB)
		return;
	for (i = 0; i < 6; i++)
		packet[i] = 1;
	for (i = 6; i < 12; i++)
		packet[i] = 2;
	for (i = 12; i < 100; i++)
		packet[i] = i % 256;
	if (pcap_sendpacket(fp, packet, 100) != 0) {
		fprintf(stderr, "\n%s\n", pcap_geterr(fp));
		return;
	}
	printf("sent\n");
}
