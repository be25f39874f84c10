/* winsock2.h - Winsock's names over the sockets of Linux. Errors are errno's, so that WSAGetLastError() and the WSAE
 * constants agree, though with other numbers than on Windows. */
#ifndef CAPSTAN_WIN32_WINSOCK2_H
#define CAPSTAN_WIN32_WINSOCK2_H

#include "capstan_types.h"

#include <sys/ioctl.h> /* FIONBIO, FIONREAD */
#include <sys/types.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <pcap/socket.h> /* SOCKET, INVALID_SOCKET */

#include "capstan_kernel.h"
#include "capstan_crt.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SOCKET_ERROR (-1)
#define SD_RECEIVE SHUT_RD
#define SD_SEND SHUT_WR
#define SD_BOTH SHUT_RDWR

typedef struct in_addr IN_ADDR, *PIN_ADDR, *LPIN_ADDR;
typedef struct in6_addr IN6_ADDR, *PIN6_ADDR, *LPIN6_ADDR;
typedef struct sockaddr SOCKADDR, *PSOCKADDR, *LPSOCKADDR;
typedef struct sockaddr_in SOCKADDR_IN, *PSOCKADDR_IN, *LPSOCKADDR_IN;
typedef struct sockaddr_in6 SOCKADDR_IN6, *PSOCKADDR_IN6, *LPSOCKADDR_IN6;
typedef struct sockaddr_storage SOCKADDR_STORAGE, *PSOCKADDR_STORAGE, *LPSOCKADDR_STORAGE;
typedef struct addrinfo ADDRINFO, ADDRINFOA, *PADDRINFOA, *LPADDRINFO;
typedef struct hostent HOSTENT, *PHOSTENT, *LPHOSTENT;
typedef struct timeval TIMEVAL, *PTIMEVAL, *LPTIMEVAL;
typedef fd_set FD_SET, *PFD_SET, *LPFD_SET;
typedef unsigned short ADDRESS_FAMILY;

#define WSADESCRIPTION_LEN 256
#define WSASYS_STATUS_LEN 128

typedef struct WSAData {
	WORD wVersion;
	WORD wHighVersion;
	unsigned short iMaxSockets;
	unsigned short iMaxUdpDg;
	char *lpVendorInfo;
	char szDescription[WSADESCRIPTION_LEN + 1];
	char szSystemStatus[WSASYS_STATUS_LEN + 1];
} WSADATA, *LPWSADATA;

#define WSAEINTR EINTR
#define WSAEBADF EBADF
#define WSAEACCES EACCES
#define WSAEFAULT EFAULT
#define WSAEINVAL EINVAL
#define WSAEMFILE EMFILE
#define WSAEWOULDBLOCK EWOULDBLOCK
#define WSAEINPROGRESS EINPROGRESS
#define WSAENOTSOCK ENOTSOCK
#define WSAEMSGSIZE EMSGSIZE
#define WSAEADDRINUSE EADDRINUSE
#define WSAEADDRNOTAVAIL EADDRNOTAVAIL
#define WSAENETDOWN ENETDOWN
#define WSAENETUNREACH ENETUNREACH
#define WSAECONNABORTED ECONNABORTED
#define WSAECONNRESET ECONNRESET
#define WSAENOBUFS ENOBUFS
#define WSAEISCONN EISCONN
#define WSAENOTCONN ENOTCONN
#define WSAETIMEDOUT ETIMEDOUT
#define WSAECONNREFUSED ECONNREFUSED
#define WSAEHOSTUNREACH EHOSTUNREACH
#define WSAVERNOTSUPPORTED 10092

/* Sockets need no start and no end on Linux. WSAStartup() agrees to any version from 1.0 on, up to 2.2, which is
 * WSAVERNOTSUPPORTED otherwise; `data` must not be NULL (WSAEFAULT). Both return 0. */
int WSAStartup(WORD version, LPWSADATA data);
int WSACleanup(void);

/* The error of the last failure of a socket function in this thread, which is errno. */
int WSAGetLastError(void);
void WSASetLastError(int error);

/* close() and ioctl() of a socket; *argument has 32 bits, as u_long has. Return 0 or SOCKET_ERROR. */
int closesocket(SOCKET s);
int ioctlsocket(SOCKET s, int command, u_long *argument);

#ifdef __cplusplus
}
#endif

#endif
