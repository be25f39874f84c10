/* ports.c - service names, numbers and ranges of them to ports, services(5). */
#include <pcap/namedb.h>

#include <arpa/inet.h>
#include <ctype.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool find_service(const char *name, int socktype, int protocol, int *port)
{
	/* No host is asked for, so there is one answer: the loopback address with the port. */
	const struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = socktype, .ai_protocol = protocol };
	struct addrinfo *found;
	struct sockaddr_in addr;

	if (getaddrinfo(NULL, name, &hints, &found) != 0)
		return false;
	memcpy(&addr, found->ai_addr, sizeof(addr));
	freeaddrinfo(found);
	*port = ntohs(addr.sin_port);
	return true;
}

int pcap_nametoport(const char *name, int *port, int *proto)
{
	int tcp_port, udp_port;
	bool tcp = find_service(name, SOCK_STREAM, IPPROTO_TCP, &tcp_port);
	bool udp = find_service(name, SOCK_DGRAM, IPPROTO_UDP, &udp_port);

	if (!tcp && !udp)
		return 0;
	*port = tcp ? tcp_port : udp_port;
	/* A name that has one port in TCP and another in UDP means the one in TCP. */
	if (tcp && udp && tcp_port == udp_port)
		*proto = PROTO_UNDEF;
	else
		*proto = tcp ? IPPROTO_TCP : IPPROTO_UDP;
	return 1;
}

/* One end of a range: a number as C writes it, or whatever pcap_nametoport() knows, which takes 08 for 8. */
static bool range_end(const char *text, int *port, int *proto)
{
	if (isdigit((unsigned char)*text)) {
		char *end;
		unsigned long number = strtoul(text, &end, 0);
		if (*end == '\0' && number <= UINT16_MAX) {
			*port = (int)number;
			*proto = PROTO_UNDEF;
			return true;
		}
	}
	return *text != '\0' && pcap_nametoport(text, port, proto);
}

int pcap_nametoportrange(const char *name, int *port1, int *port2, int *proto)
{
	const char *hyphen = strchr(name, '-');
	int first, last, first_proto, last_proto;

	if (!hyphen || strchr(hyphen + 1, '-'))
		return 0;
	char *first_name = strndup(name, (size_t)(hyphen - name));
	if (!first_name)
		return 0;
	bool known = range_end(first_name, &first, &first_proto) && range_end(hyphen + 1, &last, &last_proto);
	free(first_name);
	if (!known)
		return 0;
	*port1 = first;
	*port2 = last;
	*proto = first_proto == last_proto ? first_proto : PROTO_UNDEF;
	return 1;
}
