/* fuzz.h - what every fuzz target has: libFuzzer's entry point, and how to say that something is wrong.
 * A target is NAME_fuzz.c with its seeds in corpus/NAME/, and a line in meson.build. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Called with one input after another, which may be anything. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input is kept, and replayed by giving its file to the target. */
#define FUZZ_REQUIRE(condition) ((condition) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #condition))

__attribute__((noreturn)) static inline void fuzz_fail(const char *file, int line, const char *condition)
{
	fprintf(stderr, "%s:%d: not true: %s\n", file, line, condition);
	abort();
}

/* A copy that ends where the heap block ends, so that AddressSanitizer sees what reads or writes beyond. */
static inline void *fuzz_copy(const void *data, size_t size)
{
	void *copy = malloc(size);

	FUZZ_REQUIRE(copy);
	if (size > 0)
		memcpy(copy, data, size);
	return copy;
}

#endif
