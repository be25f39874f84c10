/* sampling_test.c - pcap_setsampling() on a savefile and on a live source: which packets reads deliver, and count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "handle/handle.h"

#include <string.h>

#define MOST 64
#define EVERY PCAP_SAMP_1_EVERY_N
#define AFTER PCAP_SAMP_FIRST_AFTER_N_MS

struct record {
	uint32_t sec, usec, caplen, len;
	uint8_t number;
} __attribute__((packed));

/* A savefile of `count` one-byte packets, numbered, `gap_us` apart. The file is the handle's. */
static pcap_t *open_numbered(int count, uint32_t gap_us, u_int precision)
{
	const struct pcap_file_header header = {
		.magic = 0xa1b2c3d4, .version_major = 2, .version_minor = 4, .snaplen = 262144, .linktype = 1,
	};
	FILE *file = tmpfile();

	assert_non_null(file);
	assert_int_equal(fwrite(&header, sizeof(header), 1, file), 1);
	for (int i = 0; i < count; i++) {
		uint64_t us = 1700000000999000ULL + (uint64_t)i * gap_us;
		struct record r = { (uint32_t)(us / 1000000), (uint32_t)(us % 1000000), 1, 1, (uint8_t)i };
		assert_int_equal(fwrite(&r, sizeof(r), 1, file), 1);
	}
	rewind(file);
	pcap_t *p = pcap_fopen_offline_with_tstamp_precision(file, precision, NULL);
	assert_non_null(p);
	return p;
}

static void set_sampling(pcap_t *p, int method, int value)
{
	struct pcap_samp *sampling = pcap_setsampling(p);

	assert_non_null(sampling);
	sampling->method = method;
	sampling->value = value;
}

struct seen {
	int count;
	uint8_t numbers[MOST];
};

static void note(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct seen *seen = (void *)user;

	assert_int_equal(h->caplen, 1);
	assert_in_range(seen->count, 0, MOST - 1);
	seen->numbers[seen->count++] = data[0];
}

/* The numbers first, first + step, ... are what was seen, `count` of them. */
static void expect_steps(const struct seen *seen, int count, int first, int step)
{
	assert_int_equal(seen->count, count);
	for (int i = 0; i < count; i++)
		assert_int_equal(seen->numbers[i], first + i * step);
}

static void expect_sampled(int method, int value, int count, int step)
{
	static const u_int precisions[] = { PCAP_TSTAMP_PRECISION_MICRO, PCAP_TSTAMP_PRECISION_NANO };

	for (int i = 0; i < 2; i++) {
		struct seen seen = { 0 };
		pcap_t *p = open_numbered(50, 1000, precisions[i]);

		set_sampling(p, method, value);
		assert_int_equal(pcap_loop(p, 0, note, (u_char *)&seen), 0);
		expect_steps(&seen, count, 0, step);
		pcap_close(p);
	}
}

static void one_of_n_is_delivered_and_the_first_is_one(void **state)
{
	(void)state;
	expect_sampled(EVERY, 1, 50, 1);
	expect_sampled(EVERY, 2, 25, 2);
	expect_sampled(EVERY, 7, 8, 7);
	expect_sampled(EVERY, 49, 2, 49);
	expect_sampled(EVERY, INT32_MAX, 1, 1);
}

/* The packets are a millisecond apart: the one that comes n milliseconds after the last is the next. */
static void none_is_delivered_for_n_milliseconds(void **state)
{
	(void)state;
	expect_sampled(AFTER, 1, 50, 1);
	expect_sampled(AFTER, 10, 5, 10);
	expect_sampled(AFTER, 11, 5, 11);
	expect_sampled(AFTER, INT32_MAX, 1, 1);
}

static void values_and_methods_that_mean_nothing_deliver_all(void **state)
{
	(void)state;
	expect_sampled(PCAP_SAMP_NOSAMP, 10, 50, 1);
	expect_sampled(EVERY, 0, 50, 1);
	expect_sampled(EVERY, -1, 50, 1);
	expect_sampled(EVERY, INT32_MIN, 50, 1);
	expect_sampled(AFTER, 0, 50, 1);
	expect_sampled(AFTER, -5, 50, 1);
	expect_sampled(3, 10, 50, 1);
	expect_sampled(-1, 10, 50, 1);
}

static void a_handle_begins_without_sampling(void **state)
{
	pcap_t *p = open_numbered(1, 0, PCAP_TSTAMP_PRECISION_MICRO);

	(void)state;
	assert_int_equal(pcap_setsampling(p)->method, PCAP_SAMP_NOSAMP);
	assert_ptr_equal(pcap_setsampling(p), pcap_setsampling(p));
	pcap_close(p);
}

static void every_way_to_read_samples_and_counts_what_it_delivers(void **state)
{
	struct seen seen = { 0 };
	struct pcap_pkthdr *header, h;
	const u_char *data;
	pcap_t *p = open_numbered(50, 1000, PCAP_TSTAMP_PRECISION_MICRO);

	(void)state;
	set_sampling(p, EVERY, 5);
	assert_int_equal(pcap_loop(p, 2, note, (u_char *)&seen), 0);
	assert_int_equal(pcap_dispatch(p, 2, note, (u_char *)&seen), 2);
	assert_int_equal(pcap_next_ex(p, &header, &data), 1);
	note((u_char *)&seen, header, data);
	data = pcap_next(p, &h);
	assert_non_null(data);
	note((u_char *)&seen, &h, data);
	assert_int_equal(pcap_dispatch(p, -1, note, (u_char *)&seen), 4);
	expect_steps(&seen, 10, 0, 5);
	assert_int_equal(pcap_dispatch(p, -1, note, (u_char *)&seen), 0);
	assert_int_equal(pcap_next_ex(p, &header, &data), PCAP_ERROR_BREAK);
	pcap_close(p);
}

static void a_change_counts_from_the_next_packet_on(void **state)
{
	struct seen first = { 0 }, second = { 0 }, third = { 0 }, fourth = { 0 };
	pcap_t *p = open_numbered(50, 1000, PCAP_TSTAMP_PRECISION_MICRO);

	(void)state;
	set_sampling(p, EVERY, 10);
	assert_int_equal(pcap_loop(p, 2, note, (u_char *)&first), 0);
	expect_steps(&first, 2, 0, 10);
	set_sampling(p, EVERY, 3);
	assert_int_equal(pcap_loop(p, 3, note, (u_char *)&second), 0);
	expect_steps(&second, 3, 11, 3);
	set_sampling(p, AFTER, 4);
	assert_int_equal(pcap_loop(p, 3, note, (u_char *)&third), 0);
	expect_steps(&third, 3, 18, 4);
	set_sampling(p, PCAP_SAMP_NOSAMP, 4);
	assert_int_equal(pcap_loop(p, 0, note, (u_char *)&fourth), 0);
	expect_steps(&fourth, 23, 27, 1);
	pcap_close(p);
}

/* The packets that were at hand already, too. */
static void sampling_may_begin_in_the_middle(void **state)
{
	struct seen before = { 0 }, after = { 0 };
	pcap_t *p = open_numbered(50, 1000, PCAP_TSTAMP_PRECISION_MICRO);

	(void)state;
	assert_int_equal(pcap_loop(p, 3, note, (u_char *)&before), 0);
	expect_steps(&before, 3, 0, 1);
	set_sampling(p, EVERY, 4);
	assert_int_equal(pcap_loop(p, 0, note, (u_char *)&after), 0);
	expect_steps(&after, 12, 3, 4);
	pcap_close(p);
}

static void only_what_the_filter_accepts_is_counted(void **state)
{
	struct bpf_insn odd[] = { BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 1),
				  BPF_STMT(BPF_RET | BPF_A, 0) };
	struct bpf_program program = { 3, odd };
	struct seen seen = { 0 };
	pcap_t *p = open_numbered(50, 1000, PCAP_TSTAMP_PRECISION_MICRO);

	(void)state;
	set_sampling(p, EVERY, 5);
	assert_int_equal(pcap_setfilter(p, &program), 0);
	assert_int_equal(pcap_loop(p, 0, note, (u_char *)&seen), 0);
	expect_steps(&seen, 5, 1, 10);
	pcap_close(p);
}

/* ---- a live source whose packets carry the time stamps and flags that a test likes ---- */

struct stamped {
	const struct timeval *stamps;
	int count, next;
	uint32_t flags;
};

static const u_char bytes[MOST] = {
	0,  1,	2,  3,	4,  5,	6,  7,	8,  9,	10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
	21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39,
};

static int read_stamped(pcap_t *p, struct cst_batch *b)
{
	struct stamped *s = p->source;
	int n = 0;

	for (; n < CST_BATCH_PACKETS && s->next < s->count; n++, s->next++)
		b->packets[n] = (struct cst_packet){ .h = { .ts = s->stamps[s->next], .caplen = 1, .len = 1 },
						     .data = bytes + s->next, .flags = s->flags };
	return n > 0 ? n : CST_READ_END;
}

static int finished;

static void count_finished(pcap_t *p, struct cst_packet *packet)
{
	(void)p;
	(void)packet;
	finished++;
}

static const struct source_ops stamped_ops = { .name = "stamped", .read_batch = read_stamped, .finish = count_finished };

static struct seen read_all_stamped(const struct timeval *stamps, int count, uint32_t flags, int method, int value)
{
	struct stamped source = { .stamps = stamps, .count = count, .flags = flags };
	struct seen seen = { 0 };
	pcap_t *p = cst_handle_new(CST_LIVE, NULL);

	assert_non_null(p);
	p->ops = &stamped_ops;
	p->source = &source;
	set_sampling(p, method, value);
	assert_int_equal(pcap_loop(p, 0, note, (u_char *)&seen), 0);
	pcap_close(p);
	return seen;
}

static void a_clock_that_was_set_back_does_not_silence_the_capture(void **state)
{
	const struct timeval stamps[] = {
		{ 5000, 0 }, { 5000, 9999 }, { 5000, 10000 }, { 5000, 9000 }, { 100, 0 }, { 100, 5000 }, { 100, 10000 },
	};
	struct seen seen = read_all_stamped(stamps, 7, 0, AFTER, 10);

	(void)state;
	assert_int_equal(seen.count, 4);
	assert_memory_equal(seen.numbers, "\0\2\4\6", 4);
}

static void time_stamps_may_be_anything(void **state)
{
	const struct timeval stamps[] = {
		{ INT64_MAX, 0 }, { INT64_MIN, 0 }, { INT64_MAX, INT64_MAX }, { INT64_MAX, INT64_MIN }, { 0, INT64_MIN },
		{ INT64_MIN, INT64_MAX }, { 1, -1 }, { -1, 1 },
	};
	struct seen seen = read_all_stamped(stamps, 8, 0, AFTER, INT32_MAX);

	(void)state;
	assert_in_range(seen.count, 1, 8);
	assert_int_equal(seen.numbers[0], 0);
}

static void packets_left_out_are_not_finished(void **state)
{
	const struct timeval stamps[20] = { { 0, 0 } };

	(void)state;
	finished = 0;
	assert_int_equal(read_all_stamped(stamps, 20, CST_PKT_UNFINISHED, EVERY, 4).count, 5);
	assert_int_equal(finished, 5);
}

static void records_are_never_left_out(void **state)
{
	const struct timeval stamps[20] = { { 0, 0 } };

	(void)state;
	assert_int_equal(read_all_stamped(stamps, 20, CST_PKT_RECORD, EVERY, 4).count, 20);
	assert_int_equal(read_all_stamped(stamps, 20, CST_PKT_RECORD, AFTER, 4).count, 20);
}

static void handles_that_read_nothing_have_one_too(void **state)
{
	pcap_t *p = pcap_open_dead(DLT_EN10MB, 100);

	(void)state;
	set_sampling(p, EVERY, 4);
	assert_int_equal(pcap_setsampling(p)->value, 4);
	pcap_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_of_n_is_delivered_and_the_first_is_one),
		cmocka_unit_test(none_is_delivered_for_n_milliseconds),
		cmocka_unit_test(values_and_methods_that_mean_nothing_deliver_all),
		cmocka_unit_test(a_handle_begins_without_sampling),
		cmocka_unit_test(every_way_to_read_samples_and_counts_what_it_delivers),
		cmocka_unit_test(a_change_counts_from_the_next_packet_on),
		cmocka_unit_test(sampling_may_begin_in_the_middle),
		cmocka_unit_test(only_what_the_filter_accepts_is_counted),
		cmocka_unit_test(a_clock_that_was_set_back_does_not_silence_the_capture),
		cmocka_unit_test(time_stamps_may_be_anything),
		cmocka_unit_test(packets_left_out_are_not_finished),
		cmocka_unit_test(records_are_never_left_out),
		cmocka_unit_test(handles_that_read_nothing_have_one_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
