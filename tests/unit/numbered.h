/* numbered.h - packets that follow from their number, and the savefile that they make: what is there of it can be told
 * from its bytes alone. */
#ifndef NUMBERED_H
#define NUMBERED_H

#include <capstan/pcapng.h>
#include <pcap/pcap.h>

#include <stddef.h>
#include <stdint.h>

enum { NUMBERED_LONGEST = 1500, NUMBERED_SNAPLEN = 2000 };

/* For savefiles of them. Ends the test when memory is out. */
pcap_t *numbered_handle(void);

/* Packet `number`, from 0; `bytes` are the caller's. */
struct pcap_pkthdr numbered_packet(uint32_t number, u_char bytes[static NUMBERED_LONGEST]);

/* Dump packets `from` to `until` - 1. */
void numbered_dump(pcap_dumper_t *dumper, uint32_t from, uint32_t until);

/* Write them to interface 0 of a pcapng file: 0, or PCAP_ERROR from the first on that cannot be written. */
int numbered_put(capstan_pcapng_writer *w, uint32_t from, uint32_t until);

/* How many whole packets there are in `bytes`, the beginning of such a savefile; fails the test where it is none. */
uint32_t numbered_in(const uint8_t *bytes, size_t size);

/* How many packets the library reads from the file, which may be cut off; fails the test at any other error, and at a
 * packet that is not the next one. */
uint32_t numbered_in_file(const char *path);

/* Write the savefile `how`, and note how many packets have been flushed. A child does it; it has 200,000 packets to write. */
typedef void numbered_writer(const void *how, _Atomic uint32_t *flushed);

/* Have it killed by SIGKILL in mid-write, `round` choosing the moment: in every other one after its first flush, else perhaps
 * before it has written anything. How many packets had been flushed. */
uint32_t numbered_killed(numbered_writer *writer, const void *how, unsigned int round);

#endif
