/* basic_dump.c - time and length of three packets, by a handler. */
#include "misc.h"

void packet_handler(u_char *param, const struct pcap_pkthdr *header, const u_char *pkt_data)
{
	struct tm ltime;
	char timestr[16];
	time_t local_tv_sec;

	(VOID)(param);
	(VOID)(pkt_data);
	local_tv_sec = header->ts.tv_sec;
	localtime_s(&ltime, &local_tv_sec);
	strftime(timestr, sizeof timestr, "%H:%M:%S", &ltime);
	printf("%s,%.6d len:%d\n", timestr, header->ts.tv_usec, header->len);
}

int main()
{
	pcap_if_t *alldevs;
	pcap_if_t *d;
	int inum;
	int i = 0;
	pcap_t *fp;
	char errbuf[PCAP_ERRBUF_SIZE];

	if (!UseNpcap())
		exit(1);
	if (pcap_findalldevs_ex(PCAP_SRC_IF_STRING, NULL, &alldevs, errbuf) == -1) {
		fprintf(stderr, "listing: %s\n", errbuf);
		exit(1);
	}
	for (d = alldevs; d; d = d->next)
		printf("%d. %s\n", ++i, d->name);
	printf("Number (1-%d):", i);
	scanf_s("%d", &inum);
	for (d = alldevs, i = 0; i < inum - 1; d = d->next, i++)
		;
	if ((fp = pcap_open(d->name, 65536, PCAP_OPENFLAG_PROMISCUOUS, 1000, NULL, errbuf)) == NULL) {
		fprintf(stderr, "\n%s\n", errbuf);
		return -1;
	}
	printf("\nlistening on %s...\n", d->description);
	pcap_freealldevs(alldevs);
	pcap_loop(fp, 3, packet_handler, NULL);
	return 0;
}
