/* queue_record.c - reading and writing the records of a send queue, whoever filled it. */
#include "npcap/queue_record.h"

#include "base/bytes.h"

#include <inttypes.h>
#include <stdio.h>

int cst_queue_record_read(const uint8_t *buffer, uint32_t len, uint32_t offset, struct cst_queue_record *record,
			  char *reason, size_t reason_bytes)
{
	if (offset >= len)
		return 0;
	const uint32_t left = len - offset;
	if (left < CST_QUEUE_HEADER) {
		snprintf(reason, reason_bytes, "a header has %d bytes, and only %" PRIu32 " are left in the queue",
			 CST_QUEUE_HEADER, left);
		return -1;
	}
	const uint8_t *at = buffer + offset;
	const uint32_t caplen = cst_get32(at + 8);
	if (caplen == 0) {
		snprintf(reason, reason_bytes, "it has no bytes");
		return -1;
	}
	if (caplen > left - CST_QUEUE_HEADER) {
		snprintf(reason, reason_bytes, "its header says %" PRIu32 " bytes, and only %" PRIu32 " are left in "
			 "the queue", caplen, left - CST_QUEUE_HEADER);
		return -1;
	}
	*record = (struct cst_queue_record){ .seconds = cst_get32(at),
					     .fraction = cst_get32(at + 4),
					     .caplen = caplen,
					     .offset = offset,
					     .data = at + CST_QUEUE_HEADER };
	return 1;
}

void cst_queue_record_write(uint8_t header[static CST_QUEUE_HEADER], uint32_t seconds, uint32_t fraction,
			    uint32_t caplen, uint32_t len)
{
	const uint32_t fields[] = { seconds, fraction, caplen, len };

	memcpy(header, fields, sizeof(fields));
}
