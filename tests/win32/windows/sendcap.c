/* sendcap.c - file, adapter, s(ynchronised) or n: a savefile through a send queue, which is as large as the file less 24. */
#include <stdlib.h>
#include <stdio.h>
#include <time.h>
#include <pcap.h>
#ifdef _WIN32
#include <tchar.h>
BOOL UseNpcap()
{
	_TCHAR where[512];

	return GetSystemDirectory(where, 480) && SetDllDirectory(where);
}
#endif

void usage()
{
	printf("usage: sendcap file adapter [s]\n");
	exit(1);
}

int main(int argc, char **argv)
{
	pcap_t *indesc, *outdesc;
	char errbuf[PCAP_ERRBUF_SIZE], source[PCAP_BUF_SIZE];
	FILE *capfile;
	int caplen, sync = FALSE;
	u_int res, npacks = 0;
	pcap_send_queue *squeue;
	struct pcap_pkthdr *pktheader;
	u_char *pktdata;
	errno_t err;

#ifdef _WIN32
	if (!UseNpcap())
		exit(1);
#endif
	if (argc <= 2)
		usage();
	err = fopen_s(&capfile, argv[1], "rb");
	if (err != 0 || !capfile) {
		printf("no %s, error %d\n", argv[1], err);
		exit(1);
	}
	fseek(capfile, 0, SEEK_END);
	caplen = ftell(capfile) - sizeof(struct pcap_file_header);
	fclose(capfile);
	if (argc == 4 && argv[3][0] == 's')
		sync = TRUE;
	if (pcap_createsrcstr(source, PCAP_SRC_FILE, NULL, NULL, argv[1], errbuf) != 0 ||
	    (indesc = pcap_open(source, 65536, PCAP_OPENFLAG_PROMISCUOUS, 1000, NULL, errbuf)) == NULL) {
		fprintf(stderr, "\n%s\n", errbuf);
		return -1;
	}
	if ((outdesc = pcap_open(argv[2], 100, PCAP_OPENFLAG_PROMISCUOUS, 1000, NULL, errbuf)) == NULL) {
		fprintf(stderr, "\n%s\n", errbuf);
		return -1;
	}
	if (pcap_datalink(indesc) != pcap_datalink(outdesc))
		printf("other link types\n");
	squeue = pcap_sendqueue_alloc(caplen);
	if (squeue == NULL) {
		printf("no queue\n");
		return -1;
	}
	while ((res = pcap_next_ex(indesc, &pktheader, &pktdata)) == 1) {
		if (pcap_sendqueue_queue(squeue, pktheader, pktdata) == -1) {
			printf("queue too small after %u\n", npacks);
			break;
		}
		npacks++;
	}
	if ((res = pcap_sendqueue_transmit(outdesc, squeue, sync)) < squeue->len) {
		printf("%s, only %d bytes were sent\n", pcap_geterr(outdesc), res);
		return -1;
	}
	printf("%u packets, %u bytes, all of the file: %s\n", npacks, res, (int)res == caplen ? "yes" : "no");
	pcap_sendqueue_destroy(squeue);
	pcap_close(indesc);
	pcap_close(outdesc);
	return 0;
}
