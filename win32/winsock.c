/* winsock.c - the few functions in which Winsock differs from sockets. */
#include "kit.h"

#include <sys/ioctl.h>
#include <unistd.h>

int WSAStartup(WORD version, LPWSADATA data)
{
	if (!data)
		return WSAEFAULT;
	if (LOBYTE(version) == 0)
		return WSAVERNOTSUPPORTED;
	*data = (WSADATA){ .wVersion = version, .wHighVersion = MAKEWORD(2, 2) };
	if (LOBYTE(version) > 2 || (LOBYTE(version) == 2 && HIBYTE(version) > 2))
		data->wVersion = data->wHighVersion;
	strcpy(data->szDescription, "Sockets of Linux");
	strcpy(data->szSystemStatus, "Running");
	return 0;
}

int WSACleanup(void)
{
	return 0;
}

int WSAGetLastError(void)
{
	return errno;
}

void WSASetLastError(int error)
{
	errno = error;
}

int closesocket(SOCKET s)
{
	return close(s);
}

int ioctlsocket(SOCKET s, int command, u_long *argument)
{
	return ioctl(s, (unsigned long)(unsigned int)command, argument);
}
