/* failing_memory.c - the C library's allocating functions, of which one call fails. */
#include "failing_memory.h"

#include <errno.h>

static struct {
	bool is_counting;
	size_t count, first;
} faults;

void memory_begin(size_t first)
{
	faults.first = first;
	faults.count = 0;
	faults.is_counting = true;
}

bool memory_end(void)
{
	faults.is_counting = false;
	return faults.count > faults.first;
}

static bool fails(void)
{
	if (!faults.is_counting || faults.count++ != faults.first)
		return false;
	errno = ENOMEM;
	return true;
}

#define WRAPPED(type, name, parameters, arguments)                                                                     \
	type __real_##name parameters;                                                                                 \
	type __wrap_##name parameters;                                                                                 \
	type __wrap_##name parameters                                                                                  \
	{                                                                                                              \
		return fails() ? NULL : __real_##name arguments;                                                       \
	}

WRAPPED(void *, malloc, (size_t bytes), (bytes))
WRAPPED(void *, calloc, (size_t count, size_t bytes), (count, bytes))
WRAPPED(void *, realloc, (void *old, size_t bytes), (old, bytes))
WRAPPED(void *, reallocarray, (void *old, size_t count, size_t bytes), (old, count, bytes))
WRAPPED(char *, strdup, (const char *text), (text))
