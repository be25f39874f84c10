/* unpack_threads_test.c - the thread that unpacks ahead: when there is one, that nobody can tell, and how it ends. The
 * same file is a test with ThreadSanitizer. */
#include "../packing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/error.h"
#include "savefile/ahead.h"
#include "savefile/input.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONTENT_BYTES ((size_t)1536 * 1024)
#define SHORT_BYTES   ((size_t)200000)
#define MOST_PACKINGS 20

/* --- the linker leads the library's calls here --- */

static int threads, threads_may_fail;

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *how, void *(*run)(void *), void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *how, void *(*run)(void *), void *arg);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *how, void *(*run)(void *), void *arg)
{
	if (threads_may_fail)
		return EAGAIN;
	threads++;
	return __real_pthread_create(thread, how, run, arg);
}

/* --- */

static uint8_t *content;
static struct packed whole[MOST_PACKINGS], shorter[MOST_PACKINGS]; /* by each packing: all of it, and SHORT_BYTES */

static int pack_content(void **state)
{
	uint32_t random = 1;

	(void)state;
	content = malloc(CONTENT_BYTES);
	if (!content || packing_count > MOST_PACKINGS)
		return -1;
	memcpy(content, "plain", 5); /* not the beginning of a compressed file */
	for (size_t i = 5; i < CONTENT_BYTES; i++) {
		random = random * 1664525 + 1013904223;
		content[i] = (uint8_t)(i / 64 % 2 ? i : random >> 24);
	}
	for (size_t k = 0; k < packing_count; k++) {
		packings[k].pack(&packings[k], &whole[k], content, CONTENT_BYTES, 300000);
		packings[k].pack(&packings[k], &shorter[k], content, SHORT_BYTES, 0);
	}
	return 0;
}

static int free_content(void **state)
{
	(void)state;
	for (size_t k = 0; k < packing_count; k++) {
		packed_free(&whole[k]);
		packed_free(&shorter[k]);
	}
	free(content);
	return 0;
}

static bool two_processors(void)
{
	cpu_set_t ours;

	return sched_getaffinity(0, sizeof(ours), &ours) == 0 && CPU_COUNT(&ours) > 1;
}

static FILE *on_disk(const struct packed *packed)
{
	const int fd = memfd_create("unpack_threads_test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, packed->bytes, packed->size), packed->size);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fdopen(fd, "rb");
}

/* A reader, which leaves unused what it likes: often less than a packet, sometimes more than a block. */
struct reader {
	struct cst_input in;
	FILE *file;
	size_t used;
	uint32_t random;
	enum cst_input_status last;
};

static void begin(struct reader *r, const struct packed *packed)
{
	char errbuf[CST_ERRBUF_SIZE] = "";

	*r = (struct reader){ .file = on_disk(packed), .random = 1 };
	if (cst_input_start(&r->in, r->file, "file", errbuf) < 0)
		fail_msg("%s", errbuf);
}

static void end(struct reader *r)
{
	cst_input_close(&r->in);
	fclose(r->file);
}

static size_t next_random(struct reader *r, size_t below)
{
	r->random = r->random * 1664525 + 1013904223;
	return (r->random >> 8) % below;
}

/* All but `left` of the block's bytes: right ones, and scribbled over, as a reader may do with what it has. */
static void use(struct reader *r, size_t left)
{
	struct cst_input *in = &r->in;
	const size_t unused = cst_input_unused(in);

	if (unused <= left)
		return;
	assert_int_equal(cst_input_offset(in), r->used);
	assert_memory_equal(in->block + in->at, content + r->used, unused - left);
	memset(in->block + in->at, 0xee, unused - left);
	in->at += unused - left;
	r->used += unused - left;
}

/* True: something was added, or may be the next time. */
static bool more(struct reader *r, size_t left)
{
	use(r, left);
	r->last = cst_input_more(&r->in, 1);
	return r->last == CST_INPUT_MORE || r->last == CST_INPUT_WAIT;
}

static bool more_at_random(struct reader *r)
{
	static const size_t most_left[] = { 1, 100, 2000, 64 * 1024 + 2, 300 * 1024, 1000 * 1024 };

	return more(r, next_random(r, most_left[next_random(r, 6)]));
}

static void read_on(struct reader *r)
{
	while (more_at_random(r))
		;
	use(r, 0);
}

static void long_files_are_unpacked_ahead(void **state)
{
	(void)state;
	for (size_t k = 0; k < packing_count; k++) {
		struct reader r;

		threads = 0;
		begin(&r, &whole[k]);
		read_on(&r);
		assert_int_equal(r.last, CST_INPUT_END);
		assert_int_equal(r.used, CONTENT_BYTES);
		assert_int_equal(threads, two_processors());
		assert_null(r.in.ahead);
		assert_int_equal(cst_input_more(&r.in, 1), CST_INPUT_END);
		end(&r);
	}
}

static void whatever_is_left_of_a_block_comes_before_the_next(void **state)
{
	static const size_t left[] = { 0, 1, CST_AHEAD_HEADROOM - 1, CST_AHEAD_HEADROOM, CST_AHEAD_HEADROOM + 1,
				       CST_AHEAD_BLOCK, 3 * CST_AHEAD_BLOCK, SIZE_MAX };

	(void)state;
	if (packing_count == 0)
		return;
	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
		struct reader r;
		begin(&r, &whole[0]);
		while (more(&r, left[i]))
			;
		use(&r, 0);
		assert_int_equal(r.last, CST_INPUT_END);
		assert_int_equal(r.used, CONTENT_BYTES);
		end(&r);
	}
}

/* So programs that fork between opening and reading need not know. */
static void short_files_and_beginnings_are_not(void **state)
{
	(void)state;
	threads = 0;
	for (size_t k = 0; k < packing_count; k++) {
		struct reader r;

		begin(&r, &shorter[k]);
		read_on(&r);
		assert_int_equal(r.used, SHORT_BYTES);
		end(&r);
		begin(&r, &whole[k]);
		assert_int_equal(cst_input_header(&r.in, 1000), CST_INPUT_MORE);
		assert_int_equal(cst_input_more(&r.in, 1), CST_INPUT_MORE);
		end(&r);
	}
	assert_int_equal(threads, 0);
}

static void read_all_without_thread(void)
{
	for (size_t k = 0; k < packing_count; k++) {
		struct reader r;

		threads = 0;
		begin(&r, &whole[k]);
		read_on(&r);
		assert_int_equal(r.last, CST_INPUT_END);
		assert_int_equal(r.used, CONTENT_BYTES);
		assert_int_equal(threads, 0);
		end(&r);
	}
}

static void one_processor_needs_no_thread(void **state)
{
	cpu_set_t before, one;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	CPU_ZERO(&one);
	for (size_t i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &before) && CPU_COUNT(&one) == 0)
			CPU_SET(i, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	read_all_without_thread();
	assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
}

static void it_goes_without_a_thread(void **state)
{
	(void)state;
	threads_may_fail = 1;
	read_all_without_thread();
	threads_may_fail = 0;
}

static void damage_is_told_at_the_same_byte(void **state)
{
	(void)state;
	for (size_t k = 0; k < packing_count; k++) {
		struct packed packed = whole[k];
		struct reader r[2];
		char why[2][CST_ERRBUF_SIZE];

		packed.size = packed.size * 3 / 4;
		for (int i = 0; i < 2; i++) {
			threads_may_fail = i;
			begin(&r[i], &packed);
			read_on(&r[i]);
			assert_int_equal(r[i].last, CST_INPUT_ERROR);
			cst_error(why[i], "%s", r[i].in.why);
			assert_int_equal(cst_input_more(&r[i].in, 1), CST_INPUT_ERROR);
			assert_string_equal(r[i].in.why, why[i]);
			end(&r[i]);
		}
		threads_may_fail = 0;
		assert_string_equal(why[0], why[1]);
		assert_non_null(strstr(why[0], "cut off at byte"));
		assert_int_equal(r[0].used, r[1].used);
		assert_true(r[0].used > CONTENT_BYTES / 2);
	}
}

static void it_can_be_closed_at_any_moment(void **state)
{
	(void)state;
	for (size_t k = 0; k < packing_count; k++) {
		for (unsigned int i = 0; i < 16; i++) {
			struct reader r;
			begin(&r, &whole[k]);
			r.random = i;
			for (unsigned int n = 0; n < i; n++)
				more_at_random(&r);
			if (i % 4 == 3)
				nanosleep(&(struct timespec){ .tv_nsec = (long)i * 100000 }, NULL);
			end(&r);
		}
	}
}

static volatile sig_atomic_t elsewhere, ticks;
static pthread_t program_thread;

static void tick(int signal)
{
	(void)signal;
	ticks++;
	if (!pthread_equal(pthread_self(), program_thread))
		elsewhere = 1;
}

static void signals_are_the_programs(void **state)
{
	struct sigaction how = { .sa_handler = tick, .sa_flags = SA_RESTART };
	const struct itimerval often = { { 0, 5000 }, { 0, 5000 } }, never = { 0 };

	(void)state;
	program_thread = pthread_self();
	assert_int_equal(sigaction(SIGALRM, &how, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
	for (size_t k = 0; k < packing_count || (packing_count > 0 && ticks < 3); k++) {
		struct reader r;

		begin(&r, &whole[k % packing_count]);
		read_on(&r);
		assert_int_equal(r.used, CONTENT_BYTES);
		end(&r);
	}
	setitimer(ITIMER_REAL, &never, NULL);
	signal(SIGALRM, SIG_IGN); /* one may be on its way still */
	assert_int_equal(elsewhere, 0);
}

/* In the child, which has no such thread: the sentence, and closing that neither waits nor crashes. Then it is killed, by
 * itself: valgrind would find that what the thread had is lost there, as it has to be. Else: what is wrong. */
static int go_on_in_child(struct reader *r)
{
	signal(SIGALRM, SIG_DFL);
	alarm(20);
	for (int i = 0; i < 2; i++) {
		if (cst_input_more(&r->in, 1) != CST_INPUT_ERROR || !r->in.why)
			return 1;
		if (!strstr(r->in.why, "forked from; open it again"))
			return 2;
	}
	end(r);
	raise(SIGKILL);
	return 3;
}

static void a_forked_child_is_told(void **state)
{
	(void)state;
	if (!two_processors())
		return;
	for (size_t k = 0; k < packing_count; k++) {
		struct reader r;
		int status;

		begin(&r, &whole[k]);
		for (size_t n = 0; n < 2 + k % 3; n++)
			more(&r, 0);
		assert_non_null(r.in.ahead);
		const pid_t child = fork();
		if (child == 0)
			_exit(go_on_in_child(&r));
		assert_int_equal(waitpid(child, &status, 0), child);
		if (status != SIGKILL)
			fail_msg("%s: status %#x", packings[k].name, status);
		read_on(&r);
		assert_int_equal(r.last, CST_INPUT_END);
		assert_int_equal(r.used, CONTENT_BYTES);
		end(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(long_files_are_unpacked_ahead),
		cmocka_unit_test(whatever_is_left_of_a_block_comes_before_the_next),
		cmocka_unit_test(short_files_and_beginnings_are_not),
		cmocka_unit_test(one_processor_needs_no_thread),
		cmocka_unit_test(it_goes_without_a_thread),
		cmocka_unit_test(damage_is_told_at_the_same_byte),
		cmocka_unit_test(it_can_be_closed_at_any_moment),
		cmocka_unit_test(signals_are_the_programs),
		cmocka_unit_test(a_forked_child_is_told),
	};

	if (packing_count == 0)
		print_message("part skipped: this build was made without zlib, libzstd and liblz4\n");
	else if (!two_processors())
		print_message("part skipped: needs two processors\n");
	return cmocka_run_group_tests(tests, pack_content, free_content);
}
