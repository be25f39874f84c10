/* devices.h - what rtnetlink (through getifaddrs(3)) knows of the network interfaces. */
#ifndef CST_LINUX_DEVICES_H
#define CST_LINUX_DEVICES_H

#include "handle/devices.h"

/* live_source.list for network interfaces: every one, with addresses and flags. */
int cst_interface_list(struct cst_device_list *list, char *errbuf);

/* live_source.lookupnet for network interfaces: the first IPv4 network of `device`, network byte order. */
int cst_interface_lookupnet(const char *device, bpf_u_int32 *net, bpf_u_int32 *mask, char *errbuf);

#endif
