/* readfile_ex.c - a savefile through a source string, one call for each packet. */
#include "misc.h"

int main(int argc, char **argv)
{
	pcap_t *fp;
	char errbuf[PCAP_ERRBUF_SIZE];
	char source[PCAP_BUF_SIZE];
	struct pcap_pkthdr *header;
	const u_char *pkt_data;
	u_int i, sum;
	int res, number = 0;

	if (!UseNpcap() || argc != 2)
		return -1;
	if (pcap_createsrcstr(source, PCAP_SRC_FILE, NULL, NULL, argv[1], errbuf) != 0 ||
	    (fp = pcap_open(source, 65536, PCAP_OPENFLAG_PROMISCUOUS, 1000, NULL, errbuf)) == NULL) {
		fprintf(stderr, "\n%s\n", errbuf);
		return -1;
	}
	while ((res = pcap_next_ex(fp, &header, &pkt_data)) >= 0) {
		for (i = sum = 0; i < header->caplen; i++)
			sum += pkt_data[i];
		printf("%d: %ld.%06ld (%u) %u\n", ++number, header->ts.tv_sec, header->ts.tv_usec, header->len, sum);
	}
	if (res == -1)
		fprintf(stderr, "reading: %s\n", pcap_geterr(fp));
	return 0;
}
