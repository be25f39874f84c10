/* readfile.c - a savefile through a source string, by a handler. */
#include "misc.h"

static int number;

void dispatcher_handler(u_char *temp1, const struct pcap_pkthdr *header, const u_char *pkt_data)
{
	u_int i = 0, sum = 0;

	(VOID)temp1;
	for (i = 0; i < header->caplen; i++)
		sum += pkt_data[i];
	printf("%d: %ld.%06ld (%u) %u\n", ++number, header->ts.tv_sec, header->ts.tv_usec, header->len, sum);
}

int main(int argc, char **argv)
{
	pcap_t *fp;
	char errbuf[PCAP_ERRBUF_SIZE];
	char source[PCAP_BUF_SIZE];

	if (!UseNpcap() || argc != 2)
		return -1;
	if (pcap_createsrcstr(source, PCAP_SRC_FILE, NULL, NULL, argv[1], errbuf) != 0) {
		fprintf(stderr, "\n%s\n", errbuf);
		return -1;
	}
	if ((fp = pcap_open(source, 65536, PCAP_OPENFLAG_PROMISCUOUS, 1000, NULL, errbuf)) == NULL) {
		fprintf(stderr, "\n%s\n", errbuf);
		return -1;
	}
	pcap_loop(fp, 0, dispatcher_handler, NULL);
	return 0;
}
