/* send_queue_test.c - filling a send queue, and reading its records whatever is in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "npcap/queue_record.h"

#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int put(pcap_send_queue *q, uint32_t caplen, const void *data)
{
	const struct pcap_pkthdr h = { .ts = { .tv_sec = 0x11223344, .tv_usec = 0x55667788 }, .caplen = caplen, .len = 9000 };

	return pcap_sendqueue_queue(q, &h, data);
}

static void a_queue_begins_empty(void **state)
{
	static const u_int sizes[] = { 0, 1, 100, 1u << 20, 256u << 20 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		pcap_send_queue *q = pcap_sendqueue_alloc(sizes[i]);
		assert_non_null(q);
		assert_non_null(q->buffer);
		assert_int_equal(q->maxlen, sizes[i]);
		assert_int_equal(q->len, 0);
		pcap_sendqueue_destroy(q);
	}
	pcap_sendqueue_destroy(NULL);
}

static void a_record_is_four_words_and_the_packet_without_padding(void **state)
{
	pcap_send_queue *q = pcap_sendqueue_alloc(100);
	const uint32_t header[] = { 0x11223344, 0x55667788, 3, 9000 };

	(void)state;
	assert_int_equal(put(q, 3, "abc"), 0);
	assert_int_equal(q->len, 19);
	assert_int_equal(put(q, 3, "def"), 0);
	assert_int_equal(q->len, 38);
	for (int i = 0; i < 2; i++) {
		assert_memory_equal(q->buffer + i * 19, header, sizeof(header));
		assert_memory_equal(q->buffer + i * 19 + 16, i ? "def" : "abc", 3);
	}
	pcap_sendqueue_destroy(q);
}

static void a_queue_takes_what_has_room_and_nothing_else(void **state)
{
	pcap_send_queue *q = pcap_sendqueue_alloc(2 * (16 + 5));

	(void)state;
	assert_int_equal(put(q, 5, "12345"), 0);
	assert_int_equal(put(q, 6, "123456"), -1);
	assert_int_equal(put(q, UINT32_MAX, "1"), -1);
	assert_int_equal(put(q, UINT32_MAX - 15, "1"), -1);
	assert_int_equal(q->len, 21);
	assert_int_equal(put(q, 5, "12345"), 0);
	assert_int_equal(put(q, 0, NULL), -1);
	assert_int_equal(q->len, q->maxlen);
	pcap_sendqueue_destroy(q);
	q = pcap_sendqueue_alloc(0);
	assert_int_equal(put(q, 0, NULL), -1);
	pcap_sendqueue_destroy(q);
}

static void nothing_is_put_where_nothing_is(void **state)
{
	pcap_send_queue *q = pcap_sendqueue_alloc(100);
	struct pcap_send_queue no_buffer = { .maxlen = 100 };

	(void)state;
	assert_int_equal(put(NULL, 1, "1"), -1);
	assert_int_equal(put(&no_buffer, 1, "1"), -1);
	assert_int_equal(pcap_sendqueue_queue(q, NULL, (const u_char *)"1"), -1);
	assert_int_equal(put(q, 1, NULL), -1);
	assert_int_equal(q->len, 0);
	pcap_sendqueue_destroy(q);
}

/* A heap block of just the size, at an odd address, so that a sanitizer sees what is read beside it. */
static uint8_t *record_at_odd_address(uint8_t **block, uint32_t bytes, uint32_t caplen)
{
	*block = calloc(1, bytes + 1);
	assert_non_null(*block);
	if (bytes >= CST_QUEUE_HEADER)
		cst_queue_record_write(*block + 1, 1, 2, caplen, 0);
	return *block + 1;
}

static void a_record_is_read_where_all_of_it_is_there(void **state)
{
	static const uint32_t caplens[] = { 0, 1, 2, 84, 85, 100, INT32_MAX, 1u << 31, UINT32_MAX - 16, UINT32_MAX - 15, UINT32_MAX };
	struct cst_queue_record r;
	char reason[256];
	uint8_t *block;

	(void)state;
	for (uint32_t bytes = 0; bytes <= 110; bytes++) {
		for (size_t i = 0; i < sizeof(caplens) / sizeof(*caplens); i++) {
			const uint8_t *at = record_at_odd_address(&block, bytes, caplens[i]);
			const bool whole = bytes >= 16 && caplens[i] > 0 && caplens[i] <= bytes - 16;
			strcpy(reason, "");
			int found = cst_queue_record_read(at, bytes, 0, &r, reason, sizeof(reason));
			assert_int_equal(found, bytes == 0 ? 0 : whole ? 1 : -1);
			assert_int_equal(strlen(reason) > 0, found < 0);
			if (found == 1) {
				assert_ptr_equal(r.data, at + 16);
				assert_int_equal(r.caplen, caplens[i]);
				assert_int_equal(r.seconds, 1);
				assert_int_equal(r.fraction, 2);
				assert_int_equal(cst_queue_record_end(&r), 16 + caplens[i]);
			}
			free(block);
		}
	}
}

static void records_follow_each_other_to_the_end(void **state)
{
	pcap_send_queue *q = pcap_sendqueue_alloc(10000);
	struct cst_queue_record r;
	uint32_t offset = 0;
	char reason[256];

	(void)state;
	for (uint32_t i = 1; i <= 100; i++)
		assert_int_equal(put(q, i % 7 + 1, "1234567"), 0);
	for (uint32_t i = 1; i <= 100; i++) {
		assert_int_equal(cst_queue_record_read((uint8_t *)q->buffer, q->len, offset, &r, reason, sizeof(reason)), 1);
		assert_int_equal(r.offset, offset);
		assert_int_equal(r.caplen, i % 7 + 1);
		offset = cst_queue_record_end(&r);
	}
	assert_int_equal(offset, q->len);
	assert_int_equal(cst_queue_record_read((uint8_t *)q->buffer, q->len, offset, &r, reason, sizeof(reason)), 0);
	pcap_sendqueue_destroy(q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_queue_begins_empty),
		cmocka_unit_test(a_record_is_four_words_and_the_packet_without_padding),
		cmocka_unit_test(a_queue_takes_what_has_room_and_nothing_else),
		cmocka_unit_test(nothing_is_put_where_nothing_is),
		cmocka_unit_test(a_record_is_read_where_all_of_it_is_there),
		cmocka_unit_test(records_follow_each_other_to_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
