/* savefile_loop_test.c - what a handler may do while pcap_loop() or pcap_dispatch() reads a savefile: whatever it is, each
 * packet comes once, whole and in its place. */
#include "../ng_builder.h"

#include <pcap.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define MICRO 0xa1b2c3d4u

/* Enough for several turns of the block that files are read into. */
enum { PACKETS = 40000 };

static uint32_t length_of(uint32_t number)
{
	return 8 + number * 7919 % 190;
}

static void put_packet(struct ng_file *f, uint32_t number)
{
	uint8_t data[200];

	memset(data, (int)(number % 251), sizeof(data));
	memcpy(data, &number, sizeof(number)); /* in this machine's order, whatever the file's is */
	ng_put(f, data, length_of(number));
}

static void make_pcap(struct ng_file *f)
{
	ng_put32(f, MICRO);
	ng_put16(f, 2);
	ng_put16(f, 4);
	for (int i = 0; i < 2; i++)
		ng_put32(f, 0);
	ng_put32(f, 65535);
	ng_put32(f, DLT_EN10MB);
	for (uint32_t number = 0; number < PACKETS; number++) {
		ng_put32(f, number / 1000);
		ng_put32(f, number % 1000);
		ng_put32(f, length_of(number));
		ng_put32(f, length_of(number));
		put_packet(f, number);
	}
}

static void make_pcapng_sections(struct ng_file *f)
{
	for (uint32_t number = 0; number < PACKETS; number++) {
		/* Sections in turns of both orders; blocks that hold no packet, and packets in others. */
		if (number % 3000 == 0) {
			f->swapped = number / 3000 % 2 != 0;
			ng_section(f);
			ng_interface(f, DLT_EN10MB, 65535);
		}
		if (number % 700 == 0)
			ng_other(f, 0x0bad, 1, 600);
		ng_open_block(f, number % 5 ? 6 : 3);
		if (number % 5) {
			ng_put32(f, 0);
			ng_put64(f, 0);
			ng_put32(f, length_of(number));
		}
		ng_put32(f, length_of(number));
		put_packet(f, number);
		ng_close_block(f);
	}
}

/* What the handlers below have to know. */
struct reader {
	pcap_t *p;
	uint32_t next; /* the number of the packet that has to come */
	uint32_t step; /* of those that the filter, or sampling, lets through */
	struct bpf_program *filter;
};

static void expect(struct reader *r, const struct pcap_pkthdr *h, const u_char *data)
{
	uint32_t number;

	memcpy(&number, data, sizeof(number));
	assert_int_equal(number, r->next);
	assert_int_equal(h->caplen, length_of(number));
	assert_int_equal(h->len, length_of(number));
	assert_int_equal(data[h->caplen - 1], number % 251);
	r->next += r->step;
}

static void take(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	expect((struct reader *)(void *)user, h, data);
}

/* Of each seven packets: reads the next ones itself, one by one, or in a loop of its own. */
static void read_on(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct reader *r = (struct reader *)(void *)user;
	const uint32_t number = r->next;
	struct pcap_pkthdr *other;
	const u_char *bytes;

	expect(r, h, data);
	for (uint32_t i = 0; number % 7 == 0 && i < number % 40 && r->next < PACKETS; i++) {
		assert_int_equal(pcap_next_ex(r->p, &other, &bytes), 1);
		expect(r, other, bytes);
	}
	if (number % 7 == 1 && r->next < PACKETS)
		assert_true(pcap_dispatch(r->p, (int)(1 + number % 40), take, user) > 0);
}

static void break_off(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct reader *r = (struct reader *)(void *)user;

	expect(r, h, data);
	if (r->next % 11 == 0 || r->next % 13 == 0)
		pcap_breakloop(r->p);
}

static void filter_from_here(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct reader *r = (struct reader *)(void *)user;

	expect(r, h, data);
	if (r->next != 1001)
		return;
	assert_int_equal(pcap_setfilter(r->p, r->filter), 0);
	r->next = 1004; /* numbers that 4 divides */
	r->step = 4;
}

static void sample_from_here(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct reader *r = (struct reader *)(void *)user;

	expect(r, h, data);
	if (r->next != 1001)
		return;
	*pcap_setsampling(r->p) = (struct pcap_samp){ PCAP_SAMP_1_EVERY_N, 10 };
	r->step = 10;
}

/* pcap_loop() and pcap_dispatch() in turn until the file ends. */
static void read_all(struct reader *r, pcap_handler handler)
{
	for (int turn = 0;; turn++) {
		const uint32_t before = r->next;
		const int status = turn % 2 ? pcap_loop(r->p, turn % 50, handler, (u_char *)r) :
					      pcap_dispatch(r->p, turn % 100, handler, (u_char *)r);
		if (status == PCAP_ERROR_BREAK)
			continue;
		assert_true(status >= 0);
		if (r->next == before)
			return;
	}
}

static void read_in_turns(struct reader *r)
{
	struct pcap_pkthdr *h;
	const u_char *data;

	for (uint32_t turn = 0; r->next < PACKETS; turn++) {
		for (uint32_t i = 0; i < turn % 20 && r->next < PACKETS; i++) {
			assert_int_equal(pcap_next_ex(r->p, &h, &data), 1);
			expect(r, h, data);
		}
		assert_int_equal(pcap_loop(r->p, (int)(1 + turn % 30), take, (u_char *)r), 0);
	}
}

static char path[] = "/tmp/savefile-loop-XXXXXX";

static struct reader open_file(void)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	struct reader r = { .p = pcap_open_offline(path, errbuf), .step = 1 };

	if (!r.p)
		fail_msg("%s", errbuf);
	return r;
}

/* Each handler on the file that was made last. */
static void try_handlers(void)
{
	static const pcap_handler handlers[] = { take, read_on, break_off, filter_from_here, sample_from_here };
	struct bpf_insn multiples_of_4[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), /* the lowest byte of the number */
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 3, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 65535),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct bpf_program filter = { 4, multiples_of_4 };

	for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
		struct reader r = open_file();
		r.filter = &filter;
		read_all(&r, handlers[i]);
		assert_in_range(r.next, PACKETS, PACKETS + r.step - 1);
		pcap_close(r.p);
	}
	struct reader r = open_file();
	read_in_turns(&r);
	pcap_close(r.p);
}

static void make_file(void (*make)(struct ng_file *f), bool swapped)
{
	struct ng_file f = { .swapped = swapped };

	make(&f);
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(f.bytes, 1, f.size, file), f.size);
	assert_int_equal(fclose(file), 0);
	ng_free(&f);
}

static void try_file(void (*make)(struct ng_file *f), bool swapped)
{
	make_file(make, swapped);
	try_handlers();
}

static void handlers_do_what_they_like_with_a_pcap_file(void **state)
{
	(void)state;
	try_file(make_pcap, false);
}

static void handlers_do_what_they_like_with_a_pcap_file_of_the_other_order(void **state)
{
	(void)state;
	try_file(make_pcap, true);
}

static void handlers_do_what_they_like_with_sections_of_both_orders(void **state)
{
	(void)state;
	try_file(make_pcapng_sections, false);
}

/* --- packets of one size, so that the reader comes to the same places in every block --- */

enum { EVEN_PACKETS = 4500, EVEN_RECORD = 64 };

static void make_even_pcap(struct ng_file *f)
{
	static const uint8_t rest[EVEN_RECORD - 16 - sizeof(uint32_t)];

	ng_put32(f, MICRO);
	ng_put16(f, 2);
	ng_put16(f, 4);
	for (int i = 0; i < 2; i++)
		ng_put32(f, 0);
	ng_put32(f, 65535);
	ng_put32(f, DLT_EN10MB);
	for (uint32_t number = 0; number < EVEN_PACKETS; number++) {
		for (int i = 0; i < 2; i++)
			ng_put32(f, 0);
		for (int i = 0; i < 2; i++)
			ng_put32(f, EVEN_RECORD - 16);
		ng_put32(f, number);
		ng_put(f, rest, sizeof(rest));
	}
}

static void make_even_pcapng(struct ng_file *f)
{
	static const uint8_t rest[EVEN_RECORD - 32 - sizeof(uint32_t)];

	ng_section(f);
	ng_interface(f, DLT_EN10MB, 65535);
	for (uint32_t number = 0; number < EVEN_PACKETS; number++) {
		ng_open_enhanced(f, 0, 0, EVEN_RECORD - 32, EVEN_RECORD - 32);
		ng_put32(f, number);
		ng_put(f, rest, sizeof(rest));
		ng_close_block(f);
	}
}

/* The handler of packet `from` reads `count` packets one by one. */
struct far_reader {
	pcap_t *p;
	uint32_t next, from, count;
};

static void expect_number(struct far_reader *r, const u_char *data)
{
	uint32_t number;

	memcpy(&number, data, sizeof(number));
	assert_int_equal(number, r->next);
	r->next++;
}

static void read_far_on(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct far_reader *r = (struct far_reader *)(void *)user;
	struct pcap_pkthdr *other;

	(void)h;
	expect_number(r, data);
	if (r->next != r->from + 1)
		return;
	for (uint32_t i = 0; i < r->count; i++) {
		assert_int_equal(pcap_next_ex(r->p, &other, &data), 1);
		expect_number(r, data);
	}
}

/* Blocks have 256 KiB and a bit, 4,096 such records and some. Somewhere there the handler returns when the reader is, in
 * the next block, where it was in this one, with a batch half read. */
static void try_far_readers(void (*make)(struct ng_file *f))
{
	make_file(make, false);
	for (uint32_t from = 100; from < 116; from++)
		for (uint32_t count = 3900; count < 4300; count += 8) {
			char errbuf[PCAP_ERRBUF_SIZE] = "";
			struct far_reader r = { pcap_open_offline(path, errbuf), 0, from, count };

			assert_non_null(r.p);
			assert_int_equal(pcap_loop(r.p, -1, read_far_on, (u_char *)&r), 0);
			assert_int_equal(r.next, EVEN_PACKETS);
			pcap_close(r.p);
		}
}

static void handlers_read_on_to_the_same_place_of_another_block(void **state)
{
	(void)state;
	try_far_readers(make_even_pcap);
	try_far_readers(make_even_pcapng);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handlers_read_on_to_the_same_place_of_another_block),
		cmocka_unit_test(handlers_do_what_they_like_with_a_pcap_file),
		cmocka_unit_test(handlers_do_what_they_like_with_a_pcap_file_of_the_other_order),
		cmocka_unit_test(handlers_do_what_they_like_with_sections_of_both_orders),
	};
	const int fd = mkstemp(path);

	if (fd < 0) {
		perror(path);
		return 1;
	}
	close(fd);
	const int failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failed;
}
