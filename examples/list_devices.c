/* list_devices - each device that can be captured on: name, state, description, addresses. Needs no privilege.
 *
 *   cc list_devices.c $(pkg-config --cflags --libs capstan) -o list_devices */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <pcap.h>
#include <stdio.h>

/* Look at sa_family before anything else of an address: it says what kind of sockaddr this is. */
static void print_address(const struct sockaddr *address)
{
	char text[INET6_ADDRSTRLEN];

	if (address->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)address;

		printf("    %s\n", inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text)));
	} else if (address->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)address;

		printf("    %s\n", inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof(text)));
	} else if (address->sa_family == AF_PACKET) {
		const struct sockaddr_ll *link = (const void *)address;

		for (int i = 0; i < link->sll_halen && i < (int)sizeof(link->sll_addr); i++)
			printf("%s%02x", i ? ":" : "    ", link->sll_addr[i]);
		puts(link->sll_halen ? "" : "    no hardware address");
	}
}

static const char *state(const pcap_if_t *device)
{
	if (!(device->flags & PCAP_IF_UP))
		return "down";
	switch (device->flags & PCAP_IF_CONNECTION_STATUS) {
	case PCAP_IF_CONNECTION_STATUS_CONNECTED:
		return "up, connected";
	case PCAP_IF_CONNECTION_STATUS_DISCONNECTED:
		return "up, not connected";
	default:
		return "up";
	}
}

int main(void)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_if_t *devices;

	if (pcap_findalldevs(&devices, errbuf) < 0) {
		fprintf(stderr, "list_devices: %s\n", errbuf);
		return 1;
	}
	/* Success with an empty list is possible: a NULL here is no error. */
	for (const pcap_if_t *device = devices; device; device = device->next) {
		printf("%s: %s%s\n", device->name, state(device), device->flags & PCAP_IF_LOOPBACK ? ", loopback" : "");
		if (device->description)
			printf("    %s\n", device->description);
		for (const pcap_addr_t *a = device->addresses; a; a = a->next)
			if (a->addr)
				print_address(a->addr);
	}
	pcap_freealldevs(devices);
	return 0;
}
