/* pcap_filter.c - -s source [-o file] [-f filter]: packets of any source, filtered, to the screen or into a file. */
#include <stdlib.h>
#include <stdio.h>
#include <pcap.h>

#define MAX_PRINT 80
#define MAX_LINE 16

void usage()
{
	printf("pcap_filter -s source [-o file] [-f filter]\n");
	exit(1);
}

int main(int argc, char **argv)
{
	pcap_t *fp;
	char errbuf[PCAP_ERRBUF_SIZE];
	char *source = NULL, *ofilename = NULL, *filter = NULL;
	int i, res, seen = 0;
	pcap_dumper_t *dumpfile = NULL;
	struct bpf_program fcode;
	bpf_u_int32 NetMask;
	struct pcap_pkthdr *header;
	const u_char *pkt_data;

	if (argc == 1)
		usage();
	for (i = 1; i < argc; i += 2) {
		switch (argv[i][1]) {
		case 's':
			source = argv[i + 1];
			break;
		case 'o':
			ofilename = argv[i + 1];
			break;
		case 'f':
			filter = argv[i + 1];
			break;
		}
	}
	if (source == NULL) {
		pcap_if_t *alldevs, *d;

		if (pcap_findalldevs_ex(PCAP_SRC_IF_STRING, NULL, &alldevs, errbuf) == -1)
			exit(1);
		for (d = alldevs; d; d = d->next)
			printf("%s\n", d->name);
		usage();
	}
	if ((fp = pcap_open(source, 1514, PCAP_OPENFLAG_PROMISCUOUS, 20, NULL, errbuf)) == NULL) {
		fprintf(stderr, "\n%s\n", errbuf);
		return -2;
	}
	if (filter != NULL) {
		NetMask = 0xffffff;
		if (pcap_compile(fp, &fcode, filter, 1, NetMask) < 0 || pcap_setfilter(fp, &fcode) < 0) {
			fprintf(stderr, "\n%s\n", pcap_geterr(fp));
			return -3;
		}
	}
	if (ofilename != NULL && (dumpfile = pcap_dump_open(fp, ofilename)) == NULL)
		return -4;
	while ((res = pcap_next_ex(fp, &header, &pkt_data)) >= 0) {
		if (res == 0)
			continue;
		seen++;
		if (dumpfile) {
			pcap_dump((unsigned char *)dumpfile, header, pkt_data);
			continue;
		}
		printf("%ld:%ld (%u)\n", header->ts.tv_sec, header->ts.tv_usec, header->len);
		for (i = 1; i < (int)header->caplen + 1 && i < MAX_PRINT; i++) {
			printf("%.2x ", pkt_data[i - 1]);
			if (i % MAX_LINE == 0)
				printf("\n");
		}
		printf("\n\n");
	}
	if (dumpfile)
		pcap_dump_close(dumpfile);
	printf("%d packets\n", seen);
	return res == -1;
}
