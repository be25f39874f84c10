/* oid_receive.c - OIDs by which a handle chooses what it receives: packet filter, lookahead, multicast addresses. What is
 * set is the handle's alone; a query tells what the interface as a whole receives, as Npcap's does. */
#include "npcap/oid.h"

#include "base/bytes.h"

#include <errno.h>
#include <linux/if.h>
#include <stdlib.h>
#include <string.h>

#define ALL_LOCAL_IS (NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST | NDIS_PACKET_TYPE_BROADCAST)
#define FILTER_BITS                                                                                            \
	(ALL_LOCAL_IS | NDIS_PACKET_TYPE_ALL_MULTICAST | NDIS_PACKET_TYPE_PROMISCUOUS | NDIS_PACKET_TYPE_ALL_LOCAL | \
	 NDIS_PACKET_TYPE_NO_LOCAL)

static struct cst_oid_settings *settings_of(pcap_t *p)
{
	if (p->oid_settings)
		return p->oid_settings;
	p->oid_settings = calloc(1, sizeof(*p->oid_settings));
	if (p->oid_settings)
		p->oid_settings->packet_filter = p->options.promisc ? NDIS_PACKET_TYPE_PROMISCUOUS :
								      ALL_LOCAL_IS | NDIS_PACKET_TYPE_ALL_LOCAL;
	return p->oid_settings;
}

static uint32_t no_memory(struct oid_subject *s)
{
	return cst_oid_fail(s, CODE_NO_MEMORY, "no memory for the handle's settings");
}

static unsigned int traffic_of(uint32_t filter)
{
	unsigned int kinds = 0;

	if (filter & NDIS_PACKET_TYPE_ALL_LOCAL)
		filter |= ALL_LOCAL_IS;
	if (filter & (NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_PROMISCUOUS))
		kinds |= CST_TO_US;
	if (filter & (NDIS_PACKET_TYPE_MULTICAST | NDIS_PACKET_TYPE_ALL_MULTICAST | NDIS_PACKET_TYPE_PROMISCUOUS))
		kinds |= CST_TO_GROUP;
	if (filter & (NDIS_PACKET_TYPE_BROADCAST | NDIS_PACKET_TYPE_PROMISCUOUS))
		kinds |= CST_TO_ALL;
	if (filter & NDIS_PACKET_TYPE_PROMISCUOUS)
		kinds |= CST_TO_OTHERS;
	/* What the host sends passes by the tap whatever the adapter filters. */
	if (kinds && !(filter & NDIS_PACKET_TYPE_NO_LOCAL))
		kinds |= CST_OUTGOING;
	return kinds;
}

/* The handle's settings become `wanted`, or stay. Before the filter has been set for the first time, a handle delivers
 * all that the interface receives, which on Linux can be more than the filter says: the list alone does not change that. */
static uint32_t receive(struct oid_subject *s, const struct cst_oid_settings *wanted, bool filter_is_set)
{
	pcap_t *p = s->p;
	struct cst_reception reception = { .promiscuous = wanted->packet_filter & NDIS_PACKET_TYPE_PROMISCUOUS,
					   .all_multicast = wanted->packet_filter & NDIS_PACKET_TYPE_ALL_MULTICAST,
					   .delivered = filter_is_set ? traffic_of(wanted->packet_filter) : CST_ALL_TRAFFIC,
					   .groups = wanted->groups,
					   .group_count = wanted->group_count };
	int status = p->ops->set_reception(p, &reception);

	switch (status) {
	case 0:
		*p->oid_settings = *wanted;
		p->oid_settings->filter_is_set = filter_is_set;
		return 0;
	case PCAP_WARNING_PROMISC_NOTSUP: return cst_oid_fail(s, CODE_NOT_SUPPORTED, "%s", p->errbuf);
	case PCAP_ERROR_PROMISC_PERM_DENIED: return cst_oid_fail(s, CODE_ACCESS_DENIED, "%s", p->errbuf);
	case PCAP_ERROR_NO_SUCH_DEVICE: return cst_oid_fail(s, CODE_DEVICE_REMOVED, "the interface disappeared");
	default: return cst_oid_fail(s, CODE_GENERAL_FAILURE, "%s", p->errbuf);
	}
}

uint32_t cst_oid_set_packet_filter(struct oid_subject *s, const uint8_t *data, size_t length, size_t *used)
{
	const struct cst_oid_settings *now = settings_of(s->p);

	if (!now)
		return no_memory(s);
	if (length != sizeof(uint32_t))
		return cst_oid_fail(s, CODE_INVALID_LENGTH, "takes 4 bytes, and was given %zu", length);
	struct cst_oid_settings wanted = *now;
	wanted.packet_filter = cst_get32(data);
	if (wanted.packet_filter & ~FILTER_BITS)
		return cst_oid_fail(s, CODE_NOT_SUPPORTED, "bits 0x%x of 0x%x mean nothing for this medium",
				    wanted.packet_filter & ~FILTER_BITS, wanted.packet_filter);
	if (s->ifindex == 0 && wanted.packet_filter & (NDIS_PACKET_TYPE_PROMISCUOUS | NDIS_PACKET_TYPE_ALL_MULTICAST))
		return cst_oid_fail(s, CODE_INVALID_FUNCTION, "\"any\" is all interfaces, and cannot ask one of them for "
				    "promiscuous mode or all multicast");
	*used = sizeof(uint32_t);
	return receive(s, &wanted, true);
}

/* What the interface receives: its own share, since the host's stack listens, and what handles and others added. */
uint32_t cst_oid_packet_filter(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	uint32_t filter = NDIS_PACKET_TYPE_DIRECTED, code;

	(void)row;
	if (s->ifindex == 0) {
		const struct cst_oid_settings *settings = settings_of(s->p);
		return settings ? cst_oid_put32(a, settings->packet_filter) : no_memory(s);
	}
	if ((code = cst_oid_need_link(s)) != 0)
		return code;
	if (s->link.flags & IFF_BROADCAST)
		filter |= NDIS_PACKET_TYPE_BROADCAST;
	if (s->link.flags & IFF_MULTICAST)
		filter |= NDIS_PACKET_TYPE_MULTICAST;
	if (s->link.promiscuity)
		filter |= NDIS_PACKET_TYPE_PROMISCUOUS;
	if (s->link.all_multicast)
		filter |= NDIS_PACKET_TYPE_ALL_MULTICAST;
	return cst_oid_put32(a, filter);
}

/* Remembered, no more: a capture has its snapshot length. */
uint32_t cst_oid_set_lookahead(struct oid_subject *s, const uint8_t *data, size_t length, size_t *used)
{
	struct cst_oid_settings *settings = settings_of(s->p);

	(void)length;
	(void)used;
	if (!settings)
		return no_memory(s);
	settings->lookahead = cst_get32(data);
	return 0;
}

uint32_t cst_oid_lookahead(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	uint32_t set = s->p->oid_settings ? s->p->oid_settings->lookahead : 0, code = cst_oid_need_link(s);

	(void)row;
	if (code)
		return code;
	return cst_oid_put32(a, set && set < s->link.mtu ? set : s->link.mtu);
}

uint32_t cst_oid_set_protocol_options(struct oid_subject *s, const uint8_t *data, size_t length, size_t *used)
{
	(void)s;
	(void)data;
	(void)length;
	(void)used;
	return 0;
}

static int find_group(const struct cst_oid_settings *settings, const uint8_t *address)
{
	for (unsigned int i = 0; i < settings->group_count; i++)
		if (memcmp(settings->groups[i], address, OID_ADDRESS_BYTES) == 0)
			return (int)i;
	return -1;
}

/* An address that is there already stays there once. */
static uint32_t add_group(struct oid_subject *s, struct cst_oid_settings *settings, const uint8_t *address)
{
	static const uint8_t broadcast[OID_ADDRESS_BYTES] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	if (!(address[0] & 1) || memcmp(address, broadcast, sizeof(broadcast)) == 0)
		return cst_oid_fail(s, CODE_INVALID_DATA, "%02x:%02x:%02x:%02x:%02x:%02x is not a multicast address",
				    address[0], address[1], address[2], address[3], address[4], address[5]);
	if (find_group(settings, address) >= 0)
		return 0;
	if (settings->group_count == OID_MOST_GROUPS)
		return cst_oid_fail(s, CODE_MULTICAST_FULL, "there is room for %d addresses", OID_MOST_GROUPS);
	memcpy(settings->groups[settings->group_count++], address, OID_ADDRESS_BYTES);
	return 0;
}

uint32_t cst_oid_set_multicast_list(struct oid_subject *s, const uint8_t *data, size_t length, size_t *used)
{
	const struct cst_oid_settings *now = settings_of(s->p);
	uint32_t code = 0;

	(void)used;
	if (!now)
		return no_memory(s);
	if (length % OID_ADDRESS_BYTES)
		return cst_oid_fail(s, CODE_INVALID_LENGTH, "takes addresses of %d bytes, and was given %zu bytes",
				    OID_ADDRESS_BYTES, length);
	if (length / OID_ADDRESS_BYTES > OID_MOST_GROUPS)
		return cst_oid_fail(s, CODE_MULTICAST_FULL, "there is room for %d addresses, and these are %zu",
				    OID_MOST_GROUPS, length / OID_ADDRESS_BYTES);
	struct cst_oid_settings wanted = *now;
	wanted.group_count = 0;
	for (size_t at = 0; code == 0 && at < length; at += OID_ADDRESS_BYTES)
		code = add_group(s, &wanted, data + at);
	return code ? code : receive(s, &wanted, now->filter_is_set);
}

static uint32_t need_one_address(struct oid_subject *s, size_t length)
{
	if (length != OID_ADDRESS_BYTES)
		return cst_oid_fail(s, CODE_INVALID_LENGTH, "takes an address of %d bytes, and was given %zu bytes",
				    OID_ADDRESS_BYTES, length);
	return settings_of(s->p) ? 0 : no_memory(s);
}

uint32_t cst_oid_add_multicast(struct oid_subject *s, const uint8_t *data, size_t length, size_t *used)
{
	uint32_t code = need_one_address(s, length);

	(void)used;
	if (code)
		return code;
	struct cst_oid_settings wanted = *s->p->oid_settings;
	code = add_group(s, &wanted, data);
	return code ? code : receive(s, &wanted, wanted.filter_is_set);
}

uint32_t cst_oid_delete_multicast(struct oid_subject *s, const uint8_t *data, size_t length, size_t *used)
{
	uint32_t code = need_one_address(s, length);

	(void)used;
	if (code)
		return code;
	struct cst_oid_settings wanted = *s->p->oid_settings;
	int at = find_group(&wanted, data);
	if (at < 0)
		return cst_oid_fail(s, CODE_MULTICAST_NOT_FOUND, "the address is not in this handle's list");
	memmove(wanted.groups[at], wanted.groups[--wanted.group_count], OID_ADDRESS_BYTES);
	return receive(s, &wanted, wanted.filter_is_set);
}

/* A line of dev_mcast: the interface's index and name, two counts of users, and the address, all hexadecimals. */
static bool parse_group(const char *line, unsigned int ifindex, uint8_t address[static OID_ADDRESS_BYTES])
{
	unsigned int index, b[OID_ADDRESS_BYTES];
	int end = 0;

	if (sscanf(line, "%u %*s %*d %*d %2x%2x%2x%2x%2x%2x%n", &index, &b[0], &b[1], &b[2], &b[3], &b[4], &b[5], &end) != 7 ||
	    index != ifindex || (line[end] != '\n' && line[end] != '\0'))
		return false;
	for (int i = 0; i < OID_ADDRESS_BYTES; i++)
		address[i] = (uint8_t)b[i];
	return true;
}

/* All that the interface listens to, whoever wants it: no netlink message has that. The file is of the thread's network
 * namespace, so first of all whether that is the handle's. */
uint32_t cst_oid_multicast_list(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	static const char path[] = "/proc/thread-self/net/dev_mcast";
	uint32_t code = cst_oid_need_link(s);
	uint8_t address[OID_ADDRESS_BYTES];
	char line[256];

	(void)row;
	if (code)
		return code;
	FILE *file = fopen(path, "re");
	if (!file)
		return cst_oid_fail_errno(s, errno, path);
	while (fgets(line, sizeof(line), file))
		if (parse_group(line, s->ifindex, address))
			cst_oid_put(a, address, sizeof(address));
	fclose(file);
	return 0;
}
