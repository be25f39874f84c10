/* readfile.c - lengths and bytes of a savefile's packets, by a handler. */
#include <stdio.h>
#include <pcap.h>

static void handler(u_char *number, const struct pcap_pkthdr *header, const u_char *data)
{
	u_int i, sum = 0;

	for (i = 0; i < header->caplen; i++)
		sum += data[i];
	printf("%d: %ld.%06ld (%u) %u\n", ++*(int *)number, (long)header->ts.tv_sec, (long)header->ts.tv_usec, header->len, sum);
}

int main(int argc, char **argv)
{
	pcap_t *fp;
	int number = 0;
	char errbuf[PCAP_ERRBUF_SIZE];

	if (argc != 2) {
		printf("usage: %s filename", argv[0]);
		return -1;
	}
	if ((fp = pcap_open_offline(argv[1], errbuf)) == NULL) {
		fprintf(stderr, "\n%s\n", errbuf);
		return -1;
	}
	pcap_loop(fp, 0, handler, (u_char *)&number);
	pcap_close(fp);
	return 0;
}
