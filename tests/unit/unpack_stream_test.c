/* unpack_stream_test.c - compressed savefiles as they come, through pipes and growing; and the thread that unpacks ahead,
 * of which unpack_threads_test.c has more. */
#include "packed_content.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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

		const unsigned int there = packets_within(&c, packed.points[0].unpacked);
		assert_in_range(there, 1, 19);
		assert_int_equal(pcap_loop(r.p, (int)there, take_packet, (u_char *)&r.r), 0);
		assert_int_equal(pthread_create(&breaker, NULL, break_soon, r.p), 0);
		assert_int_equal(pcap_loop(r.p, -1, take_packet, (u_char *)&r.r), PCAP_ERROR_BREAK);
		assert_int_equal(r.r.packets, there);
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
