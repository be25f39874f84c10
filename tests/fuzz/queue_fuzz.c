/* queue_fuzz.c - any bytes as the buffer of a send queue: its records lie one behind the other, inside, until the end or
 * the first that is none. */
#include "fuzz.h"

#include "npcap/queue_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *buffer = fuzz_copy(data, size);
	struct cst_queue_record record;
	uint32_t offset = 0, sum = 0;
	char reason[64];
	int found;

	while ((found = cst_queue_record_read(buffer, (uint32_t)size, offset, &record, reason, sizeof(reason))) > 0) {
		FUZZ_REQUIRE(record.offset == offset && record.data == buffer + offset + CST_QUEUE_HEADER);
		FUZZ_REQUIRE(record.caplen > 0 && cst_queue_record_end(&record) > offset);
		FUZZ_REQUIRE(cst_queue_record_end(&record) <= size);
		for (uint32_t i = 0; i < record.caplen; i++)
			sum += record.data[i];
		offset = cst_queue_record_end(&record);
	}
	FUZZ_REQUIRE(found < 0 ? offset < size && strlen(reason) > 0 : offset == size);
	FUZZ_REQUIRE(sum <= 255 * size);
	free(buffer);
	return 0;
}
