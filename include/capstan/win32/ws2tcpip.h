/* ws2tcpip.h - Winsock's IPv6 and name look-up: getaddrinfo() and getnameinfo() are Linux' own. */
#ifndef CAPSTAN_WIN32_WS2TCPIP_H
#define CAPSTAN_WIN32_WS2TCPIP_H

#include "winsock2.h"
#include <net/if.h>

#define InetNtopA inet_ntop
#define InetPtonA inet_pton
#define InetNtop inet_ntop
#define InetPton inet_pton
#define gai_strerrorA gai_strerror

#endif
