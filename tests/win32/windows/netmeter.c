/* netmeter.c - adapter, milliseconds: the load of an adapter as statistics mode counts it, with the least of each packet
 * and of the buffer; a thread counts until the main one has waited long enough. */
#include <pcap.h>
#include <tchar.h>

typedef struct {
	pcap_t *adapter;
	CRITICAL_SECTION lock;
	ULONGLONG packets, bytes;
	LONG records;
} METER;

static void record_handler(u_char *param, const struct pcap_pkthdr *header, const u_char *data)
{
	METER *meter = (METER *)param;
	const LARGE_INTEGER *record = (const LARGE_INTEGER *)data;

	EnterCriticalSection(&meter->lock);
	meter->packets += record[0].QuadPart;
	meter->bytes += record[1].QuadPart;
	meter->records++;
	LeaveCriticalSection(&meter->lock);
}

static DWORD WINAPI meter_thread(LPVOID param)
{
	METER *meter = (METER *)param;

	return pcap_loop(meter->adapter, 0, record_handler, (PUCHAR)meter);
}

int _tmain(int argc, _TCHAR **argv)
{
	METER meter;
	pcap_if_t *all, *d;
	char errbuf[PCAP_ERRBUF_SIZE];
	HANDLE thread;
	DWORD result;

	if (argc != 3)
		return 2;
	if (pcap_findalldevs_ex(PCAP_SRC_IF_STRING, NULL, &all, errbuf) == -1) {
		_tprintf(_T("%s\n"), errbuf);
		return 1;
	}
	for (d = all; d && strcmp(d->name, argv[1]) != 0; d = d->next)
		;
	if (d == NULL) {
		_tprintf(_T("no such adapter\n"));
		return 1;
	}
	memset(&meter, 0, sizeof(meter));
	meter.adapter = pcap_open(d->name, 1, PCAP_OPENFLAG_PROMISCUOUS, 100, NULL, errbuf);
	pcap_freealldevs(all);
	if (meter.adapter == NULL) {
		_tprintf(_T("%s\n"), errbuf);
		return 1;
	}
	if (pcap_setmode(meter.adapter, MODE_STAT) < 0 || pcap_setbuff(meter.adapter, 256) < 0 ||
	    pcap_setmintocopy(meter.adapter, 0) < 0) {
		_tprintf(_T("%s\n"), pcap_geterr(meter.adapter));
		return 1;
	}
	InitializeCriticalSection(&meter.lock);
	thread = CreateThread(NULL, 0, meter_thread, &meter, 0, NULL);
	Sleep(atoi(argv[2]));
	pcap_breakloop(meter.adapter);
	if (WaitForSingleObject(thread, 5000) != WAIT_OBJECT_0 || !GetExitCodeThread(thread, &result)) {
		_tprintf(_T("the thread did not end\n"));
		return 1;
	}
	_tprintf(_T("%I64u packets, %I64u bytes in %d records, ended with %d\n"), meter.packets, meter.bytes, meter.records,
		 (int)result);
	CloseHandle(thread);
	DeleteCriticalSection(&meter.lock);
	pcap_close(meter.adapter);
	return 0;
}
