/* windows.c - a program for Windows, as far as the porting kit goes. */
#include <winsock2.h>
#include <windows.h>
#include <pcap.h>
#include <stdio.h>

int main(void)
{
	HANDLE event = CreateEvent(NULL, TRUE, TRUE, NULL);
	DWORD got = WaitForSingleObject(event, 0);

	printf("%s, %s\n", pcap_lib_version(), got == WAIT_OBJECT_0 ? "good" : "bad");
	CloseHandle(event);
	return 0;
}
