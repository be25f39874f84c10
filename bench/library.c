/* library.c - the pcap library under measurement, loaded by path. */
#include "library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct library load_library(const char *path)
{
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	struct library lib;

	if (!handle) {
		fprintf(stderr, "%s\n", dlerror());
		exit(2);
	}
	const struct {
		const char *name;
		void *slot;
	} wanted[] = {
		{ "pcap_open_live", &lib.open_live },
		{ "pcap_create", &lib.create },
		{ "pcap_set_snaplen", &lib.set_snaplen },
		{ "pcap_set_timeout", &lib.set_timeout },
		{ "pcap_set_buffer_size", &lib.set_buffer_size },
		{ "pcap_set_promisc", &lib.set_promisc },
		{ "pcap_activate", &lib.activate },
		{ "pcap_open_offline", &lib.open_offline },
		{ "pcap_open_dead", &lib.open_dead },
		{ "pcap_dump_open", &lib.dump_open },
		{ "pcap_dump", &lib.dump },
		{ "pcap_dump_ftell", &lib.dump_ftell },
		{ "pcap_dump_flush", &lib.dump_flush },
		{ "pcap_dump_close", &lib.dump_close },
		{ "pcap_compile", &lib.compile },
		{ "pcap_dispatch", &lib.dispatch },
		{ "pcap_loop", &lib.loop },
		{ "pcap_next_ex", &lib.next_ex },
		{ "pcap_setfilter", &lib.setfilter },
		{ "pcap_stats", &lib.stats },
		{ "pcap_findalldevs", &lib.findalldevs },
		{ "pcap_freealldevs", &lib.freealldevs },
		{ "pcap_inject", &lib.inject },
		{ "pcap_sendpacket", &lib.sendpacket },
		{ "pcap_geterr", &lib.geterr },
		{ "pcap_close", &lib.close },
	};
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		void *symbol = dlsym(handle, wanted[i].name);
		if (!symbol) {
			fprintf(stderr, "%s\n", dlerror());
			exit(2);
		}
		memcpy(wanted[i].slot, &symbol, sizeof(symbol));
	}
	/* An extension. */
	void *symbol = dlsym(handle, "pcap_sendqueue_transmit");
	memcpy(&lib.sendqueue_transmit, &symbol, sizeof(symbol));
	symbol = dlsym(handle, "pcap_sendqueue_alloc");
	memcpy(&lib.sendqueue_alloc, &symbol, sizeof(symbol));
	void *setmode = dlsym(handle, "pcap_setmode");
	memcpy(&lib.setmode, &setmode, sizeof(setmode));
	return lib;
}
