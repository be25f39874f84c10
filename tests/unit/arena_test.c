/* arena_test.c - memory that is freed all at once: what a compilation may take, and what it is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/arena.h"

#include <string.h>

enum { LIMIT = 100000 };

static struct cst_arena new_arena(void)
{
	struct cst_arena arena;

	cst_arena_init(&arena, LIMIT);
	return arena;
}

static void arrays_are_zeroed_and_aligned(void **state)
{
	static const char zeros[3 * 1000];
	struct cst_arena arena = new_arena();

	(void)state;
	memset(cst_arena_take(&arena, sizeof(zeros)), 0xff, sizeof(zeros));
	cst_arena_rewind(&arena, (struct cst_arena_mark){ NULL, NULL });
	for (size_t size = 1; size <= 3; size++) {
		char *array = cst_arena_array(&arena, 1000, size);

		assert_non_null(array);
		assert_int_equal((uintptr_t)array % CST_ARENA_ALIGN, 0);
		assert_memory_equal(array, zeros, 1000 * size);
	}
	cst_arena_free(&arena);
}

/* NULL, and what was made since is not to be trusted. */
static void sizes_beyond_all_memory_are_refused(void **state)
{
	static const struct {
		size_t count, size;
	} rows[] = {
		{ SIZE_MAX / 2, 4 },	      /* wraps to a little less than nothing */
		{ SIZE_MAX / 16 + 1, 16 },    /* wraps to nothing */
		{ SIZE_MAX, 1 },	      /* wraps when it is rounded up */
		{ SIZE_MAX - 14, 1 },
		{ SIZE_MAX / 2 + 1, 1 },      /* wraps when a chunk's header comes to it */
		{ SIZE_MAX / 2, 1 },
		{ LIMIT, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cst_arena arena = new_arena();

		assert_non_null(cst_arena_array(&arena, 10, 10));
		assert_false(arena.failed);
		assert_null(cst_arena_array(&arena, rows[i].count, rows[i].size));
		assert_true(arena.failed);
		assert_non_null(cst_arena_array(&arena, 10, 10)); /* there is room for what is small */
		cst_arena_free(&arena);
	}
}

static void what_was_taken_since_a_mark_can_be_had_again(void **state)
{
	struct cst_arena arena = new_arena();

	(void)state;
	for (int turn = 0; turn < 1000; turn++) {
		struct cst_arena_mark mark = cst_arena_mark(&arena);

		for (int i = 0; i < 5; i++)
			assert_non_null(cst_arena_alloc(&arena, LIMIT / 10));
		cst_arena_rewind(&arena, mark);
	}
	assert_false(arena.failed);
	cst_arena_free(&arena);
	assert_int_equal(arena.used, 0);
}

static void memory_that_is_lent_counts_against_the_limit(void **state)
{
	static _Alignas(CST_ARENA_ALIGN) char lent[2 * LIMIT];
	struct cst_arena arena = new_arena();

	(void)state;
	cst_arena_lend(&arena, lent, sizeof(lent));
	char *memory = cst_arena_take(&arena, LIMIT / 2);
	assert_in_range((uintptr_t)memory, (uintptr_t)lent, (uintptr_t)lent + LIMIT / 2);
	assert_null(cst_arena_take(&arena, LIMIT / 2 + 1));
	assert_true(arena.failed);
	cst_arena_free(&arena);
}

/* ... and one too small to begin with is as good as none. */
static void memory_that_holds_nothing_is_not_used(void **state)
{
	static _Alignas(CST_ARENA_ALIGN) char lent[8];
	struct cst_arena arena = new_arena();

	(void)state;
	cst_arena_lend(&arena, lent, sizeof(lent));
	assert_int_equal(arena.used, 0);
	assert_string_equal(cst_arena_text(&arena, "hosts", 4), "host");
	cst_arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arrays_are_zeroed_and_aligned),
		cmocka_unit_test(sizes_beyond_all_memory_are_refused),
		cmocka_unit_test(what_was_taken_since_a_mark_can_be_had_again),
		cmocka_unit_test(memory_that_is_lent_counts_against_the_limit),
		cmocka_unit_test(memory_that_holds_nothing_is_not_used),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
