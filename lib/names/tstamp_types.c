/* tstamp_types.c - names and descriptions of the time stamp types, pcap-tstamp(7). */
#include <pcap/pcap.h>

#include <stddef.h>
#include <strings.h>

static const struct tstamp_type {
	const char *name;
	const char *description;
	int type;
} tstamp_types[] = {
	{ "host", "Host", PCAP_TSTAMP_HOST },
	{ "host_lowprec", "Host, low precision", PCAP_TSTAMP_HOST_LOWPREC },
	{ "host_hiprec", "Host, high precision", PCAP_TSTAMP_HOST_HIPREC },
	{ "adapter", "Adapter", PCAP_TSTAMP_ADAPTER },
	{ "adapter_unsynced", "Adapter, not synced with system time", PCAP_TSTAMP_ADAPTER_UNSYNCED },
	{ "host_hiprec_unsynced", "Host, high precision, not synced with system time",
	  PCAP_TSTAMP_HOST_HIPREC_UNSYNCED },
};

enum { NR_TSTAMP_TYPES = sizeof(tstamp_types) / sizeof(tstamp_types[0]) };

static const struct tstamp_type *find_type(int type)
{
	for (size_t i = 0; i < NR_TSTAMP_TYPES; i++)
		if (tstamp_types[i].type == type)
			return &tstamp_types[i];
	return NULL;
}

int pcap_tstamp_type_name_to_val(const char *name)
{
	for (size_t i = 0; i < NR_TSTAMP_TYPES; i++)
		if (strcasecmp(tstamp_types[i].name, name) == 0)
			return tstamp_types[i].type;
	return PCAP_ERROR;
}

const char *pcap_tstamp_type_val_to_name(int type)
{
	const struct tstamp_type *t = find_type(type);

	return t ? t->name : NULL;
}

const char *pcap_tstamp_type_val_to_description(int type)
{
	const struct tstamp_type *t = find_type(type);

	return t ? t->description : NULL;
}
