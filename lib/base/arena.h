/* arena.h - memory that is freed all at once: what one compilation allocates. */
#ifndef CST_BASE_ARENA_H
#define CST_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct cst_arena_chunk;

struct cst_arena {
	struct cst_arena_chunk *chunks; /* the newest first */
	struct cst_arena_chunk *spare;	/* left by cst_arena_rewind() */
	char *next, *end;               /* what is left of the newest */
	size_t used, limit;             /* bytes taken, and at most */
	bool failed;                    /* an allocation was refused: what was made since is not to be trusted */
};

/* An empty arena, which takes no more than `limit` bytes. */
void cst_arena_init(struct cst_arena *arena, size_t limit);

/* Let an empty arena begin with `bytes` bytes of the caller's, aligned for any type and not to be freed: what is small needs
 * nothing from the system then. They count against the limit like all others, and are taken as far as it goes. */
void cst_arena_lend(struct cst_arena *arena, void *memory, size_t bytes);

/* cst_arena_take() where the newest chunk has no room. */
void *cst_arena_alloc_slow(struct cst_arena *arena, size_t bytes);

enum { CST_ARENA_ALIGN = 16 }; /* enough for any type, max_align_t among them */

/* `bytes` bytes aligned for any type, or NULL (no memory, or the limit), with whatever was there: for what is filled at once.
 * Valid until cst_arena_free(), or cst_arena_rewind() to a mark that is older. */
static inline void *cst_arena_take(struct cst_arena *arena, size_t bytes)
{
	/* Nothing, too, has an address. */
	size_t rounded = (bytes + !bytes + CST_ARENA_ALIGN - 1) & ~(size_t)(CST_ARENA_ALIGN - 1);
	if (rounded < bytes || rounded > (size_t)(arena->end - arena->next))
		return cst_arena_alloc_slow(arena, bytes);
	void *memory = arena->next;
	arena->next += rounded;
	return memory;
}

/* cst_arena_take(), and zeroed. */
static inline void *cst_arena_alloc(struct cst_arena *arena, size_t bytes)
{
	/* Here and not for the whole chunk: most compilations leave most of theirs untouched. */
	void *memory = cst_arena_take(arena, bytes);
	/* Of a size that the compiler knows it makes a `rep stos`, which takes longer to begin than what is small to
	 * clear. */
	__asm__("" : "+r"(bytes));
	return memory ? memset(memory, 0, bytes) : NULL;
}

/* An array of `count` elements of `size` bytes each; NULL also where the product overflows. */
void *cst_arena_array(struct cst_arena *arena, size_t count, size_t size);

/* The first `length` bytes of `text` as a string. */
char *cst_arena_text(struct cst_arena *arena, const char *text, size_t length);

/* A place to come back to. */
struct cst_arena_mark {
	struct cst_arena_chunk *chunk;
	char *next;
};

struct cst_arena_mark cst_arena_mark(const struct cst_arena *arena);

/* Free what was allocated since `mark`. Marks nest. */
void cst_arena_rewind(struct cst_arena *arena, struct cst_arena_mark mark);

void cst_arena_free(struct cst_arena *arena);

#endif
