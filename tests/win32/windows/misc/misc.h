/* misc.h - what the programs of this folder begin with. */
#ifndef MISC_H
#define MISC_H

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

#endif
