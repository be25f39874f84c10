/* pcap_filter.c - -i adapter -o file [-f filter] [-n packets]: an adapter's packets that pass a filter, into a file. */
#include <pcap.h>

void usage();

int main(int argc, char **argv)
{
	char *device = NULL, *outfile = NULL, *filter = NULL;
	int i, count = INT_MAX, res;
	pcap_t *fp;
	pcap_dumper_t *out;
	char errbuf[PCAP_ERRBUF_SIZE];
	struct bpf_program code;
	struct pcap_pkthdr *header;
	const u_char *data;

	for (i = 1; i < argc - 1; i += 2) {
		switch (argv[i][1]) {
		case 'i':
			device = argv[i + 1];
			break;
		case 'o':
			outfile = argv[i + 1];
			break;
		case 'f':
			filter = argv[i + 1];
			break;
		case 'n':
			count = atoi(argv[i + 1]);
			break;
		}
	}
	if (!device || !outfile) {
		usage();
		return -1;
	}
	if ((fp = pcap_create(device, errbuf)) == NULL) {
		fprintf(stderr, "%s\n", errbuf);
		return -2;
	}
	if (pcap_set_snaplen(fp, 65536) || pcap_set_promisc(fp, 1) || pcap_set_timeout(fp, 100) || pcap_activate(fp) < 0) {
		fprintf(stderr, "%s\n", pcap_geterr(fp));
		return -2;
	}
	if (filter && (pcap_compile(fp, &code, filter, 1, PCAP_NETMASK_UNKNOWN) < 0 || pcap_setfilter(fp, &code) < 0)) {
		fprintf(stderr, "%s\n", pcap_geterr(fp));
		return -3;
	}
	out = pcap_dump_open(fp, outfile);
	if (out == NULL) {
		fprintf(stderr, "%s\n", pcap_geterr(fp));
		return -4;
	}
	for (i = 0; i < count && (res = pcap_next_ex(fp, &header, &data)) >= 0; ) {
		if (res == 0)
			continue;
		pcap_dump((unsigned char *)out, header, data);
		i++;
	}
	pcap_dump_close(out);
	pcap_close(fp);
	printf("%d of %d\n", i, INT_MAX);
	return 0;
}

void usage()
{
	printf("pcap_filter -i adapter -o file [-f filter] [-n packets]\n");
}
