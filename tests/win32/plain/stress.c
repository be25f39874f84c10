/* stress.c - adapter, milliseconds: one thread sends, another reads, and a third opens, filters and closes, until told. */
#include <pcap.h>
#include <time.h>

typedef struct shared {
	char *name;
	CRITICAL_SECTION lock;
	volatile BOOL stop;
	DWORD sent, received, opened;
	UCHAR frame[100];
} shared;

static pcap_t *open_adapter(shared *s)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_open_live(s->name, 96, 1, 10, errbuf);

	if (p == NULL) {
		EnterCriticalSection(&s->lock);
		printf("%s\n", errbuf);
		LeaveCriticalSection(&s->lock);
	}
	return p;
}

DWORD WINAPI sender(LPVOID parameter)
{
	shared *s = (shared *)parameter;
	pcap_t *p = open_adapter(s);

	if (p == NULL)
		return 1;
	if (pcap_get_airpcap_handle(p) != NULL)
		printf("on the air\n");
	while (!s->stop) {
		if (pcap_sendpacket(p, s->frame, sizeof(s->frame)) == 0) {
			EnterCriticalSection(&s->lock);
			s->sent++;
			LeaveCriticalSection(&s->lock);
		}
		Sleep(1);
	}
	pcap_close(p);
	return 0;
}

DWORD WINAPI reader(LPVOID parameter)
{
	shared *s = (shared *)parameter;
	pcap_t *p = open_adapter(s);
	struct pcap_pkthdr *header;
	const u_char *data;

	if (p == NULL)
		return 1;
	while (!s->stop) {
		if (pcap_next_ex(p, &header, &data) == 1) {
			EnterCriticalSection(&s->lock);
			s->received++;
			LeaveCriticalSection(&s->lock);
		}
	}
	pcap_close(p);
	return 0;
}

DWORD WINAPI opener(LPVOID parameter)
{
	shared *s = (shared *)parameter;

	while (!s->stop) {
		struct bpf_program code;
		pcap_t *p = open_adapter(s);

		if (p == NULL)
			return 1;
		if (pcap_compile(p, &code, "ether[0] & 1 = 0", 1, 0) == 0) {
			if (pcap_setfilter(p, &code) != 0)
				return 2;
			pcap_freecode(&code);
		}
		pcap_close(p);
		s->opened++;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static LPTHREAD_START_ROUTINE work[3] = { sender, reader, opener };
	HANDLE threads[3];
	shared s;
	int i;
	DWORD started = GetTickCount(), code, failures = 0;

	if (argc != 3)
		return 1;
	memset(&s, 0, sizeof(s));
	s.name = argv[1];
	memset(s.frame, 2, sizeof(s.frame));
	InitializeCriticalSection(&s.lock);
	for (i = 0; i < 3; i++) {
		threads[i] = CreateThread(NULL, 0, work[i], &s, 0, NULL);
		if (threads[i] == NULL) {
			printf("no thread, error %d\n", GetLastError());
			return 1;
		}
	}
	if (WaitForSingleObject(threads[0], atoi(argv[2])) != WAIT_TIMEOUT)
		failures++;
	if (GetTickCount() - started < (DWORD)atoi(argv[2]) - 1)
		failures++;
	s.stop = TRUE;
	for (i = 0; i < 3; i++) {
		while (WaitForSingleObject(threads[i], 500) == WAIT_TIMEOUT)
			printf("thread %d is slow\n", i);
		if (!GetExitCodeThread(threads[i], &code) || code != 0)
			failures++;
		CloseHandle(threads[i]);
	}
	DeleteCriticalSection(&s.lock);
	printf("sent %s received %s opened %s failures %d\n", s.sent ? "some" : "none", s.received ? "some" : "none",
		s.opened ? "some" : "none", failures);
	return 0;
}
