/* lookup_test.c - answers of the system's lookups that take more room than usual: hosts and services with many names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "names/lookup.h"

#include <errno.h>
#include <stdlib.h>

/* A name's answer, which takes so many bytes; and what came of asking. */
struct answer {
	size_t needs;
	size_t largest; /* room that was offered */
	int asked;
};

static int answer_with_room(const char *name, char *room, size_t size, void *opaque)
{
	struct answer *answer = opaque;

	assert_string_equal(name, "name");
	answer->asked++;
	assert_true(size > answer->largest);
	answer->largest = size;
	for (size_t i = 0; i < size; i++)
		room[i] = (char)i; /* all of it can be written */
	return size < answer->needs ? ERANGE : 0;
}

static int no_answer(const char *name, char *room, size_t size, void *opaque)
{
	struct answer *answer = opaque;

	(void)name;
	(void)room;
	(void)size;
	answer->asked++;
	return ENOENT;
}

static void long_answers_get_the_room_they_need(void **state)
{
	static const size_t needs[] = { 1, 1000, 2000, 65536, 1000000 };

	(void)state;
	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
		struct answer answer = { .needs = needs[i] };

		assert_true(cst_lookup(answer_with_room, "name", &answer));
		assert_true(answer.largest >= needs[i]);
		assert_in_range(answer.asked, 1, 7);
	}
}

/* A resolver that wants ever more gets no more than a megabyte. */
static void endless_answers_are_none(void **state)
{
	struct answer answer = { .needs = SIZE_MAX };

	(void)state;
	assert_false(cst_lookup(answer_with_room, "name", &answer));
	assert_int_equal(answer.largest, 1024 * 1024);
}

static void a_name_that_is_not_there_is_asked_for_once(void **state)
{
	struct answer answer = { 0 };

	(void)state;
	assert_false(cst_lookup(no_answer, "name", &answer));
	assert_int_equal(answer.asked, 1);
}

static bool memory_is_out;

void *__real_malloc(size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__wrap_malloc(size_t bytes)
{
	return memory_is_out ? NULL : __real_malloc(bytes);
}

static void without_memory_there_is_no_long_answer(void **state)
{
	struct answer answer = { .needs = 2000 };

	(void)state;
	memory_is_out = true;
	bool found = cst_lookup(answer_with_room, "name", &answer);
	memory_is_out = false;
	assert_false(found);
	assert_int_equal(answer.asked, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(long_answers_get_the_room_they_need),
		cmocka_unit_test(endless_answers_are_none),
		cmocka_unit_test(a_name_that_is_not_there_is_asked_for_once),
		cmocka_unit_test(without_memory_there_is_no_long_answer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
