/* asking_scenarios.c - what there is and what it is called: devices, networks, names, OIDs. */
#include "scenarios.h"

#include "refuse.h"

#include <capstan/oid.h>
#include <pcap/namedb.h>

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned int count_devices(const pcap_if_t *list, const char *prefix)
{
	unsigned int count = 0;

	for (; list; list = list->next)
		for (const char *const *name = (const char *const[]){ "left", "right", "lo", "any", NULL }; *name; name++) {
			char whole[64];
			snprintf(whole, sizeof(whole), "%s%s", prefix, *name);
			count += strcmp(list->name, whole) == 0;
		}
	return count;
}

static void list_devices(const void *with)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	pcap_if_t *list;

	(void)with;
	TRY(pcap_findalldevs(&list, errbuf) == 0, errbuf);
	assert_int_equal(count_devices(list, ""), 4);
	for (const pcap_if_t *device = list; device; device = device->next)
		if (strcmp(device->name, "lo") == 0 && (!device->addresses || !(device->flags & PCAP_IF_LOOPBACK)))
			fail_msg("lo is listed with flags 0x%x and %s address", device->flags, device->addresses ? "an" : "no");
	pcap_freealldevs(list);
}

static void list_sources(const void *with)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	pcap_if_t *list;

	(void)with;
	TRY(pcap_findalldevs_ex(PCAP_SRC_IF_STRING, NULL, &list, errbuf) == 0, errbuf);
	assert_int_equal(count_devices(list, PCAP_SRC_IF_STRING), 4);
	pcap_freealldevs(list);
}

static void look_up(const void *with)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	bpf_u_int32 net, mask;

	(void)with;
	TRY(pcap_lookupnet("lo", &net, &mask, errbuf) == 0, errbuf);
	assert_int_equal(net, htonl(0x7f000000));
	assert_int_equal(mask, htonl(0xff000000));
}

static void name_things(const void *with)
{
	static const char *const files[] = { "port domain", "proto \\tcp", "host 127.0.0.1 and tcp port 80",
					     "ether host 02:00:00:00:00:01", "ip6 host ::1", "host localhost" };
	pcap_t *p;

	(void)with;
	TRY((p = pcap_open_dead(DLT_EN10MB, 65535)) != NULL, "no text, as documented");
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		struct bpf_program program;

		TRY(pcap_compile(p, &program, files[i], 1, PCAP_NETMASK_UNKNOWN) == 0, pcap_geterr(p));
		pcap_freecode(&program);
	}
	pcap_close(p);
}

/* One object after the other, as the list of supported ones tells: a value, twice the same size, or a reason. */
static void ask_all(const void *with)
{
	static uint32_t list[256];
	static uint64_t data[1024];
	pcap_t *p = scenario_open(&(struct capture){ .device = "right" });
	size_t bytes;

	(void)with;
	TRY((bytes = sizeof(list), pcap_oid_get_request(p, OID_GEN_SUPPORTED_LIST, list, &bytes) == 0), pcap_geterr(p));
	const size_t objects = bytes / sizeof(*list);
	assert_true(objects > 20);
	for (size_t i = 0; i < objects; i++) {
		if (pcap_oid_get_request(p, list[i], data, (bytes = sizeof(data), &bytes)) == 0)
			continue;
		assert_true(strlen(pcap_geterr(p)) > 0);
		const bool at_first = refuse_happened();
		if (!at_first)
			continue; /* one that can be set only, or that this interface has not */
		refuse_pause();
		pcap_oid_get_request(p, list[i], data, (bytes = sizeof(data), &bytes));
		refuse_resume();
	}
	pcap_close(p);
}

static void set_some(const void *with)
{
	static const uint8_t groups[] = { 1, 0, 0x5e, 0, 0, 1, 1, 0, 0x5e, 0, 0, 2 };
	pcap_t *p = scenario_open(&(struct capture){ .device = "right" });
	uint32_t value = NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_MULTICAST | NDIS_PACKET_TYPE_PROMISCUOUS;
	size_t bytes;

	(void)with;
	TRY((bytes = sizeof(value), pcap_oid_set_request(p, OID_GEN_CURRENT_PACKET_FILTER, &value, &bytes) == 0), pcap_geterr(p));
	TRY((bytes = sizeof(groups), pcap_oid_set_request(p, OID_802_3_MULTICAST_LIST, groups, &bytes) == 0), pcap_geterr(p));
	TRY((bytes = sizeof(value), pcap_oid_get_request(p, OID_GEN_CURRENT_PACKET_FILTER, &value, &bytes) == 0), pcap_geterr(p));
	value = 1000;
	TRY((bytes = sizeof(value), pcap_oid_set_request(p, OID_GEN_CURRENT_LOOKAHEAD, &value, &bytes) == 0), pcap_geterr(p));
	value = 0;
	TRY((bytes = sizeof(value), pcap_oid_get_request(p, OID_GEN_CURRENT_LOOKAHEAD, &value, &bytes) == 0), pcap_geterr(p));
	assert_int_equal(value, 1000);
	TRY((bytes = 0, pcap_oid_set_request(p, OID_802_3_MULTICAST_LIST, groups, (bytes = 6, &bytes)) == 0), pcap_geterr(p));
	pcap_close(p);
}

static void compose(const void *with)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "", source[PCAP_BUF_SIZE], name[PCAP_BUF_SIZE];
	int type;

	(void)with;
	TRY(pcap_createsrcstr(source, PCAP_SRC_FILE, NULL, NULL, "/tmp/a", errbuf) == 0, errbuf);
	TRY(pcap_parsesrcstr(source, &type, NULL, NULL, name, errbuf) == 0, errbuf);
	assert_string_equal(name, "/tmp/a");
}

const struct scenario asking_scenarios[] = {
	{ "devices", list_devices, NULL, 0 },
	{ "devices as sources", list_sources, NULL, 0 },
	{ "filters with names", name_things, NULL, 0 },
	{ "lookupnet", look_up, NULL, 0 },
	{ "OIDs asked", ask_all, NULL, 101 },
	{ "OIDs set", set_some, NULL, 0 },
	{ "source strings", compose, NULL, 0 },
	{ NULL, NULL, NULL, 0 },
};
