/* smp_1.c - packets of an adapter chosen by name from standard input, after a key, counted until three are there. */
#include <conio.h>
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

int main()
{
	pcap_if_t *alldevs, *d;
	pcap_t *fp;
	char errbuf[PCAP_ERRBUF_SIZE], name[128];
	struct pcap_pkthdr *header;
	const u_char *data;
	int key, res, seen = 0;

	if (!UseNpcap())
		return 1;
	if (pcap_findalldevs_ex(PCAP_SRC_IF_STRING, NULL, &alldevs, errbuf) == -1) {
		fprintf(stderr, "listing: %s\n", errbuf);
		return 1;
	}
	for (d = alldevs; d; d = d->next)
		printf("%s\n", d->name);
	printf("Which? ");
	if (scanf_s("%127s%*c", name, (unsigned)_countof(name)) != 1)
		return 2;
	printf("\nPress a key.\n");
	key = _getch();
	printf("key %d\n", key);
	if ((fp = pcap_open(name, 65536, PCAP_OPENFLAG_PROMISCUOUS, 100, NULL, errbuf)) == NULL) {
		fprintf(stderr, "%s\n", errbuf);
		return 3;
	}
	while (seen < 3 && !_kbhit() && (res = pcap_next_ex(fp, &header, &data)) >= 0)
		seen += res;
	printf("%d packets%s\n", seen, _kbhit() ? ", and a key" : "");
	pcap_close(fp);
	return 0;
}
