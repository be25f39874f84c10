/* basic_dump_ex.c - time and length of three packets, one call for each. */
#include "misc.h"

int main()
{
	pcap_if_t *alldevs, *d;
	int inum, res, i = 0, seen = 0;
	pcap_t *fp;
	struct tm ltime;
	char timestr[16];
	struct pcap_pkthdr *header;
	const u_char *pkt_data;
	time_t local_tv_sec;
	char errbuf[PCAP_ERRBUF_SIZE];

	if (!UseNpcap() || pcap_findalldevs_ex(PCAP_SRC_IF_STRING, NULL, &alldevs, errbuf) == -1)
		exit(1);
	for (d = alldevs; d; d = d->next)
		printf("%d. %s\n", ++i, d->name);
	scanf_s("%d", &inum);
	for (d = alldevs, i = 0; i < inum - 1; d = d->next, i++)
		;
	if ((fp = pcap_open(d->name, 65536, PCAP_OPENFLAG_PROMISCUOUS, 50, NULL, errbuf)) == NULL) {
		fprintf(stderr, "\n%s\n", errbuf);
		return -1;
	}
	while (seen < 3 && (res = pcap_next_ex(fp, &header, &pkt_data)) >= 0) {
		if (res == 0)
			continue;
		local_tv_sec = header->ts.tv_sec;
		localtime_s(&ltime, &local_tv_sec);
		strftime(timestr, sizeof timestr, "%H:%M:%S", &ltime);
		printf("%s,%.6d len:%d\n", timestr, header->ts.tv_usec, header->len);
		seen++;
	}
	return res < 0;
}
