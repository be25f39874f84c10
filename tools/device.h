/* device.h - opening a device for a command, with errors and warnings told in the command's name. */
#ifndef CAPSTAN_DEVICE_H
#define CAPSTAN_DEVICE_H

#include "command.h"

#include <pcap.h>
#include <stdbool.h>

struct device_wishes {
	const char *name;
	int snaplen;      /* 0: everything */
	int timeout_ms;   /* 0: none */
	int buffer_bytes; /* 0: the library's choice */
	int precision;    /* PCAP_TSTAMP_PRECISION_ */
	bool promisc, immediate;
};

/* Was a device named? If not, that is told, as wrong usage. */
bool device_is_named(const struct command *command, const struct device_wishes *wishes);

/* An activated handle, the caller's to close; NULL: the reason is on standard error. */
pcap_t *device_open(const struct command *command, const struct device_wishes *wishes);

/* What expression_set() wants to know of the device's addresses. */
bpf_u_int32 device_netmask(const char *name);

/* Tell what the library said of a device or file, naming it where the library did not. */
void complain_of(const struct command *command, const char *object, const char *text);

/* "EN10MB", or "DLT 123" into `room` where the type has no name. */
const char *linktype_name(int dlt, char room[static 16]);

#endif
