/* unpack_test.c - compressed savefiles: whatever packed them, whole and damaged. */
#include "packed_content.h"

#include <stdlib.h>
#include <string.h>

/* --- whole files --- */

static void each_kind_holds_what_was_packed(void **state)
{
	/* Some packets; many; and packets longer than a block is, none of which has its end where it begins. */
	struct content contents[] = { make_content(20, 100), make_content(1500, 1500), make_content(10, 262144),
				      make_content_as(true, 20, 100), make_content_as(true, 1500, 1500),
				      make_content_as(true, 10, 262144) };

	(void)state;
	for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
		for (size_t k = 0; k < packing_count; k++) {
			struct packed packed = pack(&packings[k], &contents[i], 0);
			struct reading r = read_disk(&packed, &contents[i]);
			expect_all(&r, packings[k].name);
			r = read_file(fmemopen(packed.bytes, packed.size, "rb"), &contents[i]);
			expect_all(&r, packings[k].name);
			packed_free(&packed);
		}
		free(contents[i].bytes);
	}
}

static void frames_follow_each_other(void **state)
{
	struct content c = make_content(100, 100);

	(void)state;
	for (size_t k = 0; k < packing_count; k++) {
		struct packed packed = many_frames(&packings[k], &c);
		struct reading r = read_disk(&packed, &c);
		expect_all(&r, packings[k].name);
		packed_free(&packed);
	}
	free(c.bytes);
}

static void a_file_may_begin_with_frames_to_be_skipped(void **state)
{
	struct content c = make_content(10, 100);

	(void)state;
	for (size_t k = 0; k < packing_count; k++) {
		struct packed packed = { 0 };
		packed_append(&packed, skippable, sizeof(skippable));
		packed_append(&packed, skippable, sizeof(skippable));
		packings[k].pack(&packings[k], &packed, c.bytes, c.size, 0);
		if (skips(&packings[k])) {
			struct reading r = read_disk(&packed, &c);
			expect_all(&r, packings[k].name);
		} else {
			expect_refusal(on_disk(packed.bytes, packed.size), "there is something else: 1f 8b");
		}
		packed_free(&packed);
	}
	expect_refusal(on_disk(skippable, sizeof(skippable)), "is empty");
	expect_refusal(on_disk(skippable, sizeof(skippable) - 1), "cut off");
	free(c.bytes);
}

static void zeros_may_follow_a_gzip_member(void **state)
{
	struct content c = make_content(10, 100);
	static const uint8_t zeros[300000];

	(void)state;
	for (size_t k = 0; k < packing_count; k++) {
		struct packed packed = pack(&packings[k], &c, 0);
		for (size_t count = 1; count <= sizeof(zeros); count = count < 5 ? count + 1 : count * 10) {
			const size_t size = packed.size;
			packed_append(&packed, zeros, count);
			struct reading r = read_disk(&packed, &c);
			if (skips(&packings[k]))
				expect_all_but(&r, count < 4 ? "too few for another" : "there is something else: 00");
			else
				expect_all(&r, packings[k].name);
			packed_append(&packed, "xyz", 3);
			r = read_disk(&packed, &c);
			expect_all_but(&r, "there is something else");
			packed.size = size;
		}
		packed_free(&packed);
	}
	free(c.bytes);
}

static void a_stream_that_was_read_from_goes_on_there(void **state)
{
	struct content c = make_content(4000, 200);

	(void)state;
	for (size_t k = 0; k < packing_count; k++) {
		struct packed packed = { 0 };
		packed_append(&packed, "the program's own\n", 18);
		packings[k].pack(&packings[k], &packed, c.bytes, c.size, 0);
		FILE *file = on_disk(packed.bytes, packed.size);
		for (int i = 0; i < 18; i++)
			(void)getc(file);
		struct reading r = read_file(file, &c);
		expect_all(&r, packings[k].name);
		packed_free(&packed);
	}
	free(c.bytes);
}

/* --- damage --- */

static void cut_anywhere(struct content c)
{
	for (size_t k = 0; k < packing_count; k++) {
		if (packings[k].flags & PACKING_LONG_WINDOW)
			continue;
		struct packed packed = pack(&packings[k], &c, 300);
		const size_t whole = packed.size;
		size_t point = 0, sure = 0;
		for (packed.size = 4; packed.size < whole; packed.size++) {
			while (packed.points[point].packed <= packed.size)
				sure = packed.points[point++].unpacked;
			const struct reading r = read_disk(&packed, &c);
			if (r.status != PCAP_ERROR || r.packets < packets_within(&c, sure) || r.right != r.packets ||
			    !strstr(r.text, "cut off at byte"))
				fail_msg("%s, %zu of %zu bytes: status %d \"%s\", %u packets of %u sure ones, %u right",
					 packings[k].name, packed.size, whole, r.status, r.text, r.packets,
					 packets_within(&c, sure), r.right);
		}
		packed_free(&packed);
	}
	free(c.bytes);
}

static void a_file_cut_anywhere_keeps_its_whole_packets(void **state)
{
	(void)state;
	cut_anywhere(make_content(20, 60));
	cut_anywhere(make_content_as(true, 8, 60));
}

/* What comes in front of the frame's part that is damaged is delivered; damage is told, if a checksum can tell, and
 * never survived by wrong packets without a word. */
static void flip_anywhere(struct content c)
{
	static const uint8_t wrong[] = { 0x01, 0x80, 0xff };

	for (size_t k = 0; k < packing_count; k++) {
		if (packings[k].flags & PACKING_LONG_WINDOW)
			continue;
		struct packed packed = pack(&packings[k], &c, 300);
		size_t point = 0, sure = 0;
		for (size_t i = 0; i < packed.size; i++) {
			while (packed.points[point].packed <= i)
				sure = packed.points[point++].unpacked;
			packed.bytes[i] ^= wrong[i % 3];
			const struct reading r = read_disk(&packed, &c);
			const bool all = r.status == 0 && r.right == c.packets && r.packets == c.packets;
			if (r.right < packets_within(&c, sure) || (packings[k].summed && r.status != PCAP_ERROR && !all) ||
			    (r.status == PCAP_ERROR && !strstr(r.text, "savefile: ")))
				fail_msg("%s, byte %zu: status %d \"%s\", %u packets, %u right, %u sure", packings[k].name, i,
					 r.status, r.text, r.packets, r.right, packets_within(&c, sure));
			packed.bytes[i] ^= wrong[i % 3];
		}
		packed_free(&packed);
	}
	free(c.bytes);
}

static void a_wrong_byte_anywhere_is_told(void **state)
{
	(void)state;
	flip_anywhere(make_content(20, 60));
	flip_anywhere(make_content_as(true, 8, 60));
}

static void checksums_are_verified(void **state)
{
	/* The reasons are the libraries' own. */
	static const struct {
		const char *packing, *reason;
		size_t from_end;
	} rows[] = { { "gzip", "zlib says: incorrect data check", 8 },
		     { "gzip", "zlib says: incorrect length check", 4 },
		     { "zstd", "libzstd says: Restored data doesn't match checksum", 1 },
		     { "lz4", "liblz4 says: ERROR_contentChecksum_invalid", 1 } };
	struct content c = make_content(30, 60);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t k = 0; k < packing_count; k++) {
			if (strcmp(packings[k].name, rows[i].packing) != 0)
				continue;
			struct packed packed = pack(&packings[k], &c, 0);
			packed.bytes[packed.size - rows[i].from_end] ^= 1;
			struct reading r = read_disk(&packed, &c);
			expect_all_but(&r, rows[i].reason);
			packed_free(&packed);
		}
	free(c.bytes);
}

static void garbage_behind_the_last_frame_is_told(void **state)
{
	struct content c = make_content(3000, 200);

	(void)state;
	for (size_t k = 0; k < packing_count; k++) {
		struct packed packed = pack(&packings[k], &c, 0);
		packed_append(&packed, "garbage", 7);
		struct reading r = read_disk(&packed, &c);
		expect_all_but(&r, "there is something else: 67 61 72 62");
		packed.size -= 4;
		r = read_disk(&packed, &c);
		expect_all_but(&r, "3 bytes more");
		packed_free(&packed);
	}
	free(c.bytes);
}

/* Once told, it is told again, and no packet comes out of the damaged part. */
static void an_error_stays(void **state)
{
	struct content c = make_content(100, 100);
	struct reading r = { .content = &c };

	(void)state;
	for (size_t k = 0; k < packing_count; k++) {
		struct packed packed = pack(&packings[k], &c, 0);
		packed_append(&packed, "garbage", 7);
		packings[k].pack(&packings[k], &packed, c.bytes, c.size, 0);
		pcap_t *p = pcap_fopen_offline(on_disk(packed.bytes, packed.size), r.text);
		assert_non_null(p);
		r.packets = r.right = 0;
		for (int i = 0; i < 3; i++) {
			assert_int_equal(pcap_loop(p, -1, take_packet, (u_char *)&r), PCAP_ERROR);
			assert_non_null(strstr(pcap_geterr(p), "there is something else"));
			assert_int_equal(r.packets, 100);
		}
		pcap_close(p);
		packed_free(&packed);
	}
	free(c.bytes);
}

static void what_is_packed_twice_is_refused(void **state)
{
	struct content c = make_content(10, 100);

	(void)state;
	for (size_t k = 0; k < packing_count; k++)
		for (size_t again = 0; again < packing_count; again++) {
			struct packed inner = pack(&packings[k], &c, 0), outer = { 0 };
			char sentence[100];

			packings[again].pack(&packings[again], &outer, inner.bytes, inner.size, 0);
			snprintf(sentence, sizeof(sentence), "is compressed twice, with %s and inside with %s",
				 packings[again].kind, packings[k].kind);
			expect_refusal(on_disk(outer.bytes, outer.size), sentence);
			packed_free(&inner);
			packed_free(&outer);
		}
	free(c.bytes);
}

static void what_is_no_savefile_is_refused(void **state)
{
	(void)state;
	for (size_t k = 0; k < packing_count; k++) {
		const struct packing *how = &packings[k];
		struct packed packed = { 0 };

		how->pack(how, &packed, (const uint8_t *)"hello, world", 12, 0);
		expect_refusal(on_disk(packed.bytes, packed.size), "unknown file format, it begins with 68 65 6c 6c");
		packed.size = 0;
		how->pack(how, &packed, NULL, 0, 0);
		expect_refusal(on_disk(packed.bytes, packed.size), "is empty");
		packed.size = 0;
		how->pack(how, &packed, (const uint8_t *)"\xd4\xc3\xb2\xa1\2\0\4\0", 8, 0);
		expect_refusal(on_disk(packed.bytes, packed.size), "cut off inside the pcap file header: 8 of 24");
		packed.size = 0;
		how->pack(how, &packed, (const uint8_t *)"\xd4\xc3", 2, 0);
		expect_refusal(on_disk(packed.bytes, packed.size), "cut off inside the first bytes");
		packed_free(&packed);
	}
}

static void the_old_lz4_format_is_named(void **state)
{
	(void)state;
	expect_refusal(on_disk("\x02\x21\x4c\x18\0\0\0\0", 8), "legacy format, which this version of Capstan cannot read; "
		       "unpack it with unlz4");
}

#ifdef CST_HAVE_ZSTD
/* A frame made by hand: its header says how long the window is, and it holds one block of bytes as they are. */
static struct packed raw_zstd(const struct content *c, int window_log)
{
	const uint8_t header[] = { 0x28, 0xb5, 0x2f, 0xfd, 0, (uint8_t)((window_log - 10) << 3) };
	const uint8_t block[] = { (uint8_t)(c->size << 3 | 1), (uint8_t)(c->size >> 5), (uint8_t)(c->size >> 13) };
	struct packed packed = { 0 };

	packed_append(&packed, header, sizeof(header));
	packed_append(&packed, block, sizeof(block));
	packed_append(&packed, c->bytes, c->size);
	return packed;
}

static void windows_are_taken_up_to_128_mib(void **state)
{
	struct content c = make_content(10, 100);

	(void)state;
	for (int window_log = 10; window_log <= 41; window_log++) {
		struct packed packed = raw_zstd(&c, window_log);
		if (window_log <= 27) {
			struct reading r = read_disk(&packed, &c);
			expect_all(&r, "window");
		} else {
			expect_refusal(on_disk(packed.bytes, packed.size), "longer than the 128 MiB that are read");
		}
		packed_free(&packed);
	}
	free(c.bytes);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_holds_what_was_packed),
		cmocka_unit_test(frames_follow_each_other),
		cmocka_unit_test(a_file_may_begin_with_frames_to_be_skipped),
		cmocka_unit_test(zeros_may_follow_a_gzip_member),
		cmocka_unit_test(a_stream_that_was_read_from_goes_on_there),
		cmocka_unit_test(a_file_cut_anywhere_keeps_its_whole_packets),
		cmocka_unit_test(a_wrong_byte_anywhere_is_told),
		cmocka_unit_test(checksums_are_verified),
		cmocka_unit_test(garbage_behind_the_last_frame_is_told),
		cmocka_unit_test(an_error_stays),
		cmocka_unit_test(what_is_packed_twice_is_refused),
		cmocka_unit_test(what_is_no_savefile_is_refused),
		cmocka_unit_test(the_old_lz4_format_is_named),
#ifdef CST_HAVE_ZSTD
		cmocka_unit_test(windows_are_taken_up_to_128_mib),
#endif
	};

	if (packing_count == 0)
		print_message("part skipped: this build was made without zlib, libzstd and liblz4\n");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
