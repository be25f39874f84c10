/* savedump.c - three packets of an adapter into a file. */
#include "misc.h"

void packet_handler(u_char *dumpfile, const struct pcap_pkthdr *header, const u_char *pkt_data)
{
	pcap_dump(dumpfile, header, pkt_data);
}

int main(int argc, char **argv)
{
	pcap_if_t *alldevs, *d;
	int inum, i = 0;
	pcap_t *fp;
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_dumper_t *dumpfile;

	if (!UseNpcap() || argc != 2)
		return -1;
	if (pcap_findalldevs_ex(PCAP_SRC_IF_STRING, NULL, &alldevs, errbuf) == -1) {
		fprintf(stderr, "listing: %s\n", errbuf);
		exit(1);
	}
	for (d = alldevs; d; d = d->next)
		printf("%d. %s\n", ++i, d->name);
	scanf_s("%d", &inum);
	for (d = alldevs, i = 0; i < inum - 1; d = d->next, i++)
		;
	if ((fp = pcap_open(d->name, 65536, PCAP_OPENFLAG_PROMISCUOUS, 1000, NULL, errbuf)) == NULL ||
	    (dumpfile = pcap_dump_open(fp, argv[1])) == NULL) {
		fprintf(stderr, "\nnot saved\n");
		return -1;
	}
	pcap_freealldevs(alldevs);
	pcap_loop(fp, 3, packet_handler, (unsigned char *)dumpfile);
	pcap_dump_close(dumpfile);
	pcap_close(fp);
	return 0;
}
