/* device.c - opens a device, and names in every sentence what it is about. */
#include "device.h"

#include "options.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

bool device_is_named(const struct command *command, const struct device_wishes *wishes)
{
	if (wishes->name && *wishes->name)
		return true;
	options_misused(command, "which device? Name it with -i");
	return false;
}

/* As a word of its own: "lo" is not named in "not allowed". */
static bool is_named(const char *text, const char *object)
{
	size_t length = strlen(object);

	if (!length)
		return false;
	for (const char *at = strstr(text, object); at; at = strstr(at + 1, object))
		if ((at == text || !isalnum((unsigned char)at[-1])) && !isalnum((unsigned char)at[length]))
			return true;
	return false;
}

void complain_of(const struct command *command, const char *object, const char *text)
{
	/* Of a stream the library does not know the file's name. */
	static const char nameless[] = "savefile: ";

	if (!strncmp(text, nameless, strlen(nameless)))
		text += strlen(nameless);
	if (is_named(text, object))
		complain(command, "%s", text);
	else
		complain(command, "%s: %s", object, text);
}

static int set_wishes(pcap_t *p, const struct device_wishes *w)
{
	int status = pcap_set_snaplen(p, w->snaplen);

	if (!status)
		status = pcap_set_promisc(p, w->promisc);
	if (!status)
		status = pcap_set_timeout(p, w->timeout_ms);
	if (!status && w->precision)
		status = pcap_set_tstamp_precision(p, w->precision);
	if (!status && w->buffer_bytes)
		status = pcap_set_buffer_size(p, w->buffer_bytes);
	if (!status)
		status = pcap_set_immediate_mode(p, w->immediate);
	return status;
}

/* The device of this host that `name` means, be it plain or "rpcap://" and the name; false: it has been said why not. */
static bool find_name(const struct command *command, const char *name, char device[static PCAP_BUF_SIZE])
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	int type;

	if (pcap_parsesrcstr(name, &type, NULL, NULL, device, errbuf) < 0) {
		complain_of(command, name, errbuf);
		return false;
	}
	if (type == PCAP_SRC_IFLOCAL && device[0])
		return true;
	complain(command,
		 type == PCAP_SRC_IFLOCAL ? "%s: names no device" :
		 type == PCAP_SRC_FILE	  ? "%s: is a file; capstan read shows what is in it" :
					    "%s: is on another host; run capstan there",
		 name);
	return false;
}

pcap_t *device_open(const struct command *command, const struct device_wishes *wishes)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "", device[PCAP_BUF_SIZE];
	pcap_t *p;
	int status;

	if (!find_name(command, wishes->name, device))
		return NULL;
	p = pcap_create(device, errbuf);
	if (!p) {
		complain_of(command, wishes->name, errbuf);
		return NULL;
	}
	status = set_wishes(p, wishes);
	if (!status)
		status = pcap_activate(p);
	/* The library's own sentence is the better one, if it left any. */
	if (status)
		complain_of(command, wishes->name, *pcap_geterr(p) ? pcap_geterr(p) : pcap_statustostr(status));
	if (status >= 0)
		return p;
	pcap_close(p);
	return NULL;
}

bpf_u_int32 device_netmask(const char *name)
{
	bpf_u_int32 net, netmask;
	char errbuf[PCAP_ERRBUF_SIZE];

	/* For `ip broadcast`. A device without an IPv4 address has none, and the compiler says so if it needs one. */
	if (pcap_lookupnet(name, &net, &netmask, errbuf) < 0)
		return PCAP_NETMASK_UNKNOWN;
	return ntohl(netmask); /* pcap_compile() wants the host's byte order */
}

const char *linktype_name(int dlt, char room[static 16])
{
	const char *name = pcap_datalink_val_to_name(dlt);

	if (name)
		return name;
	snprintf(room, 16, "DLT %d", dlt);
	return room;
}
