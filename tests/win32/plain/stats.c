/* stats.c - adapter, seconds, filter: how many packets came and were lost, with a small kernel buffer. */
#include <pcap.h>

static show(pcap_t *p)
{
	struct pcap_stat s;

	if (pcap_stats(p, &s) < 0) {
		printf("statistics: %s\n", pcap_geterr(p));
		return 1;
	}
	printf("received %u dropped %u\n", s.ps_recv, s.ps_drop);
	return 0;
}

main(int argc, char **argv)
{
	pcap_t *p;
	pcap_if_t *all, *d;
	char errbuf[PCAP_ERRBUF_SIZE];
	struct bpf_program code;
	u_int mask = 0xffffff;
	int i;

	if (argc < 4) {
		printf("usage: stats adapter seconds filter\n");
		return 1;
	}
	if (pcap_findalldevs(&all, errbuf) == -1)
		return 2;
	for (d = all; d; d = d->next) {
		if (strcmp(d->name, argv[1]) == 0 && d->addresses != NULL)
			mask = ((struct sockaddr_in *)(d->addresses->netmask))->sin_addr.S_un.S_addr;
	}
	pcap_freealldevs(all);
	if ((p = pcap_open_live(argv[1], 65536, 1, 1000, errbuf)) == NULL) {
		printf("%s\n", errbuf);
		return 2;
	}
	if (pcap_setbuff(p, 16000) < 0) {
		printf("buffer: %s\n", pcap_geterr(p));
		return 2;
	}
	if (pcap_compile(p, &code, argv[3], 1, mask) < 0 || pcap_setfilter(p, &code) < 0) {
		printf("filter: %s\n", pcap_geterr(p));
		return 2;
	}
	for (i = 0; i < atoi(argv[2]); i++) {
		Sleep(1000);
		if (show(p))
			return 3;
	}
	return 0;
}
