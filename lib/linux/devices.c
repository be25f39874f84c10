/* devices.c - the network interfaces with their addresses, as getifaddrs(3) reads them over rtnetlink: two questions to
 * the kernel for all interfaces together. */
#include "base/error.h"
#include "linux/devices.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* linux/if.h has it, but does not agree with net/if.h. */
#define LINK_HAS_CARRIER 0x10000u

static bool is_wireless(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/class/net/%.16s/phy80211", name);
	return access(path, F_OK) == 0;
}

/* The carrier, if that means anything: some virtual interfaces know no link, and only ethtool tells which. */
static bpf_u_int32 connection_status(int control, const struct ifaddrs *ifa)
{
	struct ethtool_value link = { .cmd = ETHTOOL_GLINK, .data = ifa->ifa_flags & LINK_HAS_CARRIER };
	struct ifreq ifr = { .ifr_data = (void *)&link };

	if (ifa->ifa_flags & IFF_LOOPBACK)
		return PCAP_IF_CONNECTION_STATUS_NOT_APPLICABLE;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", ifa->ifa_name);
	if (ioctl(control, SIOCETHTOOL, &ifr) < 0 && errno == EOPNOTSUPP)
		return PCAP_IF_CONNECTION_STATUS_NOT_APPLICABLE;
	return link.data ? PCAP_IF_CONNECTION_STATUS_CONNECTED : PCAP_IF_CONNECTION_STATUS_DISCONNECTED;
}

static bpf_u_int32 device_flags(int control, const struct ifaddrs *ifa)
{
	bpf_u_int32 flags = 0;

	if (ifa->ifa_flags & IFF_UP)
		flags |= PCAP_IF_UP;
	if (ifa->ifa_flags & IFF_RUNNING)
		flags |= PCAP_IF_RUNNING;
	if (is_wireless(ifa->ifa_name))
		flags |= PCAP_IF_WIRELESS;
	if (ifa->ifa_flags & IFF_LOOPBACK)
		flags |= PCAP_IF_LOOPBACK;
	return flags | connection_status(control, ifa);
}

/* The listing while it is made: getifaddrs() tells the links first and then, family by family, addresses in the same
 * order, so the device of an address is mostly the one of the address before, or the next. */
struct listing {
	struct cst_device_list *list;
	size_t first, last; /* our first device in the list; the one found last */
	int control;        /* a socket to ask about links; -1: the flags have to do */
};

/* IPv4 addresses may carry a label ("eth0:1") in place of the interface's name. */
static pcap_if_t *find_device(struct listing *l, const char *name)
{
	size_t count = l->list->count - l->first, bytes = strcspn(name, ":");

	for (size_t i = 0; i < count; i++) {
		size_t at = l->first + (l->last - l->first + i) % count;
		pcap_if_t *device = l->list->devices[at];
		if (strncmp(device->name, name, bytes) == 0 && device->name[bytes] == '\0') {
			l->last = at;
			return device;
		}
	}
	return NULL;
}

static int add_address(struct listing *l, const struct ifaddrs *ifa, char *errbuf)
{
	pcap_if_t *device = find_device(l, ifa->ifa_name);
	bool broadcast = ifa->ifa_flags & IFF_BROADCAST, peer = ifa->ifa_flags & IFF_POINTOPOINT;

	/* An interface that came up between the two questions is in the next listing. */
	if (!device)
		return 0;
	return cst_device_add_address(device, ifa->ifa_addr, ifa->ifa_netmask, broadcast ? ifa->ifa_broadaddr : NULL,
				      peer ? ifa->ifa_dstaddr : NULL, errbuf);
}

static int add_link(struct listing *l, const struct ifaddrs *ifa, char *errbuf)
{
	if (!cst_device_add(l->list, ifa->ifa_name, NULL, device_flags(l->control, ifa), errbuf))
		return PCAP_ERROR;
	l->last = l->list->count - 1;
	/* Tunnels have no hardware address, and then no address at all stands here. */
	return ifa->ifa_addr ? add_address(l, ifa, errbuf) : 0;
}

int cst_interface_list(struct cst_device_list *list, char *errbuf)
{
	struct listing l = { .list = list, .first = list->count, .last = list->count };
	struct ifaddrs *all;
	int status = 0;

	if (getifaddrs(&all) < 0) {
		cst_error_errno(errbuf, errno, "asking the kernel for the network interfaces");
		return PCAP_ERROR;
	}
	l.control = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	for (const struct ifaddrs *ifa = all; ifa && status == 0; ifa = ifa->ifa_next) {
		if (!ifa->ifa_addr || ifa->ifa_addr->sa_family == AF_PACKET)
			status = add_link(&l, ifa, errbuf);
		else
			status = add_address(&l, ifa, errbuf);
	}
	if (l.control >= 0)
		close(l.control);
	freeifaddrs(all);
	return status;
}

/* The first IPv4 address decides. An interface without one gets an error, one that does not exist, too. */
int cst_interface_lookupnet(const char *device, bpf_u_int32 *net, bpf_u_int32 *mask, char *errbuf)
{
	struct ifaddrs *all;
	bool found = false;

	if (getifaddrs(&all) < 0) {
		cst_error_errno(errbuf, errno, "%s: asking the kernel for addresses", device);
		return PCAP_ERROR;
	}
	for (const struct ifaddrs *ifa = all; ifa && !found; ifa = ifa->ifa_next) {
		if (!ifa->ifa_addr || !ifa->ifa_netmask || ifa->ifa_addr->sa_family != AF_INET ||
		    strcmp(ifa->ifa_name, device) != 0)
			continue;
		*mask = ((const struct sockaddr_in *)(const void *)ifa->ifa_netmask)->sin_addr.s_addr;
		*net = ((const struct sockaddr_in *)(const void *)ifa->ifa_addr)->sin_addr.s_addr & *mask;
		found = true;
	}
	freeifaddrs(all);
	if (found)
		return 0;
	if (if_nametoindex(device) == 0)
		cst_error(errbuf, "%s: no such interface", device);
	else
		cst_error(errbuf, "%s: no IPv4 address is assigned", device);
	return PCAP_ERROR;
}
