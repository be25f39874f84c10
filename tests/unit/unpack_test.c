/* unpack_test.c - compressed savefiles: whatever packed them, whole, damaged, and as they come. */
#include "../packing.h"

#include <pcap.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

/* A skippable frame, RFC 8878, of five bytes. */
static const uint8_t skippable[] = { 0x5e, 0x2a, 0x4d, 0x18, 5, 0, 0, 0, 'h', 'e', 'l', 'l', 'o' };

/* --- what is packed: packets that tell their number --- */

struct content {
	uint8_t *bytes;
	size_t size;
	unsigned int packets;
	uint32_t longest; /* lengths vary up to it */
	bool pcapng;
};

static uint32_t caplen_of(unsigned int number, uint32_t longest)
{
	return (number * 2654435761u >> 8) % (longest + 1);
}

static uint8_t byte_of(unsigned int number, uint32_t i)
{
	/* Half of it repeats itself. */
	return (uint8_t)(i % 64 < 32 ? i : (number + i) * 2654435761u >> 13);
}

static void put32(struct content *c, uint32_t value)
{
	memcpy(c->bytes + c->size, &value, sizeof(value));
	c->size += sizeof(value);
}

static size_t record_bytes(const struct content *c, unsigned int number)
{
	const uint32_t caplen = caplen_of(number, c->longest);

	return c->pcapng ? 32 + (caplen + 3) / 4 * 4 : 16 + caplen;
}

static size_t header_bytes(const struct content *c)
{
	return c->pcapng ? 28 + 20 : 24;
}

static void put_header(struct content *c)
{
	static const uint32_t pcap[] = { 0xa1b2c3d4, 4 << 16 | 2, 0, 0, 262144, DLT_EN10MB },
			      pcapng[] = { 0x0a0d0d0a, 28, 0x1a2b3c4d, 1, UINT32_MAX, UINT32_MAX, 28,
					   1, 20, DLT_EN10MB, 262144, 20 };

	for (size_t i = 0; i < header_bytes(c) / 4; i++)
		put32(c, c->pcapng ? pcapng[i] : pcap[i]);
}

static void put_record(struct content *c, unsigned int number)
{
	const uint32_t caplen = caplen_of(number, c->longest), bytes = (uint32_t)record_bytes(c, number);
	const uint64_t us = number * UINT64_C(1000000);
	const uint32_t pcap[] = { number, 0, caplen, caplen + 1 },
		       pcapng[] = { 6, bytes, 0, (uint32_t)(us >> 32), (uint32_t)us, caplen, caplen + 1 };

	for (size_t i = 0; i < (c->pcapng ? 7 : 4); i++)
		put32(c, c->pcapng ? pcapng[i] : pcap[i]);
	for (uint32_t i = 0; i < caplen; i++)
		c->bytes[c->size++] = byte_of(number, i);
	if (!c->pcapng)
		return;
	while (c->size % 4 > 0)
		c->bytes[c->size++] = 0;
	put32(c, bytes);
}

static struct content make_content_as(bool pcapng, unsigned int packets, uint32_t longest)
{
	struct content c = { .packets = packets, .longest = longest, .pcapng = pcapng };
	size_t room = header_bytes(&c);

	for (unsigned int n = 0; n < packets; n++)
		room += record_bytes(&c, n);
	c.bytes = malloc(room);
	assert_non_null(c.bytes);
	put_header(&c);
	for (unsigned int n = 0; n < packets; n++)
		put_record(&c, n);
	assert_int_equal(c.size, room);
	return c;
}

static struct content make_content(unsigned int packets, uint32_t longest)
{
	return make_content_as(false, packets, longest);
}

/* How many packets lie whole in the first `size` bytes. */
static unsigned int packets_within(const struct content *c, size_t size)
{
	size_t at = header_bytes(c);
	unsigned int n;

	for (n = 0; n < c->packets; n++) {
		at += record_bytes(c, n);
		if (at > size)
			break;
	}
	return n;
}

static bool is_packet(const struct pcap_pkthdr *h, const u_char *data, unsigned int number, uint32_t longest)
{
	const uint32_t caplen = caplen_of(number, longest);

	if (h->ts.tv_sec != number || h->caplen != caplen || h->len != caplen + 1)
		return false;
	for (uint32_t i = 0; i < caplen; i++)
		if (data[i] != byte_of(number, i))
			return false;
	return true;
}

/* --- reading --- */

struct reading {
	const struct content *content;
	unsigned int packets; /* delivered */
	unsigned int right;   /* so many from the first on are those that were packed */
	int status;           /* of pcap_loop() */
	char text[PCAP_ERRBUF_SIZE];
};

static void take_packet(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct reading *r = (struct reading *)(void *)user;

	if (r->right == r->packets && r->packets < r->content->packets && is_packet(h, data, r->packets, r->content->longest))
		r->right++;
	r->packets++;
}

/* Also of a file that cannot even be opened; closes `file`. */
static struct reading read_file(FILE *file, const struct content *c)
{
	struct reading r = { .content = c };

	assert_non_null(file);
	pcap_t *p = pcap_fopen_offline(file, r.text);
	if (!p) {
		r.status = PCAP_ERROR;
		fclose(file);
		return r;
	}
	r.status = pcap_loop(p, -1, take_packet, (u_char *)&r);
	snprintf(r.text, sizeof(r.text), "%s", pcap_geterr(p));
	pcap_close(p);
	return r;
}

static FILE *on_disk(const void *bytes, size_t size)
{
	const int fd = memfd_create("unpack_test", MFD_CLOEXEC);
	FILE *file = fdopen(fd, "w+b");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	rewind(file);
	return file;
}

static struct reading read_disk(const struct packed *packed, const struct content *c)
{
	return read_file(on_disk(packed->bytes, packed->size), c);
}

static void expect_all(const struct reading *r, const char *what)
{
	if (r->status != 0 || r->packets != r->content->packets || r->right != r->packets)
		fail_msg("%s: status %d \"%s\", %u packets of %u, %u right", what, r->status, r->text, r->packets,
			 r->content->packets, r->right);
}

/* All packets, and then the sentence. */
static void expect_all_but(const struct reading *r, const char *sentence)
{
	char count[40];

	snprintf(count, sizeof(count), "after %u whole packets", r->content->packets);
	if (r->status != PCAP_ERROR || r->right != r->content->packets || r->packets != r->right ||
	    !strstr(r->text, sentence) || !strstr(r->text, count))
		fail_msg("\"%s\" should say \"%s\"; status %d, %u packets of %u, %u right", r->text, sentence, r->status,
			 r->packets, r->content->packets, r->right);
}

static void expect_refusal(FILE *file, const char *sentence)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";

	assert_non_null(file);
	assert_null(pcap_fopen_offline(file, errbuf));
	if (!strstr(errbuf, sentence))
		fail_msg("\"%s\" should say \"%s\"", errbuf, sentence);
	fclose(file);
}

static struct packed pack(const struct packing *how, const struct content *c, size_t flush_every)
{
	struct packed packed = { 0 };

	how->pack(how, &packed, c->bytes, c->size, flush_every);
	return packed;
}

static bool skips(const struct packing *how)
{
	return strcmp(how->kind, "gzip") != 0;
}

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

/* A frame each for the file's header, some bytes, nothing, and the rest; and what may lie between them. */
static struct packed many_frames(const struct packing *how, const struct content *c)
{
	const size_t ends[] = { 3, 24, 1000, 1000, 1001, c->size };
	struct packed packed = { 0 };
	size_t at = 0;

	how->pack(how, &packed, c->bytes, 0, 0);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (skips(how)) {
			packed_append(&packed, skippable, sizeof(skippable));
			packed_append(&packed, skippable, 4); /* one of no bytes */
			packed_append(&packed, "\0\0\0\0", 4);
		}
		how->pack(how, &packed, c->bytes + at, ends[i] - at, 500);
		at = ends[i];
	}
	return packed;
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

/* --- as they come --- */

struct pipe_reader {
	int write_fd;
	pcap_t *p;
	struct reading r;
};

static struct pipe_reader open_pipe(const struct packed *packed, size_t first, const struct content *c)
{
	struct pipe_reader r = { .r.content = c };
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	r.write_fd = fds[1];
	assert_int_equal(write(r.write_fd, packed->bytes, first), first);
	r.p = pcap_fopen_offline(fdopen(fds[0], "rb"), r.r.text);
	if (!r.p)
		fail_msg("%s", r.r.text);
	return r;
}

/* If a packet were not delivered when it can be unpacked, this would wait for ever: nothing else follows. */
static void deliver_what_was_flushed(struct content c)
{
	alarm(60);
	for (size_t k = 0; k < packing_count; k++) {
		struct packed packed = pack(&packings[k], &c, 1000);
		size_t written = packed.points[0].packed;
		struct pipe_reader r = open_pipe(&packed, written, &c);

		for (size_t point = 0;; point++) {
			const int due = (int)(packets_within(&c, packed.points[point].unpacked) - r.r.packets);
			if (due > 0)
				assert_int_equal(pcap_loop(r.p, due, take_packet, (u_char *)&r.r), 0);
			if (point + 1 == packed.point_count)
				break;
			const size_t size = packed.points[point + 1].packed - written;
			assert_int_equal(write(r.write_fd, packed.bytes + written, size), size);
			written += size;
		}
		assert_int_equal(r.r.right, 100);
		/* Another frame, in two pieces; its packets are the first ones again. */
		assert_int_equal(write(r.write_fd, packed.bytes, 3), 3);
		assert_int_equal(write(r.write_fd, packed.bytes + 3, packed.points[0].packed - 3),
				 packed.points[0].packed - 3);
		close(r.write_fd);
		assert_int_equal(pcap_loop(r.p, -1, take_packet, (u_char *)&r.r), PCAP_ERROR);
		pcap_close(r.p);
		packed_free(&packed);
	}
	alarm(0);
	free(c.bytes);
}

static void a_pipe_delivers_what_was_flushed(void **state)
{
	(void)state;
	deliver_what_was_flushed(make_content(100, 100));
	deliver_what_was_flushed(make_content_as(true, 100, 100));
}

struct slow_writer {
	int fd;
	const struct packed *packed;
	size_t from;
};

static void *write_slowly(void *arg)
{
	const struct slow_writer *w = arg;

	for (size_t i = w->from; i < w->packed->size; i++) {
		if (write(w->fd, w->packed->bytes + i, 1) != 1)
			break;
		if (i % 64 == 0)
			nanosleep(&(struct timespec){ .tv_nsec = 500000 }, NULL);
	}
	close(w->fd);
	return NULL;
}

static void a_pipe_is_read_byte_by_byte(void **state)
{
	struct content c = make_content(60, 60);

	(void)state;
	alarm(60);
	for (size_t k = 0; k < packing_count; k++) {
		struct packed packed = many_frames(&packings[k], &c);
		pthread_t writer;
		int fds[2];

		assert_int_equal(pipe(fds), 0);
		struct slow_writer w = { fds[1], &packed, 0 };
		assert_int_equal(pthread_create(&writer, NULL, write_slowly, &w), 0);
		struct reading r = read_file(fdopen(fds[0], "rb"), &c);
		expect_all(&r, packings[k].name);
		pthread_join(writer, NULL);
		packed_free(&packed);
	}
	alarm(0);
	free(c.bytes);
}

static void *break_soon(void *p)
{
	nanosleep(&(struct timespec){ .tv_nsec = 30 * 1000000 }, NULL);
	pcap_breakloop(p);
	return NULL;
}

static void breakloop_wakes_a_pipe_that_says_nothing(void **state)
{
	struct content c = make_content(20, 60);

	(void)state;
	alarm(60);
	for (size_t k = 0; k < packing_count; k++) {
		struct packed packed = pack(&packings[k], &c, 500);
		const size_t first = packed.points[0].packed + 2;
		struct pipe_reader r = open_pipe(&packed, first, &c);
		struct pollfd readable = { .fd = pcap_get_selectable_fd(r.p), .events = POLLIN };
		pthread_t breaker;

		assert_int_equal(pthread_create(&breaker, NULL, break_soon, r.p), 0);
		assert_int_equal(pcap_loop(r.p, -1, take_packet, (u_char *)&r.r), PCAP_ERROR_BREAK);
		assert_int_equal(r.r.packets, packets_within(&c, packed.points[0].unpacked));
		pthread_join(breaker, NULL);
		assert_int_equal(poll(&readable, 1, 0), 0);
		assert_int_equal(write(r.write_fd, packed.bytes + first, packed.size - first), packed.size - first);
		assert_int_equal(poll(&readable, 1, 0), 1);
		close(r.write_fd);
		r.r.status = pcap_loop(r.p, -1, take_packet, (u_char *)&r.r);
		expect_all(&r.r, packings[k].name);
		pcap_close(r.p);
		packed_free(&packed);
	}
	alarm(0);
	free(c.bytes);
}

/* A frame of 128 MiB to be skipped, which takes nothing on the disk. */
static void packets_do_not_wait_for_what_is_skipped_behind_them(void **state)
{
	static const uint8_t header[] = { 0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 8 };
	struct content c = make_content(10, 100);

	(void)state;
	for (size_t k = 0; k < packing_count; k++) {
		struct packed packed = pack(&packings[k], &c, 0);
		struct reading r = { .content = &c };

		if (!skips(&packings[k])) {
			packed_free(&packed);
			continue;
		}
		packed_append(&packed, header, sizeof(header));
		FILE *file = on_disk(packed.bytes, packed.size);
		const off_t end = (off_t)packed.size + (128 << 20);
		assert_int_equal(ftruncate(fileno(file), end), 0);
		pcap_t *p = pcap_fopen_offline(file, r.text);
		if (!p)
			fail_msg("%s: %s", packings[k].name, r.text);
		assert_int_equal(pcap_loop(p, 10, take_packet, (u_char *)&r), 0);
		assert_int_equal(r.right, 10);
		assert_true(lseek(fileno(file), 0, SEEK_CUR) < 16 << 20);
		r.status = pcap_loop(p, -1, take_packet, (u_char *)&r);
		expect_all(&r, packings[k].name);
		assert_int_equal(lseek(fileno(file), 0, SEEK_CUR), end);
		pcap_close(p);
		packed_free(&packed);
	}
	free(c.bytes);
}

static void a_file_that_grows_is_read_on(void **state)
{
	struct content c = make_content(4000, 200);

	(void)state;
	for (size_t k = 0; k < packing_count; k++) {
		struct packed packed = pack(&packings[k], &c, 300000);
		struct reading r = { .content = &c };
		FILE *file = on_disk(packed.bytes, packed.points[0].packed);
		const int writer = dup(fileno(file));

		pcap_t *p = pcap_fopen_offline(file, r.text);
		if (!p)
			fail_msg("%s: %s", packings[k].name, r.text);
		/* In mid-frame it is cut off until it has grown. */
		assert_int_equal(pcap_loop(p, -1, take_packet, (u_char *)&r), PCAP_ERROR);
		assert_non_null(strstr(pcap_geterr(p), "cut off"));
		assert_int_equal(r.right, packets_within(&c, packed.points[0].unpacked));
		const size_t rest = packed.size - packed.points[0].packed;
		assert_int_equal(pwrite(writer, packed.bytes + packed.points[0].packed, rest,
						(off_t)packed.points[0].packed), rest);
		r.status = pcap_loop(p, -1, take_packet, (u_char *)&r);
		expect_all(&r, packings[k].name);
		assert_int_equal(pcap_loop(p, -1, take_packet, (u_char *)&r), 0);
		close(writer);
		pcap_close(p);
		packed_free(&packed);
	}
	free(c.bytes);
}

/* --- the thread that unpacks ahead; more in unpack_threads_test.c --- */

static pcap_t *open_disk(const struct packed *packed, struct reading *r)
{
	pcap_t *p = pcap_fopen_offline(on_disk(packed->bytes, packed->size), r->text);

	if (!p)
		fail_msg("%s", r->text);
	return p;
}

static void a_child_may_read_what_its_parent_opened(void **state)
{
	struct content c = make_content(1200, 1500);

	(void)state;
	for (size_t k = 0; k < packing_count; k++) {
		struct packed packed = pack(&packings[k], &c, 0);
		struct reading r = { .content = &c };
		pcap_t *p = open_disk(&packed, &r);
		int status;

		const pid_t child = fork();
		if (child == 0) {
			alarm(20);
			r.status = pcap_loop(p, -1, take_packet, (u_char *)&r);
			pcap_close(p);
			_exit(r.status == 0 && r.right == c.packets && r.packets == c.packets ? 0 : 1);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
		pcap_close(p);
		packed_free(&packed);
	}
	free(c.bytes);
}

/* The child does not exit, where valgrind would find that what the thread had is lost there, as it has to be: it is
 * killed, by itself if all was well. */
static void a_child_does_not_go_on_in_the_middle(void **state)
{
	struct content c = make_content(2500, 1500);

	(void)state;
	for (size_t k = 0; k < packing_count && sysconf(_SC_NPROCESSORS_ONLN) > 1; k++) {
		struct packed packed = pack(&packings[k], &c, 1000000);
		struct reading r = { .content = &c };
		pcap_t *p = open_disk(&packed, &r);
		int status;

		assert_int_equal(pcap_loop(p, 1000, take_packet, (u_char *)&r), 0);
		const pid_t child = fork();
		if (child == 0) {
			alarm(20);
			r.status = pcap_loop(p, -1, take_packet, (u_char *)&r);
			const bool told = strstr(pcap_geterr(p), "forked from; open it again");
			pcap_close(p);
			if (r.status == PCAP_ERROR && told && r.right == r.packets)
				raise(SIGKILL);
			_exit(1);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		if (status != SIGKILL)
			fail_msg("%s: status %#x", packings[k].name, status);
		r.status = pcap_loop(p, -1, take_packet, (u_char *)&r);
		expect_all(&r, packings[k].name);
		pcap_close(p);
		packed_free(&packed);
	}
	free(c.bytes);
}

struct breaking {
	struct reading r;
	pcap_t *p;
	unsigned int at;
};

static void take_and_break(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct breaking *b = (struct breaking *)(void *)user;

	take_packet((u_char *)&b->r, h, data);
	if (b->r.packets == b->at)
		pcap_breakloop(b->p);
}

static void a_break_anywhere_loses_nothing(void **state)
{
	struct content c = make_content_as(true, 1500, 1500);

	(void)state;
	for (size_t k = 0; k < packing_count; k++) {
		struct packed packed = pack(&packings[k], &c, 0);
		struct breaking b = { .r.content = &c };

		b.p = open_disk(&packed, &b.r);
		for (b.at = 1; b.at < c.packets; b.at += 1 + b.at / 8)
			assert_int_equal(pcap_loop(b.p, -1, take_and_break, (u_char *)&b), PCAP_ERROR_BREAK);
		b.at = 0;
		b.r.status = pcap_loop(b.p, -1, take_and_break, (u_char *)&b);
		expect_all(&b.r, packings[k].name);
		pcap_close(b.p);
		packed_free(&packed);
	}
	free(c.bytes);
}

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
		cmocka_unit_test(a_pipe_delivers_what_was_flushed),
		cmocka_unit_test(a_pipe_is_read_byte_by_byte),
		cmocka_unit_test(breakloop_wakes_a_pipe_that_says_nothing),
		cmocka_unit_test(packets_do_not_wait_for_what_is_skipped_behind_them),
		cmocka_unit_test(a_file_that_grows_is_read_on),
		cmocka_unit_test(a_child_may_read_what_its_parent_opened),
		cmocka_unit_test(a_child_does_not_go_on_in_the_middle),
		cmocka_unit_test(a_break_anywhere_loses_nothing),
	};

	if (packing_count == 0)
		print_message("part skipped: this build was made without zlib, libzstd and liblz4\n");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
