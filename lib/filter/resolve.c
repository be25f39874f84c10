/* resolve.c - from the names of an expression to numbers: hosts, networks, ports and protocols, through lib/names.
 * The answers of the resolver come in any order; addresses are sorted, so that one expression has one program. */
#include "filter/resolve.h"

#include "filter/near.h"
#include "filter/words.h"

#include <pcap/namedb.h>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PORT = 65535 };

/* Nothing knows `name`; `note` says more. Returns false. */
static bool fail_unknown(struct cst_gen *g, const struct ast_id *id, const char *what, const char *name,
			 const char *note)
{
	cst_diagnose(g->diagnosis, id->at, "unknown %s '%.80s'%s", what, name, note);
	return false;
}

/* A reserved word may have been meant: " (did you mean '...'?)", or nothing, into `out`. */
static void suggest(char *out, size_t size, const char *prefix, const char *near)
{
	out[0] = '\0';
	if (near)
		snprintf(out, size, " (did you mean '%s%s'?)", prefix, near);
}

static int compare_ipv4(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

static int compare_ipv6(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct cst_ipv6_address));
}

/* Sort and keep each once. Returns how many are left. */
static size_t sort_unique(void *array, size_t count, size_t size, int (*compare)(const void *, const void *))
{
	char *items = array;
	size_t kept = 0;

	if (count == 0)
		return 0;
	qsort(array, count, size, compare);
	for (size_t i = 1; i < count; i++) {
		if (compare(items + kept * size, items + i * size) != 0)
			memmove(items + ++kept * size, items + i * size, size);
	}
	return kept + 1;
}

static void add_address(struct cst_host_addresses *addresses, const struct addrinfo *info)
{
	if (info->ai_family == AF_INET) {
		const struct sockaddr_in *addr = (const void *)info->ai_addr;
		addresses->ipv4[addresses->nr_ipv4++] = ntohl(addr->sin_addr.s_addr);
	} else if (info->ai_family == AF_INET6) {
		const struct sockaddr_in6 *addr = (const void *)info->ai_addr;
		memcpy(addresses->ipv6[addresses->nr_ipv6++].bytes, &addr->sin6_addr, 16);
	}
}

bool cst_resolve_host(struct cst_gen *g, const struct ast_id *id, struct cst_host_addresses *addresses)
{
	struct addrinfo *list = pcap_nametoaddrinfo(id->text);
	size_t count = 0;

	memset(addresses, 0, sizeof(*addresses));
	if (!list) {
		char note[64];
		suggest(note, sizeof(note), "", cst_words_near(id->text));
		return fail_unknown(g, id, "host", id->text, note);
	}
	for (const struct addrinfo *info = list; info; info = info->ai_next)
		count++;
	addresses->ipv4 = cst_arena_array(g->arena, count, sizeof(*addresses->ipv4));
	addresses->ipv6 = cst_arena_array(g->arena, count, sizeof(*addresses->ipv6));
	if (!addresses->ipv4 || !addresses->ipv6) {
		freeaddrinfo(list);
		cst_diagnose_memory(g->diagnosis);
		return false;
	}
	for (const struct addrinfo *info = list; info; info = info->ai_next)
		add_address(addresses, info);
	freeaddrinfo(list);
	addresses->nr_ipv4 = sort_unique(addresses->ipv4, addresses->nr_ipv4, sizeof(*addresses->ipv4), compare_ipv4);
	addresses->nr_ipv6 = sort_unique(addresses->ipv6, addresses->nr_ipv6, sizeof(*addresses->ipv6), compare_ipv6);
	return true;
}

bool cst_resolve_ether(struct cst_gen *g, const struct ast_id *id, uint8_t mac[static 6])
{
	u_char *found = pcap_ether_hostton(id->text);

	if (!found)
		return fail_unknown(g, id, "Ethernet host", id->text, ": no entry in " PCAP_ETHERS_FILE);
	memcpy(mac, found, 6);
	free(found);
	return true;
}

bool cst_resolve_net(struct cst_gen *g, const struct ast_id *id, uint32_t *net)
{
	*net = pcap_nametonetaddr(id->text);
	if (*net == 0)
		return fail_unknown(g, id, "network", id->text, ": no entry in /etc/networks");
	return true;
}

/* What services(5) and getservbyname(3) call protocols, as the filter language does. */
static enum ast_proto proto_of_service(int protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return PROTO_TCP;
	case IPPROTO_UDP:
		return PROTO_UDP;
	case IPPROTO_SCTP:
		return PROTO_SCTP;
	default:
		return PROTO_NONE;
	}
}

static bool check_port(struct cst_gen *g, const struct ast_id *id, unsigned long number)
{
	if (number <= MAX_PORT)
		return true;
	cst_diagnose(g->diagnosis, id->at, "port '%.80s' is above the greatest port, %d", id->text, MAX_PORT);
	return false;
}

/* The name in /etc/services that is nearest to `name`, into `found`; false: none is near. The file itself is read, as
 * getservent(3) may be asked by one thread of a process at a time. */
static bool find_near_service(const char *name, char *found, size_t size)
{
	FILE *file = fopen("/etc/services", "re");
	struct cst_near near;
	char line[256], *rest;

	cst_near_begin(&near, name);
	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "#\n")] = '\0';
		/* A name, port and protocol, then aliases. */
		const char *word = strtok_r(line, " \t", &rest);
		for (unsigned column = 0; word; word = strtok_r(NULL, " \t", &rest), column++) {
			const char *before = near.found;
			if (column != 1)
				cst_near_offer(&near, word);
			if (near.found == before)
				continue;
			snprintf(found, size, "%s", word);
			near.found = found;
		}
	}
	if (file)
		fclose(file);
	return near.found != NULL;
}

static bool find_service(struct cst_gen *g, const struct ast_id *id, const char *name, uint32_t *port,
			 enum ast_proto *proto)
{
	int number, protocol;

	if (!pcap_nametoport(name, &number, &protocol)) {
		char note[64] = ": no entry in /etc/services", near[32];
		/* Ranges are often meant where `port` is written; a reserved word is no misspelt service. */
		if (*name >= '0' && *name <= '9' && strchr(name, '-'))
			snprintf(note, sizeof(note), ": a range is written 'portrange %.20s'", name);
		else if (!cst_word_find(name, strlen(name)) && find_near_service(name, near, sizeof(near)))
			suggest(note, sizeof(note), "", near);
		return fail_unknown(g, id, "port", name, note);
	}
	*port = (uint32_t)number;
	*proto = proto_of_service(protocol);
	return true;
}

bool cst_resolve_port(struct cst_gen *g, const struct ast_id *id, struct cst_port_range *range)
{
	range->proto = PROTO_NONE;
	range->low = id->number;
	if (id->form == ID_NUMBER) {
		if (!check_port(g, id, id->number))
			return false;
	} else if (!find_service(g, id, id->text, &range->low, &range->proto)) {
		return false;
	}
	range->high = range->low;
	return true;
}

/* One end of a range: a number as C writes it (08, which is none, is read as decimal), or a service. */
static bool resolve_range_end(struct cst_gen *g, const struct ast_id *id, const char *text, uint32_t *port,
			      enum ast_proto *proto)
{
	if (*text >= '0' && *text <= '9') {
		char *end;
		unsigned long number = strtoul(text, &end, 0);
		if (*end != '\0')
			number = strtoul(text, &end, 10);
		if (*end == '\0') {
			*port = (uint32_t)number;
			*proto = PROTO_NONE;
			return check_port(g, id, number);
		}
	}
	return find_service(g, id, text, port, proto);
}

bool cst_resolve_portrange(struct cst_gen *g, const struct ast_id *id, struct cst_port_range *range)
{
	enum ast_proto first, last;

	if (id->form == ID_NUMBER)
		return cst_resolve_port(g, id, range);

	const char *hyphen = strchr(id->text, '-');
	if (!hyphen || hyphen == id->text || hyphen[1] == '\0' || strchr(hyphen + 1, '-')) {
		cst_diagnose(g->diagnosis, id->at,
			     "'%.80s' is no range of ports: expected two ports with one hyphen between them", id->text);
		return false;
	}
	const char *first_text = cst_arena_text(g->arena, id->text, (size_t)(hyphen - id->text));
	if (!first_text) {
		cst_diagnose_memory(g->diagnosis);
		return false;
	}
	if (!resolve_range_end(g, id, first_text, &range->low, &first) ||
	    !resolve_range_end(g, id, hyphen + 1, &range->high, &last))
		return false;
	range->proto = first == last ? first : PROTO_NONE;
	if (range->low > range->high) {
		uint32_t high = range->low;
		range->low = range->high;
		range->high = high;
	}
	return true;
}

/* ISO 10747's and ISO 9577's network layer protocol identifiers, by the words of pcap-filter(7). */
static int osi_proto(const char *name)
{
	static const struct {
		const char *name;
		int number;
	} protos[] = { { "clnp", 0x81 }, { "esis", 0x82 }, { "isis", 0x83 } };

	for (size_t i = 0; i < sizeof(protos) / sizeof(protos[0]); i++) {
		if (strcmp(protos[i].name, name) == 0)
			return protos[i].number;
	}
	return PROTO_UNDEF;
}

static int link_proto(const char *name)
{
	int number = pcap_nametoeproto(name);

	return number != PROTO_UNDEF ? number : pcap_nametollc(name);
}

bool cst_resolve_proto(struct cst_gen *g, enum ast_proto proto, const struct ast_id *id, uint32_t *number)
{
	static const struct {
		enum ast_proto proto;
		int (*find)(const char *name);
		const char *what;
	} layers[] = {
		{ PROTO_LINK, link_proto, "link-layer protocol" },
		{ PROTO_ISO, osi_proto, "OSI protocol" },
		{ PROTO_NONE, pcap_nametoproto, "IP protocol" },
	};
	size_t i = 0;

	*number = id->number;
	if (id->form == ID_NUMBER)
		return true;
	while (layers[i].proto != proto && layers[i].proto != PROTO_NONE)
		i++;
	int found = layers[i].find(id->text);
	if (found == PROTO_UNDEF) {
		/* A word that is reserved is taken for a name behind a backslash only. */
		const char *near = cst_words_near(id->text);
		char note[64];
		suggest(note, sizeof(note), "\\", near && layers[i].find(near) != PROTO_UNDEF ? near : NULL);
		return fail_unknown(g, id, layers[i].what, id->text, note);
	}
	*number = (uint32_t)found;
	return true;
}
