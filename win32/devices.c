/* devices.c - lists of devices as Npcap makes them: IP addresses and no others, so that each has a netmask to look at. */
#include "kit.h"

#include "pcap.h"

#undef pcap_findalldevs
#undef pcap_findalldevs_ex

static bool is_ip(const pcap_addr_t *a)
{
	return a->addr && a->netmask && (a->addr->sa_family == AF_INET || a->addr->sa_family == AF_INET6);
}

/* Take what is no IP address out of the device's list: a list of its own. */
static pcap_addr_t *take_others(pcap_if_t *device)
{
	pcap_addr_t *others = NULL, **end = &others, **at = &device->addresses;

	while (*at) {
		pcap_addr_t *a = *at;

		if (is_ip(a)) {
			at = &a->next;
			continue;
		}
		*at = a->next;
		a->next = NULL;
		*end = a;
		end = &a->next;
	}
	return others;
}

/* As part of a device that has nothing else they go back to where they came from. */
static void free_addresses(pcap_addr_t *addresses)
{
	pcap_if_t *device = addresses ? calloc(1, sizeof(*device)) : NULL;

	if (!device)
		return; /* too little memory to free some: they are lost, but they are not shown */
	device->addresses = addresses;
	pcap_freealldevs(device);
}

static int ip_only(int status, pcap_if_t *devices)
{
	for (pcap_if_t *d = status == 0 ? devices : NULL; d; d = d->next)
		free_addresses(take_others(d));
	return status;
}

int capstan_findalldevs(pcap_if_t **alldevs, char *errbuf)
{
	int status = pcap_findalldevs(alldevs, errbuf);

	return ip_only(status, status == 0 ? *alldevs : NULL);
}

int capstan_findalldevs_ex(const char *source, struct pcap_rmtauth *auth, pcap_if_t **alldevs, char *errbuf)
{
	int status = pcap_findalldevs_ex(source, auth, alldevs, errbuf);

	return ip_only(status, status == 0 ? *alldevs : NULL);
}
