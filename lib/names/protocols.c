/* protocols.c - names of IP protocols (protocols(5)), EtherTypes and LLC service access points to numbers. */
#include "names/lookup.h"

#include <pcap/namedb.h>

#include <errno.h>
#include <netdb.h>
#include <string.h>

static int find_protocol(const char *name, char *room, size_t size, void *answer)
{
	struct protoent protocol, *found;
	int err = getprotobyname_r(name, &protocol, room, size, &found);

	if (err != 0)
		return err;
	if (!found)
		return ENOENT;
	*(int *)answer = protocol.p_proto;
	return 0;
}

int pcap_nametoproto(const char *name)
{
	int number;

	return cst_lookup(find_protocol, name, &number) ? number : PROTO_UNDEF;
}

/* Programs declare this struct and eproto_db themselves; no header ever did. */
struct eproto {
	const char *s;
	u_short p;
};

/* Its length belongs to the ABI: an executable that refers to eproto_db has a copy made for it of the size it was
 * linked with, and a longer table would lose its end there. What came later stands in newer_ethertypes. */
PCAP_API_DEF const struct eproto eproto_db[13] = {
	{ "aarp", 0x80f3 },
	{ "arp", 0x0806 },
	{ "atalk", 0x809b },
	{ "decnet", 0x6003 },
	{ "ip", 0x0800 },
	{ "ip6", 0x86dd },
	{ "lat", 0x6004 },
	{ "loopback", 0x9000 },
	{ "mopdl", 0x6001 },
	{ "moprc", 0x6002 },
	{ "rarp", 0x8035 },
	{ "sca", 0x6007 },
	{ NULL, 0 },
};

static const struct eproto newer_ethertypes[] = {
	{ "lldp", 0x88cc }, /* IEEE 802.1AB */
	{ "slow", 0x8809 }, /* IEEE 802.3, annex 57A: LACP, OAM, ... */
	{ NULL, 0 },
};

/* IEEE 802.2 service access points. */
static const struct eproto llc_saps[] = {
	{ "iso", 0xfe },
	{ "stp", 0x42 },
	{ "ipx", 0xe0 },
	{ "netbeui", 0xf0 },
	{ NULL, 0 },
};

/* Names are lower case only: the filter language's reserved words are. */
static int find_name(const struct eproto *table, const char *name)
{
	for (; table->s; table++)
		if (strcmp(table->s, name) == 0)
			return table->p;
	return PROTO_UNDEF;
}

int pcap_nametoeproto(const char *name)
{
	int type = find_name(eproto_db, name);

	return type != PROTO_UNDEF ? type : find_name(newer_ethertypes, name);
}

int pcap_nametollc(const char *name)
{
	return find_name(llc_saps, name);
}
