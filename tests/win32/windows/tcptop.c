/* tcptop.c - adapter: packets and bits a second of what passes a filter, as statistics mode counts them, three times. */
#include <stdlib.h>
#include <stdio.h>
#include <pcap.h>
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

void usage();
void dispatcher_handler(u_char *, const struct pcap_pkthdr *, const u_char *);

void main(int argc, char **argv)
{
	pcap_t *fp;
	char errbuf[PCAP_ERRBUF_SIZE];
	struct timeval st_ts;
	u_int netmask;
	struct bpf_program fcode;

	if (!UseNpcap() || argc != 3) {
		usage();
		return;
	}
	if ((fp = pcap_open(argv[1], 100, PCAP_OPENFLAG_PROMISCUOUS, 300, NULL, errbuf)) == NULL) {
		fprintf(stderr, "\n%s\n", errbuf);
		return;
	}
	netmask = 0xffffff;
	if (pcap_compile(fp, &fcode, argv[2], 1, netmask) < 0 || pcap_setfilter(fp, &fcode) < 0) {
		fprintf(stderr, "\n%s\n", pcap_geterr(fp));
		return;
	}
	if (pcap_setmode(fp, MODE_STAT) < 0) {
		fprintf(stderr, "\n%s\n", pcap_geterr(fp));
		pcap_close(fp);
		return;
	}
	st_ts.tv_sec = 0;
	st_ts.tv_usec = 0;
	pcap_loop(fp, 3, dispatcher_handler, (PUCHAR)&st_ts);
	pcap_close(fp);
}

void dispatcher_handler(u_char *state, const struct pcap_pkthdr *header, const u_char *pkt_data)
{
	struct timeval *old_ts = (struct timeval *)state;
	u_int delay;
	LARGE_INTEGER Bps, Pps;
	struct tm ltime;
	char timestr[16];
	time_t local_tv_sec;
	LONGLONG packets;

	delay = (header->ts.tv_sec - old_ts->tv_sec) * 1000000 - old_ts->tv_usec + header->ts.tv_usec;
	Bps.QuadPart = (((*(LONGLONG *)(pkt_data + 8)) * 8 * 1000000) / (delay));
	Pps.QuadPart = (((*(LONGLONG *)(pkt_data)) * 1000000) / (delay));
	packets = ((LARGE_INTEGER *)pkt_data)->QuadPart;
	local_tv_sec = header->ts.tv_sec;
	localtime_s(&ltime, &local_tv_sec);
	strftime(timestr, sizeof timestr, "%H:%M:%S", &ltime);
	printf("%s ", timestr);
	printf("BPS=%I64u ", Bps.QuadPart);
	printf("PPS=%I64u packets=%I64d\n", Pps.QuadPart, packets);
	old_ts->tv_sec = header->ts.tv_sec;
	old_ts->tv_usec = header->ts.tv_usec;
}

void usage()
{
	printf("usage: tcptop adapter filter\n");
	exit(0);
}
