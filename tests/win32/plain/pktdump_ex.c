/* pktdump_ex.c - the bytes of two packets of an adapter, sixteen a line. */
#include <stdlib.h>
#include <stdio.h>
#include <pcap.h>

#define PER_LINE 16

int main(int argc, char **argv)
{
	pcap_if_t *all, *d;
	pcap_t *fp;
	u_int number, i = 0, packets = 0;
	char errbuf[PCAP_ERRBUF_SIZE];
	int res;
	struct pcap_pkthdr *header;
	const u_char *data;

	printf("%s on %d arguments\n", "pktdump", argc);
	if (pcap_findalldevs(&all, errbuf) == -1) {
		fprintf(stderr, "%s\n", errbuf);
		return -1;
	}
	for (d = all; d; d = d->next)
		printf("%d. %s\n", ++i, d->name);
	scanf("%u", &number);
	for (d = all, i = 0; i < number - 1; d = d->next, i++)
		;
	if ((fp = pcap_open_live(d->name, 65536, 1, 20, errbuf)) == NULL) {
		fprintf(stderr, "%s\n", errbuf);
		return -1;
	}
	while ((res = pcap_next_ex(fp, &header, &data)) >= 0) {
		if (res == 0)
			continue;
		printf("%ld:%ld (%u)\n", (long)header->ts.tv_sec, (long)header->ts.tv_usec, header->len);
		for (i = 1; i < header->caplen + 1; i++) {
			printf("%.2x ", data[i - 1]);
			if (i % PER_LINE == 0)
				printf("\n");
		}
		printf("\n\n");
		if (++packets == 2)
			break;
	}
	return res == -1;
}
