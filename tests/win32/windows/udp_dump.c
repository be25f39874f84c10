/* udp_dump.c - who talks UDP to whom, on an adapter chosen by its number: Winsock's header by its capital, scanf_s, S_un. */
#include <pcap.h>
#include <Winsock2.h>
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

typedef struct ip_start {
	u_char ver_ihl, tos;
	u_short tlen, identification, flags_fo;
	u_char ttl, proto;
	u_short crc;
	u_char from[4], to[4];
} ip_start;

void on_packet(u_char *param, const struct pcap_pkthdr *header, const u_char *data)
{
	struct tm ltime;
	char when[16];
	const ip_start *ih;
	const u_char *uh;
	u_int ip_len;
	time_t seconds;

	(VOID)(param);
	seconds = header->ts.tv_sec;
	localtime_s(&ltime, &seconds);
	strftime(when, sizeof when, "%H:%M:%S", &ltime);
	ih = (ip_start *)(data + 14);
	ip_len = (ih->ver_ihl & 0xf) * 4;
	uh = (u_char *)ih + ip_len;
	printf("%s.%.6d len:%d ", when, header->ts.tv_usec, header->len);
	printf("%d.%d.%d.%d.%d -> %d.%d.%d.%d.%d\n", ih->from[0], ih->from[1], ih->from[2], ih->from[3],
		ntohs(*(u_short *)uh), ih->to[0], ih->to[1], ih->to[2], ih->to[3], ntohs(*(u_short *)(uh + 2)));
}

int main()
{
	pcap_if_t *alldevs, *d;
	int inum, i = 0;
	pcap_t *adhandle;
	char errbuf[PCAP_ERRBUF_SIZE];
	u_int netmask;
	struct bpf_program fcode;

	if (!UseNpcap()) {
		fprintf(stderr, "no Npcap\n");
		exit(1);
	}
	if (pcap_findalldevs_ex(PCAP_SRC_IF_STRING, NULL, &alldevs, errbuf) == -1) {
		fprintf(stderr, "listing: %s\n", errbuf);
		exit(1);
	}
	for (d = alldevs; d; d = d->next)
		printf("%d. %s (%s)\n", ++i, d->name, d->description);
	printf("Number (1-%d):", i);
	scanf_s("%d", &inum);
	if (inum < 1 || inum > i) {
		printf("\nOut of range.\n");
		pcap_freealldevs(alldevs);
		return -1;
	}
	for (d = alldevs, i = 0; i < inum - 1; d = d->next, i++)
		;
	if ((adhandle = pcap_open(d->name, 65536, PCAP_OPENFLAG_PROMISCUOUS, 1000, NULL, errbuf)) == NULL) {
		fprintf(stderr, "\nopening %s: %s\n", d->name, errbuf);
		pcap_freealldevs(alldevs);
		return -1;
	}
	if (pcap_datalink(adhandle) != DLT_EN10MB)
		return -1;
	if (d->addresses != NULL)
		netmask = ((struct sockaddr_in *)(d->addresses->netmask))->sin_addr.S_un.S_addr;
	else
		netmask = 0xffffff;
	printf("\nmask %08x\n", ntohl(netmask));
	if (pcap_compile(adhandle, &fcode, "ip and udp", 1, netmask) < 0 || pcap_setfilter(adhandle, &fcode) < 0) {
		fprintf(stderr, "\nfilter: %s\n", pcap_geterr(adhandle));
		return -1;
	}
	pcap_freealldevs(alldevs);
	pcap_loop(adhandle, 3, on_packet, NULL);
	return 0;
}
