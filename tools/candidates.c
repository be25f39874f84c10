/* candidates.c - devices, link types, OIDs and words of filters, for shells to offer. */
#include "candidates.h"

#include <capstan/oid.h>
#include <pcap.h>

static void offer_devices(const struct completion *c)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_if_t *devices;

	if (pcap_findalldevs(&devices, errbuf) < 0)
		return; /* the shell is no place to complain; the command itself will */
	for (const pcap_if_t *d = devices; d; d = d->next)
		completion_offer(c, d->name, d->description);
	pcap_freealldevs(devices);
}

/* All that have a name. */
static void offer_linktypes(const struct completion *c)
{
	for (int dlt = 0; dlt <= UINT16_MAX; dlt++) {
		const char *name = pcap_datalink_val_to_name(dlt);

		if (name)
			completion_offer(c, name, pcap_datalink_val_to_description(dlt));
	}
}

/* Where NDIS has objects: general ones and their counters, Ethernet's, two generations of Wi-Fi's. */
static const struct {
	bpf_u_int32 first, last;
} oid_ranges[] = {
	{ 0x00010100, 0x000102ff }, { 0x00020100, 0x000202ff }, { 0x01010100, 0x010102ff }, { 0x01020100, 0x010202ff },
	{ 0x0d010100, 0x0d0107ff }, { 0x0d020200, 0x0d0202ff }, { 0x0e010100, 0x0e0101ff }, { 0x0e020100, 0x0e0201ff },
};

static void offer_oids(const struct completion *c)
{
	for (size_t i = 0; i < sizeof(oid_ranges) / sizeof(oid_ranges[0]); i++)
		for (bpf_u_int32 value = oid_ranges[i].first; value <= oid_ranges[i].last; value++) {
			const struct capstan_oid *facts = capstan_oid_by_value(value);

			if (facts)
				completion_offer(c, facts->name, facts->unit);
		}
}

/* Everyday ones of the language's two hundred. */
static const char *const filter_words[] = {
	"and", "arp", "broadcast", "dst", "ether", "gateway", "greater", "host", "icmp", "icmp6", "inbound", "ip", "ip6",
	"less", "mpls", "multicast", "net", "not", "or", "outbound", "port", "portrange", "pppoes", "proto", "sctp", "src",
	"tcp", "udp", "vlan", "vxlan", NULL,
};

const struct candidates device_candidates = { .offer = offer_devices };
const struct candidates file_candidates = { .shell = "files" };
const struct candidates linktype_candidates = { .offer = offer_linktypes };
const struct candidates oid_candidates = { .offer = offer_oids };
const struct candidates filter_candidates = { .words = filter_words };
const struct candidates program_candidates = { .shell = "program" };
const struct candidates user_candidates = { .shell = "users" };
