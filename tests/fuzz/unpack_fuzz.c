/* unpack_fuzz.c - any bytes as a compressed file: what they unpack to, and whether they are damaged, does not depend on
 * how the bytes come, in one piece from a file or in many from a stream; and damage has a reason. */
#include "fuzz.h"

#include "base/error.h"
#include "savefile/input.h"

#include <sys/mman.h>
#include <unistd.h>

#define MOST_UNPACKED ((size_t)1024 * 1024) /* of a bomb */

struct result {
	enum cst_input_status end; /* MORE: there is more than MOST_UNPACKED; ERROR: or it did not start */
	size_t size;
	uint8_t *bytes;
};

static void take(struct result *result, struct cst_input *in, size_t bytes)
{
	if (bytes > MOST_UNPACKED - result->size)
		bytes = MOST_UNPACKED - result->size;
	memcpy(result->bytes + result->size, in->block + in->at, bytes);
	in->at += bytes;
	result->size += bytes;
}

static struct result unpack(FILE *file, uint8_t bytes[static MOST_UNPACKED])
{
	struct result result = { .end = CST_INPUT_MORE, .bytes = bytes };
	char errbuf[CST_ERRBUF_SIZE] = "";
	struct cst_input in;

	FUZZ_REQUIRE(file);
	const int started = cst_input_start(&in, file, "file", errbuf);
	FUZZ_REQUIRE(started == 0 || (started == -1 && strncmp(errbuf, "file: ", 6) == 0));
	if (started != 0)
		result.end = CST_INPUT_ERROR;
	while (result.size < MOST_UNPACKED && (result.end == CST_INPUT_MORE || result.end == CST_INPUT_WAIT)) {
		FUZZ_REQUIRE(cst_input_offset(&in) == result.size);
		take(&result, &in, cst_input_unused(&in) / 3 * 2); /* the rest stays for the next block */
		result.end = cst_input_more(&in, 1);
	}
	FUZZ_REQUIRE(started != 0 || result.end != CST_INPUT_ERROR || strlen(in.why) > 0);
	take(&result, &in, cst_input_unused(&in));
	/* What is wrong beyond that, the one may know already and the other not yet. */
	if (result.size == MOST_UNPACKED)
		result.end = CST_INPUT_MORE;
	cst_input_close(&in);
	fclose(file);
	return result;
}

struct pieces {
	const uint8_t *data;
	size_t size, at;
};

/* Of 1 to 16 bytes. */
static ssize_t read_piece(void *cookie, char *into, size_t room)
{
	struct pieces *p = cookie;
	size_t bytes = 1 + (p->at * 7 + p->size) % 16;

	if (bytes > p->size - p->at)
		bytes = p->size - p->at;
	if (bytes > room)
		bytes = room;
	if (bytes > 0)
		memcpy(into, p->data + p->at, bytes);
	p->at += bytes;
	return (ssize_t)bytes;
}

static FILE *in_pieces(struct pieces *pieces)
{
	return fopencookie(pieces, "rb", (cookie_io_functions_t){ .read = read_piece });
}

static FILE *in_one(const uint8_t *data, size_t size)
{
	const int fd = memfd_create("unpack_fuzz", MFD_CLOEXEC);

	FUZZ_REQUIRE(fd >= 0 && write(fd, data, size) == (ssize_t)size && lseek(fd, 0, SEEK_SET) == 0);
	return fdopen(fd, "rb");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t bytes[2][MOST_UNPACKED];
	struct pieces pieces = { .data = data, .size = size };
	const struct result one = unpack(in_one(data, size), bytes[0]), many = unpack(in_pieces(&pieces), bytes[1]);

	FUZZ_REQUIRE(one.end == many.end && memcmp(one.bytes, many.bytes, one.size < many.size ? one.size : many.size) == 0);
	/* Some of a damaged block may have been had before the damage was seen: with the first one, the file starts or not. */
	FUZZ_REQUIRE(one.size == many.size || one.end == CST_INPUT_ERROR);
	return 0;
}
