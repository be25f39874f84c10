/* events.c - two adapters, milliseconds: waits for both captures and for an event of its own, which a thread sets when the
 * time is up; what is signalled is read without blocking. */
#include <pcap.h>

static HANDLE finish;

static DWORD WINAPI clock_thread(LPVOID milliseconds)
{
	Sleep(*(DWORD *)milliseconds);
	SetEvent(finish);
	return 0;
}

static pcap_t *open_adapter(const char *name)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_open_live(name, 2000, 1, 1000, errbuf);

	if (!p || pcap_setmintocopy(p, 0) != 0 || pcap_setnonblock(p, 1, errbuf) != 0) {
		printf("%s: %s\n", name, p ? pcap_geterr(p) : errbuf);
		exit(1);
	}
	return p;
}

int main(int argc, char **argv)
{
	pcap_t *p[2];
	HANDLE handles[3], timer;
	struct pcap_pkthdr *header;
	u_char *data;
	DWORD which, milliseconds, woken = 0, counts[2] = { 0, 0 };
	int i;

	if (argc != 4)
		return 2;
	for (i = 0; i < 2; i++) {
		p[i] = open_adapter(argv[1 + i]);
		handles[i] = pcap_getevent(p[i]);
		if (handles[i] == INVALID_HANDLE_VALUE) {
			printf("%s\n", pcap_geterr(p[i]));
			return 1;
		}
	}
	milliseconds = atoi(argv[3]);
	handles[2] = finish = CreateEvent(NULL, TRUE, FALSE, NULL);
	timer = CreateThread(NULL, 0, clock_thread, &milliseconds, 0, NULL);
	if (WaitForSingleObject(handles[0], 0) != WAIT_TIMEOUT)
		printf("signalled, with nothing to read\n");
	while ((which = WaitForMultipleObjects(3, handles, FALSE, INFINITE)) != WAIT_OBJECT_0 + 2) {
		if (which == WAIT_FAILED) {
			printf("waiting: error %u\n", GetLastError());
			return 1;
		}
		woken++;
		while (pcap_next_ex(p[which - WAIT_OBJECT_0], &header, &data) == 1)
			counts[which - WAIT_OBJECT_0]++;
	}
	SetEvent(handles[0]);
	if (WaitForMultipleObjects(2, handles, FALSE, 0) != WAIT_OBJECT_0)
		printf("a capture's event was set in vain\n");
	ResetEvent(handles[0]);
	if (WaitForMultipleObjects(2, handles, FALSE, 0) != WAIT_TIMEOUT)
		printf("a capture's event was reset in vain\n");
	WaitForSingleObject(timer, INFINITE);
	CloseHandle(timer);
	CloseHandle(finish);
	pcap_close(p[0]);
	pcap_close(p[1]);
	printf("%u and %u packets, woken at most %s\n", counts[0], counts[1],
		woken <= counts[0] + counts[1] ? "once a packet" : "in vain");
	return 0;
}
