/* udp_dump.c - who talks UDP to whom on an adapter: lists, filters by the adapter's netmask, and prints three packets. */
#include <pcap.h>
#include <time.h>
#ifndef _WIN32
#include <sys/socket.h>
#include <netinet/in.h>
#else
#include <winsock.h>
#endif

static VOID show(u_char *param, const struct pcap_pkthdr *header, const u_char *data);

static BOOL find_npcap(VOID)
{
	CHAR folder[512];
	UINT length = GetSystemDirectory(folder, 480);

	if (length == 0) {
		fprintf(stderr, "no system directory, error %x\n", GetLastError());
		return FALSE;
	}
	strcat_s(folder, 512, "\\Npcap");
	return SetDllDirectory(folder);
}

int main()
{
	pcap_if_t *all, *d;
	pcap_t *adapter;
	char errbuf[PCAP_ERRBUF_SIZE];
	struct bpf_program program;
	u_int netmask = 0xffffff;
	int wanted, i = 0;

	if (!find_npcap()) {
		fprintf(stderr, "Npcap is not there\n");
		exit(1);
	}
	if (pcap_findalldevs(&all, errbuf) == -1) {
		fprintf(stderr, "listing: %s\n", errbuf);
		exit(1);
	}
	for (d = all; d; d = d->next)
		printf("%d. %s\n", ++i, d->name);
	printf("Which one (1-%d)? ", i);
	scanf("%d", &wanted);
	for (d = all, i = 1; i < wanted && d; d = d->next)
		i++;
	if (wanted < 1 || !d) {
		printf("\nThere is no such adapter.\n");
		pcap_freealldevs(all);
		return -1;
	}
	if ((adapter = pcap_open_live(d->name, 65536, 1, 1000, errbuf)) == NULL) {
		fprintf(stderr, "\n%s\n", errbuf);
		pcap_freealldevs(all);
		return -1;
	}
	if (pcap_datalink(adapter) != DLT_EN10MB) {
		fprintf(stderr, "\nEthernet only.\n");
		return -1;
	}
	if (d->addresses != NULL)
		netmask = ((struct sockaddr_in *)(d->addresses->netmask))->sin_addr.S_un.S_addr;
	printf("netmask %08x\n", ntohl(netmask));
	if (pcap_compile(adapter, &program, "ip and udp", 1, netmask) < 0 || pcap_setfilter(adapter, &program) < 0) {
		fprintf(stderr, "\nThe filter failed: %s\n", pcap_geterr(adapter));
		return -1;
	}
	pcap_freealldevs(all);
	pcap_loop(adapter, 3, show, NULL);
	pcap_close(adapter);
	return 0;
}

typedef struct address {
	u_char a, b, c, d;
} address;

static VOID show(u_char *param, const struct pcap_pkthdr *header, const u_char *data)
{
	const u_char *ip = data + 14, *udp = ip + (ip[0] & 0xf) * 4;
	const address *from = (const address *)(ip + 12), *to = (const address *)(ip + 16);
	struct tm *local;
	time_t seconds = header->ts.tv_sec;
	char when[16];

	(VOID)(param);
	local = localtime(&seconds);
	strftime(when, sizeof when, "%H:%M:%S", local);
	printf("%s.%.6d len:%d %d.%d.%d.%d.%d -> %d.%d.%d.%d.%d\n", when, (int)header->ts.tv_usec, header->len, from->a, from->b,
		from->c, from->d, ntohs(*(u_short *)udp), to->a, to->b, to->c, to->d, ntohs(*(u_short *)(udp + 2)));
}
