/* basic_dump.c - time and length of the first three packets of an adapter, by a handler. */
#include <pcap.h>

static VOID on_packet(u_char *user, const struct pcap_pkthdr *header, const u_char *data)
{
	char when[16];
	time_t seconds;

	(VOID)(user);
	(VOID)(data);
	seconds = header->ts.tv_sec;
	strftime(when, sizeof when, "%H:%M:%S", localtime(&seconds));
	printf("%s,%.6d len:%d\n", when, (int)header->ts.tv_usec, header->len);
}

int main()
{
	pcap_if_t *all;
	pcap_if_t *d;
	int number;
	int i = 0;
	pcap_t *handle;
	char errbuf[PCAP_ERRBUF_SIZE];

	if (pcap_findalldevs(&all, errbuf) == -1) {
		fprintf(stderr, "listing: %s\n", errbuf);
		exit(1);
	}
	for (d = all; d; d = d->next) {
		printf("%d. %s", ++i, d->name);
		printf(d->description ? " (%s)\n" : "\n", d->description);
	}
	printf("Number (1-%d): ", i);
	scanf("%d", &number);
	for (d = all, i = 0; i < number - 1; d = d->next, i++)
		;
	if ((handle = pcap_open_live(d->name, 65536, 1, 1000, errbuf)) == NULL) {
		fprintf(stderr, "\n%s\n", errbuf);
		return -1;
	}
	printf("\nlistening on %s...\n", d->description ? d->description : d->name);
	pcap_freealldevs(all);
	pcap_loop(handle, 3, on_packet, NULL);
	pcap_close(handle);
	return 0;
}
