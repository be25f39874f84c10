/* arena.c - a chain of chunks, each twice the one before up to a megabyte. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

_Static_assert(alignof(max_align_t) <= CST_ARENA_ALIGN, "the arena's alignment");

enum { FIRST_CHUNK = 16384, LARGEST_CHUNK = 1 << 20, LARGE_CHUNK = 1 << 18 };

struct cst_arena_chunk {
	struct cst_arena_chunk *older;
	size_t bytes;
	bool is_lent;
	alignas(CST_ARENA_ALIGN) char room[];
};

void cst_arena_init(struct cst_arena *arena, size_t limit)
{
	*arena = (struct cst_arena){ .limit = limit };
}

static bool use(struct cst_arena *arena, struct cst_arena_chunk *chunk)
{
	chunk->older = arena->chunks;
	arena->chunks = chunk;
	arena->next = chunk->room;
	arena->end = chunk->room + chunk->bytes;
	return true;
}

static void drop(struct cst_arena *arena, struct cst_arena_chunk *chunk)
{
	if (!chunk)
		return;
	arena->used -= sizeof(*chunk) + chunk->bytes;
	if (!chunk->is_lent)
		free(chunk);
}

void cst_arena_lend(struct cst_arena *arena, void *memory, size_t bytes)
{
	struct cst_arena_chunk *chunk = memory;
	if (bytes > arena->limit)
		bytes = arena->limit;
	if (bytes < sizeof(*chunk))
		return;
	arena->used += bytes;
	chunk->bytes = bytes - sizeof(*chunk);
	chunk->is_lent = true;
	use(arena, chunk);
}

/* Of a large chunk most will be used. To be given it page by page, as each is touched, takes about as long as what is
 * done with it: the system gives it whole, where it can (Linux 5.14). */
static void have_given(struct cst_arena_chunk *chunk)
{
#ifdef MADV_POPULATE_WRITE
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t first = ((uintptr_t)chunk + page - 1) & ~(page - 1),
		  end = (uintptr_t)(chunk->room + chunk->bytes) & ~(page - 1);
	madvise((void *)first, end - first, MADV_POPULATE_WRITE);
#else
	(void)chunk;
#endif
}

static bool grow(struct cst_arena *arena, size_t bytes)
{
	struct cst_arena_chunk *spare = arena->spare;
	if (spare && spare->bytes >= bytes) {
		arena->spare = NULL;
		return use(arena, spare);
	}
	size_t room = arena->chunks ? arena->chunks->bytes * 2 : FIRST_CHUNK;
	if (room > LARGEST_CHUNK)
		room = LARGEST_CHUNK;
	if (room < bytes)
		room = bytes;
	size_t left = arena->limit - arena->used;
	if (left < sizeof(struct cst_arena_chunk) || bytes > left - sizeof(struct cst_arena_chunk))
		return false;
	if (room > left - sizeof(struct cst_arena_chunk))
		room = bytes;
	struct cst_arena_chunk *chunk = malloc(sizeof(*chunk) + room);
	if (!chunk)
		return false;
	chunk->bytes = room;
	chunk->is_lent = false;
	arena->used += sizeof(*chunk) + room;
	if (room >= LARGE_CHUNK && room <= LARGEST_CHUNK)
		have_given(chunk);
	return use(arena, chunk);
}

void *cst_arena_alloc_slow(struct cst_arena *arena, size_t bytes)
{
	if (bytes > SIZE_MAX / 2 || !grow(arena, bytes + CST_ARENA_ALIGN)) {
		arena->failed = true;
		return NULL;
	}
	return cst_arena_take(arena, bytes);
}

void *cst_arena_array(struct cst_arena *arena, size_t count, size_t size)
{
	size_t bytes;
	return cst_arena_alloc(arena, __builtin_mul_overflow(count, size, &bytes) ? SIZE_MAX : bytes);
}

char *cst_arena_text(struct cst_arena *arena, const char *text, size_t length)
{
	char *copy = cst_arena_take(arena, length + 1);
	if (!copy)
		return NULL;
	memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

struct cst_arena_mark cst_arena_mark(const struct cst_arena *arena)
{
	return (struct cst_arena_mark){ arena->chunks, arena->next };
}

void cst_arena_rewind(struct cst_arena *arena, struct cst_arena_mark mark)
{
	while (arena->chunks != mark.chunk) {
		struct cst_arena_chunk *newest = arena->chunks;
		bool is_larger = !newest->is_lent && (!arena->spare || newest->bytes > arena->spare->bytes);
		arena->chunks = newest->older;
		/* One stays: to go to and fro over the end of a chunk is to cost nothing. */
		drop(arena, is_larger ? arena->spare : newest);
		if (is_larger)
			arena->spare = newest;
	}
	arena->next = mark.next;
	arena->end = arena->chunks ? arena->chunks->room + arena->chunks->bytes : NULL;
}

void cst_arena_free(struct cst_arena *arena)
{
	cst_arena_rewind(arena, (struct cst_arena_mark){ NULL, NULL });
	free(arena->spare);
	*arena = (struct cst_arena){ .limit = arena->limit };
}
