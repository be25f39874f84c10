/* input.c - savefile bytes in a block that stays in the cache: out of read(2), or unpacked.
 *
 * Block reads beat a mapping of the file (no page faults, no cold lines) and work on pipes, too. */
#include "savefile/input.h"

#include "base/error.h"
#include "savefile/ahead.h"
#include "savefile/unpack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A file is read in pieces that are still in the L2 cache when they are looked at. A block has room for one, behind what may
 * be left of a packet. */
#define PIECE_BYTES ((size_t)256 * 1024)
#define BLOCK_BYTES (PIECE_BYTES + 64 * 1024)

/* In a long file each piece comes behind the one before, in a block of several: some processors copy into lines that they
 * hold in the L2 cache already a third slower than into others. Memory that is touched for the first time costs more than
 * a short file gains. */
#define LONG_FILE_BYTES  ((uint64_t)16 * 1024 * 1024)
#define LONG_BLOCK_BYTES (4 * BLOCK_BYTES)

/* A byte's address and its place in the file agree modulo this: some processors copy several times slower from page to
 * page where the target begins a few bytes behind the source's place in its page. */
#define PAGE_BYTES ((size_t)4096)

_Static_assert(CST_INPUT_MAGIC_BYTES == CST_UNPACK_MAGIC_BYTES, "the same bytes");

static int no_memory(const char *name, char *errbuf)
{
	cst_error_errno(errbuf, errno, "%s: allocating a block to read into", name);
	return -1;
}

static int no_magic(const struct cst_input *in, enum cst_input_status status, const char *name, char *errbuf)
{
	cst_input_header_error(in, status, name, "first bytes, which name the format", CST_INPUT_MAGIC_BYTES, errbuf);
	return -1;
}

/* What is in the block begins a compressed file: unpack it, and have the first bytes of what it holds. */
static int start_unpacking(struct cst_input *in, const char *name, const char *kind, char *errbuf)
{
	in->unpack = cst_unpack_open(&in->feed, in->block + in->at, cst_input_offset(in));
	if (!in->unpack)
		return no_memory(name, errbuf);
	in->at = in->end = 0;
	in->block_offset = 0;
	enum cst_input_status got = cst_input_header(in, CST_INPUT_MAGIC_BYTES);
	if (got == CST_INPUT_ERROR && in->why) {
		cst_error(errbuf, "%s: is compressed with %s and cannot be unpacked: %s", name, kind, in->why);
		return -1;
	}
	if (got != CST_INPUT_MORE)
		return no_magic(in, got, name, errbuf);
	const char *again = cst_unpack_kind_of(in->block + in->at);
	if (!again)
		return 0;
	cst_error(errbuf, "%s: is compressed twice, with %s and inside with %s; unpack it once", name, kind, again);
	return -1;
}

/* malloc() gives small files the memory of the one before back, which aligned_alloc() does not. */
static uint8_t *first_page(uint8_t *memory)
{
	return memory + (PAGE_BYTES - (uintptr_t)memory % PAGE_BYTES) % PAGE_BYTES;
}

int cst_input_start(struct cst_input *in, FILE *file, const char *name, char *errbuf)
{
	const off_t start = ftello(file);

	*in = (struct cst_input){ .feed = cst_feed_of(file), .block_offset = start > 0 ? (uint64_t)start : 0 };
	in->at = in->end = in->block_offset % PAGE_BYTES;
	in->block_offset -= in->at;
	in->memory = malloc(BLOCK_BYTES + PAGE_BYTES);
	if (!in->memory)
		return no_memory(name, errbuf);
	in->own = in->block = first_page(in->memory);
	in->own_room = BLOCK_BYTES;
	enum cst_input_status got = cst_input_header(in, CST_INPUT_MAGIC_BYTES);
	if (got != CST_INPUT_MORE)
		return no_magic(in, got, name, errbuf);
	const char *kind = cst_unpack_kind_of(in->block + in->at);
	return kind ? start_unpacking(in, name, kind, errbuf) : 0;
}

void cst_input_close(struct cst_input *in)
{
	if (!in->ahead || cst_ahead_end(in->ahead))
		cst_unpack_close(in->unpack);
	free(in->memory);
	*in = (struct cst_input){ 0 };
}

void cst_input_header_error(const struct cst_input *in, enum cst_input_status status, const char *name, const char *what,
			    size_t bytes, char *errbuf)
{
	if (status == CST_INPUT_ERROR && in->why)
		cst_error(errbuf, "%s: reading the %s: %s", name, what, in->why);
	else if (status == CST_INPUT_ERROR)
		cst_error_errno(errbuf, errno, "%s: reading the %s", name, what);
	else if (cst_input_unused(in) == 0)
		cst_error(errbuf, "%s: is empty, a savefile begins with a header", name);
	else
		cst_error(errbuf, "%s: is cut off inside the %s: %zu of %zu bytes are there", name, what,
			  cst_input_unused(in), bytes);
}

/* Have room for `more` behind the unused bytes. Where there is none they go to the front of our own block, which doubles
 * until there is. */
static bool settle(struct cst_input *in, size_t more)
{
	const bool is_own = in->block == in->own;
	const size_t unused = cst_input_unused(in), start = is_own ? in->at % PAGE_BYTES : 0;
	const size_t least = in->block_offset >= LONG_FILE_BYTES ? LONG_BLOCK_BYTES : BLOCK_BYTES;
	size_t room = in->own_room;
	uint8_t *memory = in->memory;

	if (is_own && room - in->end >= more)
		return true;
	while (room < least || room < start + unused + more)
		room *= 2;
	if (room > in->own_room && !(memory = malloc(room + PAGE_BYTES)))
		return false;
	uint8_t *const target = first_page(memory);
	memmove(target + start, in->block + in->at, unused);
	if (memory != in->memory)
		free(in->memory);
	in->memory = memory;
	in->own = in->block = target;
	in->own_room = room;
	in->block_offset += in->at - start;
	in->at = start;
	in->end = start + unused;
	return true;
}

static enum cst_input_status failed(struct cst_input *in, const char *why)
{
	in->why = why;
	return CST_INPUT_ERROR;
}

static enum cst_input_status read_more(struct cst_input *in, size_t missing)
{
	size_t got;
	enum cst_input_status status = cst_feed_some(&in->feed, in->own + in->end, PIECE_BYTES, missing, &got);

	in->end += got;
	return status == CST_INPUT_ERROR ? failed(in, NULL) : status;
}

static enum cst_input_status unpack_more(struct cst_input *in, size_t room)
{
	size_t got;
	enum cst_input_status status = cst_unpack_some(in->unpack, in->own + in->end, room, &got);

	in->end += got;
	in->unpacked_here += got;
	return status == CST_INPUT_ERROR ? failed(in, cst_unpack_why(in->unpack)) : status;
}

/* A thread is worth its while for a file of more than one piece that is all there. A program that forks after it has
 * opened the file, or has read a little of it, finds no thread either. */
static bool wants_ahead(struct cst_input *in)
{
	if (in->unpacked_here < PIECE_BYTES || in->feed.may_wait || !cst_feed_is_bare(&in->feed))
		return false;
	in->unpacked_here = 0; /* if there is none to be had, ask again after as much */
	return true;
}

/* settle(), and if that leaves a block of the thread's, it goes back. */
static bool settle_from_ahead(struct cst_input *in, size_t more)
{
	const bool had_one = in->block != in->own;

	if (!settle(in, more))
		return false;
	if (had_one)
		cst_ahead_give_back(in->ahead);
	return true;
}

/* The thread's `next` block is the one to read, with what is left of the present one copied in front. */
static void move_on(struct cst_input *in, uint8_t *next, size_t count)
{
	const size_t unused = cst_input_unused(in), start = CST_AHEAD_HEADROOM - unused;
	const bool had_one = in->block != in->own;

	memcpy(next - unused, in->block + in->at, unused);
	in->block_offset += (uint64_t)in->at - start; /* there may be less in front than before */
	in->block = next - CST_AHEAD_HEADROOM;
	in->at = start;
	in->end = CST_AHEAD_HEADROOM + count;
	if (had_one)
		cst_ahead_give_back(in->ahead);
}

static enum cst_input_status take_ahead(struct cst_input *in)
{
	const bool fits_in_front = cst_input_unused(in) <= CST_AHEAD_HEADROOM;
	uint8_t *next;
	size_t count;

	if (!cst_ahead_is_here(in->ahead))
		return failed(in, "the thread that unpacks it is in the process that this one was forked from; open it again");
	/* So much is left of a packet that is very long, or of a program that reads long blocks: one block has it all. */
	if (!fits_in_front && !settle_from_ahead(in, CST_AHEAD_BLOCK))
		return failed(in, NULL);
	const enum cst_input_status status = cst_ahead_next(in->ahead, &next, &count);
	if (status == CST_INPUT_WAIT)
		return status;
	if (status == CST_INPUT_MORE && fits_in_front) {
		move_on(in, next, count);
		return status;
	}
	if (status == CST_INPUT_MORE) {
		memcpy(in->own + in->end, next, count);
		in->end += count;
		cst_ahead_give_back(in->ahead);
		return status;
	}
	const int error = errno;
	if (!settle_from_ahead(in, 0))
		return failed(in, NULL);
	cst_ahead_end(in->ahead);
	in->ahead = NULL;
	errno = error;
	return status == CST_INPUT_ERROR ? failed(in, cst_unpack_why(in->unpack)) : status;
}

enum cst_input_status cst_input_more(struct cst_input *in, size_t missing)
{
	if (in->unpack && !in->ahead && wants_ahead(in))
		in->ahead = cst_ahead_start(in->unpack);
	if (in->ahead)
		return take_ahead(in);
	if (!settle(in, PIECE_BYTES))
		return failed(in, NULL);
	return in->unpack ? unpack_more(in, PIECE_BYTES) : read_more(in, missing);
}

static enum cst_input_status header_bytes(struct cst_input *in, size_t bytes)
{
	size_t got;

	if (in->ahead)
		return take_ahead(in);
	if (!settle(in, bytes))
		return failed(in, NULL);
	if (in->unpack)
		return unpack_more(in, bytes);
	const enum cst_input_status status = cst_feed_whole(&in->feed, in->own + in->end, bytes, &got);
	in->end += got;
	return status == CST_INPUT_ERROR ? failed(in, NULL) : status;
}

enum cst_input_status cst_input_header(struct cst_input *in, size_t bytes)
{
	while (cst_input_unused(in) < bytes) {
		const enum cst_input_status status = header_bytes(in, bytes - cst_input_unused(in));
		if (status == CST_INPUT_WAIT)
			cst_feed_wait(&in->feed);
		else if (status != CST_INPUT_MORE)
			return status;
	}
	return CST_INPUT_MORE;
}
