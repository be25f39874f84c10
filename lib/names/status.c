/* status.c - sentences for the API's status codes (pcap_statustostr(3PCAP)) and for errno values. */
#include <pcap/pcap.h>

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct {
	int status;
	const char *text;
} statuses[] = {
	{ PCAP_WARNING, "Generic warning" },
	{ PCAP_WARNING_PROMISC_NOTSUP, "That device doesn't support promiscuous mode" },
	{ PCAP_WARNING_TSTAMP_TYPE_NOTSUP, "That type of time stamp is not supported by that device" },
	{ PCAP_ERROR, "Generic error" },
	{ PCAP_ERROR_BREAK, "Loop terminated by pcap_breakloop" },
	{ PCAP_ERROR_NOT_ACTIVATED, "The pcap_t has not been activated" },
	{ PCAP_ERROR_ACTIVATED, "The setting can't be changed after the pcap_t is activated" },
	{ PCAP_ERROR_NO_SUCH_DEVICE, "No such device exists" },
	{ PCAP_ERROR_RFMON_NOTSUP, "That device doesn't support monitor mode" },
	{ PCAP_ERROR_NOT_RFMON, "That operation is supported only in monitor mode" },
	{ PCAP_ERROR_PERM_DENIED, "You don't have permission to perform this capture on that device" },
	{ PCAP_ERROR_IFACE_NOT_UP, "That device is not up" },
	{ PCAP_ERROR_CANTSET_TSTAMP_TYPE, "That device doesn't support setting the time stamp type" },
	{ PCAP_ERROR_PROMISC_PERM_DENIED, "You don't have permission to capture in promiscuous mode on that device" },
	{ PCAP_ERROR_TSTAMP_PRECISION_NOTSUP, "That device doesn't support that time stamp precision" },
	{ PCAP_ERROR_CAPTURE_NOTSUP, "Capturing packets is not supported on this system" },
};

const char *pcap_statustostr(int status)
{
	static _Thread_local char unknown[sizeof("Unknown error: -2147483648")];

	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (statuses[i].status == status)
			return statuses[i].text;
	snprintf(unknown, sizeof(unknown), "Unknown error: %d", status);
	return unknown;
}

const char *pcap_strerror(int error)
{
	static _Thread_local char text[256];

	return strerror_r(error, text, sizeof(text)); /* GNU's: the text itself, or a constant */
}
