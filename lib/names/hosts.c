/* hosts.c - host and network names to addresses, through the resolver and networks(5). */
#include "names/lookup.h"

#include <pcap/namedb.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <string.h>

struct addrinfo *pcap_nametoaddrinfo(const char *name)
{
	/* One socket type, or each address would come once for every type. */
	static const struct addrinfo hints = {
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_TCP };
	struct addrinfo *list;

	return getaddrinfo(name, NULL, &hints, &list) == 0 ? list : NULL;
}

/* What pcap_nametoaddr() returns: a list that ends with NULL, and what it points to. */
enum { MAX_ADDRS = 256 };
struct addr_list {
	bpf_u_int32 *entry[MAX_ADDRS + 1];
	bpf_u_int32 addr[MAX_ADDRS];
};

static int find_host(const char *name, char *room, size_t size, void *answer)
{
	struct addr_list *list = answer;
	struct hostent host, *found;
	int resolver_error, nr = 0;
	int err = gethostbyname2_r(name, AF_INET, &host, room, size, &found, &resolver_error);

	if (err != 0)
		return err;
	if (!found)
		return ENOENT;
	for (; nr < MAX_ADDRS && host.h_addr_list[nr]; nr++) {
		memcpy(&list->addr[nr], host.h_addr_list[nr], sizeof(list->addr[nr]));
		list->addr[nr] = ntohl(list->addr[nr]);
		list->entry[nr] = &list->addr[nr];
	}
	list->entry[nr] = NULL;
	return 0;
}

bpf_u_int32 **pcap_nametoaddr(const char *name)
{
	static _Thread_local struct addr_list list;

	return cst_lookup(find_host, name, &list) ? list.entry : NULL;
}

static int find_net(const char *name, char *room, size_t size, void *answer)
{
	struct netent net, *found;
	int resolver_error;
	int err = getnetbyname_r(name, &net, room, size, &found, &resolver_error);

	if (err != 0)
		return err;
	if (!found)
		return ENOENT;
	*(bpf_u_int32 *)answer = net.n_net;
	return 0;
}

bpf_u_int32 pcap_nametonetaddr(const char *name)
{
	bpf_u_int32 net;

	return cst_lookup(find_net, name, &net) ? net : 0;
}
