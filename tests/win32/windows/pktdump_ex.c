/* pktdump_ex.c - [source]: the bytes of two packets of a source, or of an adapter chosen by number. */
#include <stdlib.h>
#include <stdio.h>
#include <pcap.h>
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

#define LINE_LEN 16

int main(int argc, char **argv)
{
	pcap_if_t *alldevs, *d;
	pcap_t *fp;
	u_int inum, i = 0, seen = 0;
	char errbuf[PCAP_ERRBUF_SIZE];
	int res;
	struct pcap_pkthdr *header;
	const u_char *pkt_data;

	if (!UseNpcap())
		exit(1);
	if (argc < 2) {
		if (pcap_findalldevs_ex(PCAP_SRC_IF_STRING, NULL, &alldevs, errbuf) == -1) {
			fprintf(stderr, "listing: %s\n", errbuf);
			return -1;
		}
		for (d = alldevs; d; d = d->next)
			printf("%d. %s\n    ", ++i, d->name);
		scanf_s("%d", &inum);
		for (d = alldevs, i = 0; i < inum - 1; d = d->next, i++)
			;
		if ((fp = pcap_open(d->name, 100, PCAP_OPENFLAG_PROMISCUOUS, 20, NULL, errbuf)) == NULL) {
			fprintf(stderr, "\n%s\n", errbuf);
			return -1;
		}
	} else if ((fp = pcap_open(argv[1], 100, PCAP_OPENFLAG_PROMISCUOUS, 20, NULL, errbuf)) == NULL) {
		fprintf(stderr, "\n%s\n", errbuf);
		return -1;
	}
	while (seen < 2 && (res = pcap_next_ex(fp, &header, &pkt_data)) >= 0) {
		if (res == 0)
			continue;
		seen++;
		printf("%ld:%ld (%ld)\n", header->ts.tv_sec, header->ts.tv_usec, (long)header->len);
		for (i = 1; i < header->caplen + 1; i++) {
			printf("%.2x ", pkt_data[i - 1]);
			if ((i % LINE_LEN) == 0)
				printf("\n");
		}
		printf("\n\n");
	}
	return res == -1;
}
