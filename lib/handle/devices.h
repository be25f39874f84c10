/* devices.h - the list that pcap_findalldevs(3PCAP) returns, while sources fill it. */
#ifndef CST_HANDLE_DEVICES_H
#define CST_HANDLE_DEVICES_H

#include <pcap.h>
#include <stddef.h>
#include <sys/socket.h>

struct cst_device_list {
	pcap_if_t **devices; /* owned; grows */
	size_t count, room;
};

/* Add a device (strings are copied, description may be NULL); NULL with the text in `errbuf` when memory is out. */
pcap_if_t *cst_device_add(struct cst_device_list *list, const char *name, const char *description, bpf_u_int32 flags,
			  char *errbuf);

/* Add an address to `device`; each pointer may be NULL and is copied. Kept in the order IPv4, IPv6, others, and
 * within a family in the order of the calls. IPv4 without a netmask gets that of a single host. 0 or PCAP_ERROR. */
int cst_device_add_address(pcap_if_t *device, const struct sockaddr *addr, const struct sockaddr *netmask,
			   const struct sockaddr *broadaddr, const struct sockaddr *dstaddr, char *errbuf);

#endif
