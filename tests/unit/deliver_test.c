/* deliver_test.c - the delivery loop over a source that never runs dry: packets that the filter rejects, without end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "handle/handle.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define BUFFER_BYTES 100000
#define FRAME_BYTES  100

static const uint8_t frame[FRAME_BYTES];

/* Ends by itself, so that a loop that does not fails instead of hanging. */
static int read_flood(pcap_t *p, struct cst_batch *b)
{
	int64_t *left = p->source;

	if (*left <= 0)
		return cst_fail(p, PCAP_ERROR, "the flood was read to its end");
	for (unsigned int i = 0; i < CST_BATCH_PACKETS; i++)
		b->packets[i] = (struct cst_packet){ .h = { .caplen = FRAME_BYTES, .len = FRAME_BYTES }, .data = frame };
	*left -= CST_BATCH_PACKETS * FRAME_BYTES;
	return CST_BATCH_PACKETS;
}

static const struct source_ops flood = { .name = "flood", .read_batch = read_flood };

/* A live handle whose filter, in user space, rejects all of `*left` bytes. */
static pcap_t *open_flood(int64_t *left)
{
	const struct bpf_insn reject = BPF_STMT(BPF_RET | BPF_K, 0);
	pcap_t *p = cst_handle_new(CST_LIVE, NULL);

	assert_non_null(p);
	assert_int_equal(cst_handle_make_wakeable(p), 0);
	p->ops = &flood;
	p->source = left;
	p->buffer_bytes = BUFFER_BYTES;
	p->filter.bf_insns = malloc(sizeof(reject));
	assert_non_null(p->filter.bf_insns);
	*p->filter.bf_insns = reject;
	p->filter.bf_len = 1;
	p->filter_in_user = true;
	return p;
}

static void no_packet(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	(void)user;
	(void)h;
	(void)data;
	fail();
}

/* What a read may look at, in vain, before it says that there is nothing. */
static void expect_one_bufferful(pcap_t *p, int64_t *left)
{
	struct pcap_pkthdr *h;
	const u_char *data;

	*left = 10 * BUFFER_BYTES;
	assert_int_equal(pcap_dispatch(p, -1, no_packet, NULL), 0);
	assert_in_range(*left, 8 * BUFFER_BYTES, 9 * BUFFER_BYTES);
	*left = 10 * BUFFER_BYTES;
	assert_int_equal(pcap_next_ex(p, &h, &data), 0);
	assert_in_range(*left, 8 * BUFFER_BYTES, 9 * BUFFER_BYTES);
}

static void a_flood_of_rejected_packets_ends_a_read_with_a_timeout(void **state)
{
	int64_t left;
	pcap_t *p = open_flood(&left);

	(void)state;
	p->options.timeout_ms = 1;
	expect_one_bufferful(p, &left);
	pcap_close(p);
}

static void a_flood_of_rejected_packets_ends_a_nonblocking_read(void **state)
{
	int64_t left;
	pcap_t *p = open_flood(&left);

	(void)state;
	p->nonblock = true;
	expect_one_bufferful(p, &left);
	pcap_close(p);
}

static void without_timeout_a_read_goes_on(void **state)
{
	int64_t left = 10 * BUFFER_BYTES;
	pcap_t *p = open_flood(&left);
	struct pcap_pkthdr *h;
	const u_char *data;

	(void)state;
	assert_int_equal(pcap_next_ex(p, &h, &data), PCAP_ERROR);
	assert_int_equal(left, 0);
	left = 10 * BUFFER_BYTES;
	assert_int_equal(pcap_loop(p, -1, no_packet, NULL), PCAP_ERROR);
	assert_int_equal(left, 0);
	pcap_close(p);
}

/* A device that hands over blocks, as its time comes, in which there is nothing for the handle. */
static int read_none(pcap_t *p, struct cst_batch *b)
{
	(void)p;
	(void)b;
	return 0;
}

static int gather_none(pcap_t *p, int64_t enough)
{
	(void)p;
	(void)enough;
	return 0;
}

static bool none_at_hand(pcap_t *p)
{
	(void)p;
	return false;
}

/* Ends by itself, too. */
static int one_more_block(pcap_t *p)
{
	int *blocks = p->source;

	assert_int_equal(write(p->select_fd, &(uint64_t){ 1 }, sizeof(uint64_t)), sizeof(uint64_t));
	return ++*blocks < 100 ? 5 : 0;
}

static void a_read_that_waits_for_an_amount_is_prolonged_once(void **state)
{
	static const struct source_ops ops = { .name = "nobody's", .read_batch = read_none, .gather = gather_none,
					       .held_back_ms = one_more_block, .at_hand = none_at_hand };
	pcap_t *p = cst_handle_new(CST_LIVE, NULL);
	int blocks = 0;

	(void)state;
	assert_non_null(p);
	assert_int_equal(cst_handle_make_wakeable(p), 0);
	p->ops = &ops;
	p->source = &blocks;
	p->select_fd = eventfd(0, EFD_CLOEXEC);
	assert_true(p->select_fd >= 0);
	p->buffer_bytes = BUFFER_BYTES;
	p->min_to_copy = 1000;
	p->options.timeout_ms = 10;
	assert_int_equal(pcap_dispatch(p, -1, no_packet, NULL), 0);
	assert_int_equal(blocks, 1);
	close(p->select_fd);
	pcap_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flood_of_rejected_packets_ends_a_read_with_a_timeout),
		cmocka_unit_test(a_flood_of_rejected_packets_ends_a_nonblocking_read),
		cmocka_unit_test(without_timeout_a_read_goes_on),
		cmocka_unit_test(a_read_that_waits_for_an_amount_is_prolonged_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
