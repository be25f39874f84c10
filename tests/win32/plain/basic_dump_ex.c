/* basic_dump_ex.c - time and length of the first three packets of an adapter, one call for each. */
#include <pcap.h>

int main()
{
	pcap_if_t *all, *d;
	int number, res, i = 0, seen = 0;
	pcap_t *handle;
	char errbuf[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	const u_char *data;

	if (pcap_findalldevs(&all, errbuf) == -1) {
		printf("listing: %s\n", errbuf);
		return -1;
	}
	for (d = all; d; d = d->next)
		printf("%d. %s\n", ++i, d->name);
	if (i == 0)
		return -1;
	printf("Number (1-%d): ", i);
	scanf("%d", &number);
	for (d = all, i = 0; i < number - 1; d = d->next, i++)
		;
	if ((handle = pcap_open_live(d->name, 65536, 1, 100, errbuf)) == NULL) {
		printf("%s\n", errbuf);
		return -1;
	}
	pcap_freealldevs(all);
	while (seen < 3 && (res = pcap_next_ex(handle, &header, &data)) >= 0) {
		if (res == 0)
			continue;
		printf("%d.%.6d len:%d first:%02x\n", (int)header->ts.tv_sec, (int)header->ts.tv_usec, header->len, data[0]);
		seen++;
	}
	if (res == -1) {
		printf("reading: %s\n", pcap_geterr(handle));
		return -1;
	}
	pcap_close(handle);
	return 0;
}
