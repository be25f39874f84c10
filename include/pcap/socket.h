/* pcap/socket.h - the type of a socket under the names that portable programs use. */
#ifndef lib_pcap_socket_h
#define lib_pcap_socket_h

#include <sys/types.h>
#include <sys/socket.h>
#include <netdb.h>
#include <arpa/inet.h>

/* What pcap_remoteact_accept() returns: a file descriptor. */
#define PCAP_SOCKET int

/* Winsock's names for the same. They yield to whoever defined them before us. */
#ifndef SOCKET
#define SOCKET int
#endif
#ifndef INVALID_SOCKET
#define INVALID_SOCKET -1
#endif

#endif
