/* input.c - savefile bytes through read(2) into a block that stays in the L2 cache.
 *
 * Block reads beat a mapping of the file (no page faults, no cold lines) and work on pipes, too. */
#include "base/error.h"
#include "savefile/input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES ((size_t)256 * 1024)

int cst_input_start(struct cst_input *in, FILE *file, const char *name, char *errbuf)
{
	const off_t start = ftello(file);

	*in = (struct cst_input){ .feed = cst_feed_of(file), .block_offset = start > 0 ? (uint64_t)start : 0 };
	in->block = malloc(BLOCK_BYTES);
	if (!in->block) {
		cst_error_errno(errbuf, errno, "%s: allocating a block to read into", name);
		return -1;
	}
	in->room = BLOCK_BYTES;
	enum cst_input_status got = cst_input_header(in, CST_INPUT_MAGIC_BYTES);
	if (got == CST_INPUT_MORE)
		return 0;
	cst_input_header_error(in, got, name, "first bytes, which name the format", CST_INPUT_MAGIC_BYTES, errbuf);
	return -1;
}

void cst_input_close(struct cst_input *in)
{
	free(in->block);
	in->block = NULL;
}

enum cst_input_status cst_input_header(struct cst_input *in, size_t bytes)
{
	while (cst_input_unused(in) < bytes) {
		size_t got;
		enum cst_input_status status =
			cst_feed_whole(&in->feed, in->block + in->end, bytes - cst_input_unused(in), &got);
		in->end += got;
		if (status != CST_INPUT_MORE)
			return status;
	}
	return CST_INPUT_MORE;
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

/* Bring the unused bytes to the front; double the block if they fill it. */
static bool make_room(struct cst_input *in)
{
	if (in->at > 0) {
		memmove(in->block, in->block + in->at, cst_input_unused(in));
		in->block_offset += in->at;
		in->end -= in->at;
		in->at = 0;
	}
	if (in->end < in->room)
		return true;
	uint8_t *bigger = realloc(in->block, 2 * in->room);
	if (!bigger)
		return false;
	in->block = bigger;
	in->room *= 2;
	return true;
}

enum cst_input_status cst_input_more(struct cst_input *in, size_t missing)
{
	size_t got;

	if (!make_room(in))
		return CST_INPUT_ERROR;
	enum cst_input_status status = cst_feed_some(&in->feed, in->block + in->end, in->room - in->end, missing, &got);
	in->end += got;
	return status;
}
