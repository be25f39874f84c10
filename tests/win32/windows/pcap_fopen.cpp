// pcap_fopen.cpp - gzip's path and a compressed savefile: what comes out of the pipe, packet by packet.
#include <stdio.h>
#include <stdlib.h>
#include <tchar.h>
#include <iostream>
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

int _tmain(int argc, _TCHAR *argv[])
{
	TCHAR command[1024], tool[MAX_PATH], text[128];
	char errbuf[PCAP_ERRBUF_SIZE];
	FILE *pipe;
	pcap_t *fp;
	struct pcap_pkthdr header;
	const u_char *data;
	unsigned __int64 bytes = 0;
	int packets = 0;

	if (!UseNpcap())
		return 1;
	if (argc != 3) {
		_tprintf(_T("usage: %s <path of gzip> <file>\n"), argv[0]);
		return 1;
	}
	if (GetShortPathName(argv[1], tool, MAX_PATH) == 0) {
		_tprintf(_T("no %s: error %u\n"), argv[1], GetLastError());
		return 2;
	}
	_stprintf_s(command, 1024, _T("%s -dc %s"), tool, argv[2]);
	pipe = _tpopen(command, _T("rb"));
	if (pipe == NULL) {
		strerror_s(text, errno);
		_tprintf(_T("%s: %s\n"), command, text);
		return 3;
	}
	fp = pcap_fopen_offline(pipe, errbuf);
	if (fp == NULL) {
		_tprintf(_T("%s\n"), errbuf);
		_pclose(pipe);
		return 4;
	}
	while ((data = pcap_next(fp, &header)) != NULL) {
		packets++;
		bytes += header.len;
		if (header.caplen > 0 && data[0] == 0xff)
			std::cout << "broadcast" << std::endl;
	}
	_tprintf(_T("%d packets, %I64u bytes\n"), packets, bytes);
	return 0;
}
