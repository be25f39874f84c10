/* devices.c - list the devices: devices LIBRARY CYCLES. Prints ms that pcap_findalldevs() and pcap_freealldevs() take
 * together, how many of those listed are network interfaces, and how many addresses they have. */
#include "host.h"
#include "library.h"

#include <net/if.h>
#include <stdbool.h>
#include <stdlib.h>

static int addresses_of(const pcap_if_t *device)
{
	int count = 0;

	for (const pcap_addr_t *address = device->addresses; address; address = address->next)
		count++;
	return count;
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: devices LIBRARY CYCLES\n");
		return 2;
	}
	const struct library lib = load_library(argv[1]);
	const int cycles = atoi(argv[2]);
	int interfaces = 0, addresses = 0;
	double seconds = 0;

	for (int i = 0; i < cycles; i++) {
		char errbuf[PCAP_ERRBUF_SIZE] = "";
		pcap_if_t *devices;
		double start = wall_seconds();
		if (lib.findalldevs(&devices, errbuf) < 0) {
			fprintf(stderr, "%s\n", errbuf);
			return 2;
		}
		seconds += wall_seconds() - start;
		interfaces = addresses = 0;
		for (const pcap_if_t *device = devices; device; device = device->next) {
			const bool is_interface = if_nametoindex(device->name) != 0;
			interfaces += is_interface;
			addresses += is_interface ? addresses_of(device) : 0;
		}
		start = wall_seconds();
		lib.freealldevs(devices);
		seconds += wall_seconds() - start;
	}
	printf("%.4f %d %d\n", seconds * 1e3 / cycles, interfaces, addresses);
	return 0;
}
