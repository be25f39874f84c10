/* process.c - what the API itself makes process-wide, all of it: pcap_init(3PCAP)'s mode, the buffer that
 * pcap_lookupdev(3PCAP) returns, and the version. */
#include "handle/handle.h"

#include <net/if.h>
#include <stdatomic.h>

#define VERSION_TEXT "Capstan " CAPSTAN_VERSION ", based on the libpcap 1.10 API (with AF_PACKET TPACKET_V3)"

/* Old programs read this array instead of calling pcap_lib_version(). The linker gave each a copy of its own, of the
 * size that libpcap's had: 7 bytes, so a longer text would be cut there without its end. */
PCAP_API const char pcap_version[];
const char pcap_version[] = "1.10.3";
_Static_assert(sizeof(pcap_version) == 7, "the size that programs have reserved");

const char *pcap_lib_version(void)
{
	return VERSION_TEXT;
}

/* 0: pcap_init() was never called; else 1 + the encoding it chose. */
static atomic_int init_mode;
static atomic_bool rings_below_4gib;

bool cst_want_rings_below_4gib(void)
{
	return atomic_load(&rings_below_4gib);
}

int pcap_init(unsigned int opts, char *errbuf)
{
	const unsigned int encoding = opts & PCAP_CHAR_ENC_UTF_8;
	int none = 0;

	if (opts & ~(unsigned int)(PCAP_CHAR_ENC_UTF_8 | PCAP_MMAP_32BIT)) {
		cst_error(errbuf, "pcap_init() does not know all of the options 0x%x", opts);
		return PCAP_ERROR;
	}
	/* Names and texts are bytes to us, so both encodings behave alike; but a process has to choose one. */
	if (!atomic_compare_exchange_strong(&init_mode, &none, 1 + (int)encoding) && none != 1 + (int)encoding) {
		cst_error(errbuf, "pcap_init() was called before with the other character encoding");
		return PCAP_ERROR;
	}
	if (opts & PCAP_MMAP_32BIT)
		atomic_store(&rings_below_4gib, true);
	return 0;
}

char *pcap_lookupdev(char *errbuf)
{
	static _Thread_local char name[IF_NAMESIZE];
	pcap_if_t *devices;

	/* A program that calls pcap_init() is a new one, and pcap_lookupdev() is not for those (pcap_init(3PCAP)). */
	if (atomic_load(&init_mode)) {
		cst_error(errbuf, "pcap_lookupdev() is deprecated and fails after pcap_init(); use pcap_findalldevs()");
		return NULL;
	}
	if (pcap_findalldevs(&devices, errbuf) < 0)
		return NULL;
	char *found = NULL;
	if (devices && !(devices->flags & PCAP_IF_LOOPBACK)) {
		snprintf(name, sizeof(name), "%s", devices->name);
		found = name;
	} else {
		cst_error(errbuf, "no device was found that is more than the loopback");
	}
	pcap_freealldevs(devices);
	return found;
}
