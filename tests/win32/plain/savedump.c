/* savedump.c - an adapter's first three packets into the file of the first argument, its number from standard input. */
#include <pcap.h>

void save(u_char *dumpfile, const struct pcap_pkthdr *header, const u_char *data)
{
	pcap_dump(dumpfile, header, data);
}

int main(int argc, char **argv)
{
	pcap_if_t *all, *d;
	int number, i = 0;
	pcap_t *handle;
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_dumper_t *dumpfile;

	if (argc != 2) {
		printf("usage: %s filename", argv[0]);
		return -1;
	}
	if (pcap_findalldevs(&all, errbuf) == -1)
		exit(1);
	for (d = all; d; d = d->next)
		printf("%d. %s\n", ++i, d->name);
	scanf("%d", &number);
	for (d = all, i = 0; i < number - 1; d = d->next, i++)
		;
	if ((handle = pcap_open_live(d->name, 65536, 1, 1000, errbuf)) == NULL || !(dumpfile = pcap_dump_open(handle, argv[1]))) {
		fprintf(stderr, "cannot save\n");
		return -1;
	}
	pcap_freealldevs(all);
	pcap_loop(handle, 3, save, (unsigned char *)dumpfile);
	pcap_dump_close(dumpfile);
	pcap_close(handle);
	return 0;
}
