/* savefile_stream_test.c - reading classic pcap files as they come: streams, descriptors, pipes, files that grow. */
#include "classic_file.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* --- streams --- */

static void a_stream_without_descriptor_is_read(void **state)
{
	struct file f = plain_file();
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_fopen_offline(fmemopen(f.bytes, f.size, "rb"), errbuf);

	(void)state;
	assert_non_null(p);
	assert_int_equal(pcap_get_selectable_fd(p), -1);
	expect_packet(p, 1000, 1, 60);
	expect_packet(p, 1001, 2, 0);
	expect_packet(p, 1002, 3, 14);
	expect_end(p);
	pcap_close(p);
}

/* A savefile behind junk that the program has read; its first byte comes from ungetc() if `back`. */
static void read_behind(size_t junk_bytes, bool back)
{
	const struct file f = plain_file();
	FILE *stream = tmpfile();
	char errbuf[PCAP_ERRBUF_SIZE];

	assert_non_null(stream);
	for (size_t i = 0; i < junk_bytes; i++)
		putc('x', stream);
	fwrite(f.bytes + back, 1, f.size - back, stream);
	rewind(stream);
	for (size_t i = 0; i < junk_bytes; i++)
		assert_int_equal(getc(stream), 'x');
	if (back)
		assert_int_equal(ungetc(f.bytes[0], stream), f.bytes[0]);
	pcap_t *p = pcap_fopen_offline(stream, errbuf);
	assert_non_null(p);
	expect_packet(p, 1000, 1, 60);
	expect_packet(p, 1001, 2, 0);
	expect_packet(p, 1002, 3, 14);
	expect_end(p);
	pcap_close(p);
}

static void a_stream_goes_on_where_the_program_stopped(void **state)
{
	(void)state;
	read_behind(1, false);
	read_behind(4095, false);
	read_behind(4096, false);
	read_behind(100000, false);
	read_behind(10, true);
	read_behind(4096, true);
}

static void a_refused_stream_stays_the_callers(void **state)
{
	struct file f = { .size = 100 };
	char errbuf[PCAP_ERRBUF_SIZE];
	FILE *stream = on_disk(&f);

	(void)state;
	assert_null(pcap_fopen_offline(stream, errbuf));
	assert_int_equal(ftell(stream), 4); /* no more was taken than the magic number */
	assert_int_equal(fclose(stream), 0);
}

static void a_descriptor_is_taken_over(void **state)
{
	const struct file f = plain_file();
	char path[] = "/tmp/savefile_test_XXXXXX", errbuf[PCAP_ERRBUF_SIZE];
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	unlink(path);
	assert_int_equal(write(fd, f.bytes, f.size), f.size);
	lseek(fd, 0, SEEK_SET);
	pcap_t *p = pcap_hopen_offline(fd, errbuf);
	assert_non_null(p);
	assert_int_equal(pcap_fileno(p), -1); /* as libpcap answers */
	assert_int_equal(pcap_get_selectable_fd(p), fd);
	assert_int_equal(fileno(pcap_file(p)), fd);
	expect_packet(p, 1000, 1, 60);
	pcap_close(p);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

/* --- pipes --- */

struct pipe_reader {
	int write_fd;
	pcap_t *p;
};

static struct pipe_reader open_pipe(const struct file *f, size_t first_bytes)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	struct pipe_reader r;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	r.write_fd = fds[1];
	assert_int_equal(write(r.write_fd, f->bytes, first_bytes), first_bytes);
	r.p = pcap_fopen_offline(fdopen(fds[0], "rb"), errbuf);
	assert_non_null(r.p);
	return r;
}

/* If a packet were not delivered when its last byte is there, this would wait for ever: nothing else follows. */
static void a_pipe_delivers_a_packet_when_it_is_complete(void **state)
{
	const struct file f = plain_file();

	(void)state;
	alarm(20);
	struct pipe_reader r = open_pipe(&f, 24 + 76);
	expect_packet(r.p, 1000, 1, 60);
	assert_int_equal(write(r.write_fd, f.bytes + 100, 16 + 7), 16 + 7); /* the next, and a bit of another */
	expect_packet(r.p, 1001, 2, 0);
	assert_int_equal(write(r.write_fd, f.bytes + 123, 23), 23);
	expect_packet(r.p, 1002, 3, 14);
	close(r.write_fd);
	expect_end(r.p);
	pcap_close(r.p);
	alarm(0);
}

static void *write_in_small_pieces(void *arg)
{
	const struct pipe_reader *r = arg;
	const struct file f = plain_file();

	for (size_t i = 24; i < f.size; i++) {
		if (write(r->write_fd, f.bytes + i, 1) != 1)
			break;
		if (i % 16 == 0)
			nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
	close(r->write_fd);
	return NULL;
}

static void a_pipe_is_read_byte_by_byte(void **state)
{
	const struct file f = plain_file();
	struct pipe_reader r = open_pipe(&f, 24);
	pthread_t writer;

	(void)state;
	alarm(20);
	assert_int_equal(pthread_create(&writer, NULL, write_in_small_pieces, &r), 0);
	expect_packet(r.p, 1000, 1, 60);
	expect_packet(r.p, 1001, 2, 0);
	expect_packet(r.p, 1002, 3, 14);
	expect_end(r.p);
	pthread_join(writer, NULL);
	pcap_close(r.p);
	alarm(0);
}

static void *break_soon(void *p)
{
	nanosleep(&(struct timespec){ .tv_nsec = 50 * 1000000 }, NULL);
	pcap_breakloop(p);
	return NULL;
}

static void count_packets(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	(void)h;
	(void)data;
	++*(int *)(void *)user;
}

static void breakloop_wakes_a_pipe_that_says_nothing(void **state)
{
	const struct file f = plain_file();
	struct pipe_reader r = open_pipe(&f, 24 + 76 + 5);
	pthread_t breaker;
	int packets = 0;

	(void)state;
	alarm(20);
	assert_int_equal(pcap_loop(r.p, 1, count_packets, (u_char *)&packets), 0);
	assert_int_equal(pthread_create(&breaker, NULL, break_soon, r.p), 0);
	assert_int_equal(pcap_loop(r.p, -1, count_packets, (u_char *)&packets), PCAP_ERROR_BREAK);
	assert_int_equal(packets, 1);
	pthread_join(breaker, NULL);
	assert_int_equal(write(r.write_fd, f.bytes + 105, f.size - 105), f.size - 105);
	close(r.write_fd);
	assert_int_equal(pcap_loop(r.p, -1, count_packets, (u_char *)&packets), 0); /* nothing was lost by the break */
	assert_int_equal(packets, 3);
	pcap_close(r.p);
	alarm(0);
}

static void a_truncated_pipe_is_told(void **state)
{
	const struct file f = plain_file();
	struct pipe_reader r = open_pipe(&f, f.size - 1);

	(void)state;
	close(r.write_fd);
	expect_packet(r.p, 1000, 1, 60);
	expect_packet(r.p, 1001, 2, 0);
	expect_error(r.p, "after 2 whole packets");
	pcap_close(r.p);
}

static void a_file_that_grows_goes_on(void **state)
{
	struct file f = plain_file();
	const size_t size = f.size, first = 24 + 76;
	char errbuf[PCAP_ERRBUF_SIZE];

	(void)state;
	f.size = first;
	FILE *stream = on_disk(&f);
	const int writer = dup(fileno(stream));
	pcap_t *p = pcap_fopen_offline(stream, errbuf);
	assert_non_null(p);
	expect_packet(p, 1000, 1, 60);
	expect_end(p);
	assert_int_equal(pwrite(writer, f.bytes + first, 20, (off_t)first), 20);
	expect_packet(p, 1001, 2, 0);
	expect_error(p, "byte 120, after 2 whole packets");
	assert_int_equal(pwrite(writer, f.bytes + first + 20, size - first - 20, (off_t)first + 20), size - first - 20);
	expect_packet(p, 1002, 3, 14);
	expect_end(p);
	close(writer);
	pcap_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stream_without_descriptor_is_read),
		cmocka_unit_test(a_stream_goes_on_where_the_program_stopped),
		cmocka_unit_test(a_refused_stream_stays_the_callers),
		cmocka_unit_test(a_descriptor_is_taken_over),
		cmocka_unit_test(a_pipe_delivers_a_packet_when_it_is_complete),
		cmocka_unit_test(a_pipe_is_read_byte_by_byte),
		cmocka_unit_test(breakloop_wakes_a_pipe_that_says_nothing),
		cmocka_unit_test(a_truncated_pipe_is_told),
		cmocka_unit_test(a_file_that_grows_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
