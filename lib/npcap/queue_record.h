/* queue_record.h - the records of a send queue: 16 bytes of header, then the packet, one behind the other.
 *
 *   seconds | micro- or nanoseconds | caplen | len (each 32 bits, host byte order) | caplen bytes
 *
 * Npcap's layout on Windows, and what a savefile of the host's byte order has behind its file header. No alignment. */
#ifndef CST_NPCAP_QUEUE_RECORD_H
#define CST_NPCAP_QUEUE_RECORD_H

#include <stddef.h>
#include <stdint.h>

#define CST_QUEUE_HEADER 16

struct cst_queue_record {
	uint32_t seconds, fraction;
	uint32_t caplen;
	uint32_t offset;     /* of the header, in the queue */
	const uint8_t *data; /* borrowed from the queue */
};

/* Read the record at `offset` of a queue with `len` bytes in use. 1; 0: the queue ends there; -1: no record can be made
 * of what is there, `reason` says why. */
int cst_queue_record_read(const uint8_t *buffer, uint32_t len, uint32_t offset, struct cst_queue_record *record,
			  char *reason, size_t reason_bytes);

/* Write the header of a record. */
void cst_queue_record_write(uint8_t header[static CST_QUEUE_HEADER], uint32_t seconds, uint32_t fraction,
			    uint32_t caplen, uint32_t len);

/* Where the next record begins. */
static inline uint32_t cst_queue_record_end(const struct cst_queue_record *record)
{
	return record->offset + CST_QUEUE_HEADER + record->caplen;
}

#endif
