/* allocations.c - the functions that give memory, counted. The program's definitions come before those of any shared
 * library (ld.so(8)), a sanitizer's too, so that all memory of the process is had through here. */
/* mmap() and mmap64() are two names, and both are wanted. */
#undef _FILE_OFFSET_BITS

#include "allocations.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

bool (*allocations_refuse)(const char *call);

static atomic_long blocks, pages;

/* The next definition of `name` after the program's. */
#define NEXT(name) \
	static __typeof__(name) *next; \
	if (!next) \
		next = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

static bool refused(const char *call)
{
	return allocations_refuse && allocations_refuse(call);
}

static void *counted(void *block)
{
	if (block)
		atomic_fetch_add(&blocks, 1);
	return block;
}

static void *none(void)
{
	errno = ENOMEM;
	return NULL;
}

struct allocations allocations_now(void)
{
	return (struct allocations){ atomic_load(&blocks), atomic_load(&pages) };
}

void *malloc(size_t bytes)
{
	NEXT(malloc);
	return refused("malloc") ? none() : counted(next(bytes));
}

void *calloc(size_t count, size_t bytes)
{
	NEXT(calloc);
	return refused("calloc") ? none() : counted(next(count, bytes));
}

void *realloc(void *old, size_t bytes)
{
	NEXT(realloc);
	if (refused("realloc"))
		return none();
	void *block = next(old, bytes);
	if (!old)
		counted(block);
	else if (!block && bytes == 0)
		atomic_fetch_sub(&blocks, 1);
	return block;
}

void *reallocarray(void *old, size_t count, size_t bytes)
{
	size_t all;

	if (__builtin_mul_overflow(count, bytes, &all))
		return none();
	return realloc(old, all);
}

int posix_memalign(void **block, size_t alignment, size_t bytes)
{
	NEXT(posix_memalign);
	if (refused("posix_memalign"))
		return ENOMEM;
	int status = next(block, alignment, bytes);
	if (status == 0)
		counted(*block);
	return status;
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
	NEXT(aligned_alloc);
	return refused("aligned_alloc") ? none() : counted(next(alignment, bytes));
}

void free(void *block)
{
	NEXT(free);
	if (block)
		atomic_fetch_sub(&blocks, 1);
	next(block);
}

static long pages_of(size_t bytes)
{
	const size_t page = 4096;

	return (long)((bytes + page - 1) / page);
}

void *mmap(void *where, size_t bytes, int protection, int flags, int fd, off_t offset)
{
	NEXT(mmap);
	if (refused("mmap")) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
	void *map = next(where, bytes, protection, flags, fd, offset);
	if (map != MAP_FAILED && !(flags & MAP_FIXED))
		atomic_fetch_add(&pages, pages_of(bytes));
	return map;
}

void *mmap64(void *where, size_t bytes, int protection, int flags, int fd, off64_t offset)
{
	return mmap(where, bytes, protection, flags, fd, offset);
}

int munmap(void *map, size_t bytes)
{
	NEXT(munmap);
	int status = next(map, bytes);
	if (status == 0)
		atomic_fetch_sub(&pages, pages_of(bytes));
	return status;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *), void *argument)
{
	NEXT(pthread_create);
	return refused("pthread_create") ? EAGAIN : next(thread, attributes, body, argument);
}
