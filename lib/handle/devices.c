/* devices.c - the device list: gathered from every live source, best devices first. */
#include "handle/devices.h"
#include "handle/handle.h"

#include <errno.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stdlib.h>
#include <string.h>

static void free_device(pcap_if_t *device)
{
	for (pcap_addr_t *a = device->addresses, *next; a; a = next) {
		next = a->next;
		free(a->addr);
		free(a->netmask);
		free(a->broadaddr);
		free(a->dstaddr);
		free(a);
	}
	free(device->name);
	free(device->description);
	free(device);
}

void pcap_freealldevs(pcap_if_t *alldevs)
{
	for (pcap_if_t *next; alldevs; alldevs = next) {
		next = alldevs->next;
		free_device(alldevs);
	}
}

static bool make_room(struct cst_device_list *list)
{
	if (list->count < list->room)
		return true;
	size_t room = list->room ? 2 * list->room : 16;
	pcap_if_t **devices = realloc(list->devices, room * sizeof(pcap_if_t *));
	if (!devices)
		return false;
	list->devices = devices;
	list->room = room;
	return true;
}

pcap_if_t *cst_device_add(struct cst_device_list *list, const char *name, const char *description, bpf_u_int32 flags,
			  char *errbuf)
{
	pcap_if_t *device = calloc(1, sizeof(*device));

	if (!device || !make_room(list) || !(device->name = strdup(name)) ||
	    (description && !(device->description = strdup(description)))) {
		cst_error_errno(errbuf, errno, "adding %s to the device list", name);
		if (device)
			free_device(device);
		return NULL;
	}
	device->flags = flags;
	list->devices[list->count++] = device;
	return device;
}

/* How many bytes a socket address has; Linux keeps no length inside. 0: a family that pcap_addr does not carry. */
static size_t sockaddr_bytes(const struct sockaddr *addr)
{
	switch (addr->sa_family) {
	case AF_INET: return sizeof(struct sockaddr_in);
	case AF_INET6: return sizeof(struct sockaddr_in6);
	case AF_PACKET: return sizeof(struct sockaddr_ll);
	default: return 0;
	}
}

/* Programs look at the first address and its netmask, so IP comes before link level (Npcap lists IP alone). */
static int family_rank(const struct sockaddr *addr)
{
	switch (addr ? addr->sa_family : AF_UNSPEC) {
	case AF_INET: return 0;
	case AF_INET6: return 1;
	default: return 2;
	}
}

/* For an IPv4 address that came without: programs look at the netmask unchecked, as on Windows there always is one. */
static const struct sockaddr *host_netmask(void)
{
	static const struct sockaddr_in mask = { .sin_family = AF_INET, .sin_addr.s_addr = INADDR_NONE };

	return (const struct sockaddr *)(const void *)&mask;
}

/* False when memory is out; an absent or foreign address is no failure and stays NULL. */
static bool copy_sockaddr(struct sockaddr **to, const struct sockaddr *from)
{
	size_t bytes = from ? sockaddr_bytes(from) : 0;

	if (bytes == 0)
		return true;
	*to = malloc(bytes);
	if (*to)
		memcpy(*to, from, bytes);
	return *to != NULL;
}

int cst_device_add_address(pcap_if_t *device, const struct sockaddr *addr, const struct sockaddr *netmask,
			   const struct sockaddr *broadaddr, const struct sockaddr *dstaddr, char *errbuf)
{
	pcap_addr_t *entry = calloc(1, sizeof(*entry));

	if (addr && addr->sa_family == AF_INET && !netmask)
		netmask = host_netmask();
	if (!entry || !copy_sockaddr(&entry->addr, addr) || !copy_sockaddr(&entry->netmask, netmask) ||
	    !copy_sockaddr(&entry->broadaddr, broadaddr) || !copy_sockaddr(&entry->dstaddr, dstaddr)) {
		cst_error_errno(errbuf, errno, "adding an address to %s", device->name);
		if (entry) {
			free(entry->addr);
			free(entry->netmask);
			free(entry->broadaddr);
			free(entry->dstaddr);
			free(entry);
		}
		return PCAP_ERROR;
	}
	pcap_addr_t **at = &device->addresses;
	while (*at && family_rank((*at)->addr) <= family_rank(addr))
		at = &(*at)->next;
	entry->next = *at;
	*at = entry;
	return 0;
}

/* The device that a program takes when it takes the first: running before up before down, connected before not,
 * real ones before loopback, and "any" behind the interfaces of its rank. */
static unsigned int demerit(const pcap_if_t *device)
{
	unsigned int rank = 0;

	if (!(device->flags & PCAP_IF_RUNNING))
		rank |= 16;
	if (!(device->flags & PCAP_IF_UP))
		rank |= 8;
	if ((device->flags & PCAP_IF_CONNECTION_STATUS) == PCAP_IF_CONNECTION_STATUS_DISCONNECTED &&
	    !(device->flags & PCAP_IF_WIRELESS))
		rank |= 4;
	if (device->flags & PCAP_IF_LOOPBACK)
		rank |= 2;
	if (strcmp(device->name, "any") == 0)
		rank |= 1;
	return rank;
}

struct ranked {
	unsigned int rank;
	size_t position; /* qsort is not stable, the list has to be */
	pcap_if_t *device;
};

static int by_rank(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return x->position < y->position ? -1 : 1;
}

/* Sort and chain; the array is freed. False when memory is out. */
static bool chain(struct cst_device_list *list, pcap_if_t **first)
{
	struct ranked *order = calloc(list->count + 1, sizeof(*order));

	if (!order)
		return false;
	for (size_t i = 0; i < list->count; i++)
		order[i] = (struct ranked){ demerit(list->devices[i]), i, list->devices[i] };
	qsort(order, list->count, sizeof(*order), by_rank);
	*first = NULL;
	for (size_t i = list->count; i-- > 0;) {
		order[i].device->next = *first;
		*first = order[i].device;
	}
	free(order);
	return true;
}

int pcap_findalldevs(pcap_if_t **alldevsp, char *errbuf)
{
	struct cst_device_list list = { 0 };
	int status = 0;

	*alldevsp = NULL;
	for (const struct live_source *const *source = cst_live_sources; *source && status == 0; source++)
		if ((*source)->list)
			status = (*source)->list(&list, errbuf);
	if (status == 0 && !chain(&list, alldevsp)) {
		cst_error_errno(errbuf, errno, "sorting %zu devices", list.count);
		status = PCAP_ERROR;
	}
	if (status < 0)
		for (size_t i = 0; i < list.count; i++)
			free_device(list.devices[i]);
	free(list.devices);
	return status;
}

/* A failure leaves *netp and *maskp alone, as libpcap's does: what the caller put there may be its default. */
int pcap_lookupnet(const char *device, bpf_u_int32 *netp, bpf_u_int32 *maskp, char *errbuf)
{
	const struct live_source *source = cst_live_source_of(device ? device : "any");

	if (source->lookupnet)
		return source->lookupnet(device ? device : "any", netp, maskp, errbuf);
	*netp = *maskp = 0;
	return 0;
}
