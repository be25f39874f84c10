/* readfile_ex.c - lengths and bytes of a savefile's packets, one call for each. */
#include <stdio.h>
#include <pcap.h>

int main(int argc, char **argv)
{
	pcap_t *fp;
	char errbuf[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	const u_char *data;
	u_int i, sum;
	int res, number = 0;

	if (argc != 2) {
		printf("usage: %s filename", argv[0]);
		return -1;
	}
	if ((fp = pcap_open_offline(argv[1], errbuf)) == NULL) {
		fprintf(stderr, "\n%s\n", errbuf);
		return -1;
	}
	while ((res = pcap_next_ex(fp, &header, &data)) >= 0) {
		for (i = sum = 0; i < header->caplen; i++)
			sum += data[i];
		printf("%d: %ld.%06ld (%u) %u\n", ++number, (long)header->ts.tv_sec, (long)header->ts.tv_usec, header->len, sum);
	}
	if (res == -1)
		printf("reading: %s\n", pcap_geterr(fp));
	pcap_close(fp);
	return 0;
}
