/* cmocka.h - as much of cmocka as bpf_test.c and native_pages_test.c of tests/unit need, for a processor that has no
 * package of it here. The first failure ends the program. */
#ifndef CST_TEST_CMOCKA_H
#define CST_TEST_CMOCKA_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct CMUnitTest {
	const char *name;
	void (*run)(void **state);
};

#define cmocka_unit_test(function)                                                                                     \
	{                                                                                                              \
#function, function                                                                                    \
	}

#define fail_msg(...) (printf("%s:%d: ", __FILE__, __LINE__), printf(__VA_ARGS__), puts(""), exit(1))

#define assert_true(condition)	((condition) ? (void)0 : fail_msg("not true: %s", #condition))
#define assert_false(condition) ((condition) ? fail_msg("true: %s", #condition) : (void)0)
#define assert_null(pointer)	assert_true((pointer) == NULL)
#define assert_non_null(pointer) assert_true((pointer) != NULL)

#define skip() return (void)puts("skipped")

#define assert_int_equal(a, b)	  cst_assert_int_equal((uintmax_t)(a), (uintmax_t)(b), #a " == " #b, __FILE__, __LINE__)
#define assert_string_equal(a, b) (strcmp(a, b) == 0 ? (void)0 : fail_msg("\"%s\" != \"%s\"", a, b))

static inline void cst_assert_int_equal(uintmax_t a, uintmax_t b, const char *what, const char *file, int line)
{
	if (a == b)
		return;
	printf("%s:%d: %s: 0x%jx != 0x%jx\n", file, line, what, a, b);
	exit(1);
}

static inline int cst_run_tests(const struct CMUnitTest *tests, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		void *state = NULL;

		printf("%s\n", tests[i].name);
		tests[i].run(&state);
	}
	return 0;
}

#define cmocka_run_group_tests(tests, setup, teardown) cst_run_tests(tests, sizeof(tests) / sizeof((tests)[0]))

#endif
