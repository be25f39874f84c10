/* bridge.c - two numbers from standard input: what one adapter receives goes out of the other, both ways, until Ctrl-C. */
#include <signal.h>
#include <stdio.h>
#include <tchar.h>
#include <pcap.h>

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

DWORD WINAPI Forward(LPVOID lpParameter);
void ctrlc(int sig);

typedef struct _couple {
	unsigned int state;
	pcap_t *in, *out;
} couple;

CRITICAL_SECTION print_cs;
volatile int stop;
HANDLE threads[2];

void main()
{
	pcap_if_t *alldevs, *d;
	int inum1, inum2, i = 0;
	pcap_t *one, *two;
	char errbuf[PCAP_ERRBUF_SIZE];
	u_int mask1 = 0xffffff;
	struct bpf_program fcode;
	couple couple0, couple1;

	if (!UseNpcap())
		exit(1);
	if (pcap_findalldevs_ex(PCAP_SRC_IF_STRING, NULL, &alldevs, errbuf) == -1) {
		fprintf(stderr, "listing: %s\n", errbuf);
		exit(1);
	}
	for (d = alldevs; d; d = d->next)
		printf("%d. %s\n", ++i, d->name);
	printf("First: ");
	scanf_s("%d", &inum1);
	printf("Second: ");
	scanf_s("%d", &inum2);
	if (inum1 < 1 || inum1 > i || inum2 < 1 || inum2 > i || inum1 == inum2) {
		printf("\nOut of range.\n");
		return;
	}
	for (d = alldevs, i = 0; i < inum1 - 1; d = d->next, i++)
		;
	one = pcap_open(d->name, 65536, PCAP_OPENFLAG_PROMISCUOUS | PCAP_OPENFLAG_NOCAPTURE_LOCAL |
		PCAP_OPENFLAG_MAX_RESPONSIVENESS, 500, NULL, errbuf);
	if (one == NULL) {
		fprintf(stderr, "\n%s\n", errbuf);
		exit(2);
	}
	if (d->addresses != NULL)
		mask1 = ((struct sockaddr_in *)(d->addresses->netmask))->sin_addr.S_un.S_addr;
	for (d = alldevs, i = 0; i < inum2 - 1; d = d->next, i++)
		;
	two = pcap_open(d->name, 65536, PCAP_OPENFLAG_PROMISCUOUS | PCAP_OPENFLAG_NOCAPTURE_LOCAL |
		PCAP_OPENFLAG_MAX_RESPONSIVENESS, 500, NULL, errbuf);
	if (two == NULL) {
		fprintf(stderr, "\n%s\n", errbuf);
		exit(2);
	}
	if (pcap_compile(one, &fcode, "ip", 1, mask1) < 0 || pcap_setfilter(one, &fcode) < 0) {
		fprintf(stderr, "\n%s\n", pcap_geterr(one));
		exit(3);
	}
	pcap_freealldevs(alldevs);
	InitializeCriticalSection(&print_cs);
	couple0.state = 0;
	couple0.in = one;
	couple0.out = two;
	couple1.state = 1;
	couple1.in = two;
	couple1.out = one;
	if ((threads[0] = CreateThread(NULL, 0, Forward, &couple0, 0, NULL)) == NULL) {
		fprintf(stderr, "no first thread");
		return;
	}
	if ((threads[1] = CreateThread(NULL, 0, Forward, &couple1, 0, NULL)) == NULL) {
		fprintf(stderr, "no second thread");
		TerminateThread(threads[0], -1);
		CloseHandle(threads[0]);
		return;
	}
	signal(SIGINT, ctrlc);
	printf("\nbridging\n");
	fflush(stdout);
	Sleep(INFINITE);
}

DWORD WINAPI Forward(LPVOID lpParameter)
{
	struct pcap_pkthdr *header;
	const u_char *pkt_data;
	int res = 0;
	couple *ad = lpParameter;
	unsigned int n_fwd = 0;

	while (!stop && (res = pcap_next_ex(ad->in, &header, &pkt_data)) >= 0) {
		if (res == 0)
			continue;
		if (pcap_sendpacket(ad->out, pkt_data, header->caplen) != 0) {
			EnterCriticalSection(&print_cs);
			printf("sending: %s\n", pcap_geterr(ad->out));
			LeaveCriticalSection(&print_cs);
		} else {
			n_fwd++;
		}
	}
	EnterCriticalSection(&print_cs);
	printf("direction %u forwarded %u\n", ad->state, n_fwd);
	fflush(stdout);
	LeaveCriticalSection(&print_cs);
	return 0;
}

void ctrlc(int sig)
{
	(VOID)(sig);
	stop = 1;
	if (WaitForMultipleObjects(2, threads, TRUE, 5000) == WAIT_TIMEOUT) {
		TerminateThread(threads[0], 0);
		TerminateThread(threads[1], 0);
	}
	exit(0);
}
