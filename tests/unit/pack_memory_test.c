/* pack_memory_test.c - compressed savefiles where zlib, libzstd or liblz4 has no memory: writing and reading fail in a
 * sentence, not in silence. The linker leads the library's calls through the ones below. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "numbered.h"

#include <capstan/savefile.h>

#include <errno.h>
#include <lz4frame.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum { NEVER = -1 };

static bool no_contexts, no_steps;
static int allocations_left = NEVER; /* before one of the library's own fails */

static const size_t zstd_no_memory = (size_t)-64, lz4_no_memory = (size_t)-9; /* of their ranges of errors */

#define WRAP(type, name, parameters) type __real_##name parameters; type __wrap_##name parameters; type __wrap_##name parameters
WRAP(int, inflateInit2_, (z_stream *z, int bits, const char *version, int size))
{
	return no_contexts ? Z_MEM_ERROR : __real_inflateInit2_(z, bits, version, size);
}

WRAP(int, deflateInit2_, (z_stream *z, int level, int method, int bits, int memory, int strategy, const char *version, int size))
{
	return no_contexts ? Z_MEM_ERROR : __real_deflateInit2_(z, level, method, bits, memory, strategy, version, size);
}

WRAP(int, deflate, (z_stream *z, int flush))
{
	return no_steps ? Z_STREAM_ERROR : __real_deflate(z, flush);
}

WRAP(ZSTD_DCtx *, ZSTD_createDCtx, (void))
{
	return no_contexts ? NULL : __real_ZSTD_createDCtx();
}

WRAP(ZSTD_CCtx *, ZSTD_createCCtx, (void))
{
	return no_contexts ? NULL : __real_ZSTD_createCCtx();
}

WRAP(size_t, ZSTD_compressStream2, (ZSTD_CCtx *c, ZSTD_outBuffer *out, ZSTD_inBuffer *in, ZSTD_EndDirective end))
{
	return no_steps ? zstd_no_memory : __real_ZSTD_compressStream2(c, out, in, end);
}

WRAP(size_t, LZ4F_createDecompressionContext, (LZ4F_dctx **context, unsigned int version))
{
	return no_contexts ? lz4_no_memory : __real_LZ4F_createDecompressionContext(context, version);
}

WRAP(size_t, LZ4F_createCompressionContext, (LZ4F_cctx **context, unsigned int version))
{
	return no_contexts ? lz4_no_memory : __real_LZ4F_createCompressionContext(context, version);
}

WRAP(size_t, LZ4F_compressUpdate,
     (LZ4F_cctx *c, void *to, size_t room, const void *from, size_t bytes, const LZ4F_compressOptions_t *how))
{
	return no_steps ? lz4_no_memory : __real_LZ4F_compressUpdate(c, to, room, from, bytes, how);
}

static bool fails(void)
{
	return allocations_left != NEVER && allocations_left-- == 0;
}

WRAP(void *, malloc, (size_t bytes))
{
	errno = ENOMEM;
	return fails() ? NULL : __real_malloc(bytes);
}

WRAP(void *, calloc, (size_t count, size_t bytes))
{
	errno = ENOMEM;
	return fails() ? NULL : __real_calloc(count, bytes);
}

static const char *const names[] = { "memory.pcap.gz", "memory.pcap.zst", "memory.pcap.lz4" };
enum { KINDS = sizeof(names) / sizeof(*names), PACKETS = 2000 };

static char folder[] = "/tmp/capstan-pack-XXXXXX";

static const char *path_of(size_t kind)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, names[kind]);
	return path;
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	for (size_t kind = 0; kind < KINDS; kind++)
		unlink(path_of(kind));
	return rmdir(folder);
}

static int no_failure(void **state)
{
	(void)state;
	no_contexts = no_steps = false;
	allocations_left = NEVER;
	return 0;
}

static pcap_dumper_t *begin(pcap_t *p, size_t kind)
{
	return capstan_dump_open(p, path_of(kind), CAPSTAN_COMPRESSION_BY_NAME, 1);
}

static void make_file(size_t kind)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	pcap_t *p = numbered_handle();
	pcap_dumper_t *d = begin(p, kind);

	if (!d)
		fail_msg("%s", pcap_geterr(p));
	numbered_dump(d, 0, PACKETS);
	if (capstan_dump_close(d, errbuf) != 0)
		fail_msg("%s", errbuf);
	pcap_close(p);
}

static void speaks_of_memory(const char *text, size_t kind)
{
	if (!strstr(text, names[kind]) || (!strstr(text, "memory") && !strstr(text, strerror(ENOMEM))))
		fail_msg("\"%s\" does not speak of memory and of %s", text, names[kind]);
}

static void a_compressor_that_cannot_be_had_is_told(void **state)
{
	pcap_t *p = numbered_handle();

	(void)state;
	no_contexts = true;
	for (size_t kind = 0; kind < KINDS; kind++) {
		assert_null(begin(p, kind));
		speaks_of_memory(pcap_geterr(p), kind);
	}
	pcap_close(p);
}

static void a_decompressor_that_cannot_be_had_is_told(void **state)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";

	(void)state;
	for (size_t kind = 0; kind < KINDS; kind++) {
		make_file(kind);
		no_contexts = true;
		assert_null(pcap_open_offline(path_of(kind), errbuf));
		speaks_of_memory(errbuf, kind);
		/* Nor where it is the library's own memory, whichever. */
		no_contexts = false;
		for (int n = 0;; n++) {
			allocations_left = n;
			pcap_t *p = pcap_open_offline(path_of(kind), errbuf);
			allocations_left = NEVER;
			if (p) {
				pcap_close(p);
				assert_true(n > 2);
				break;
			}
			if (!strstr(errbuf, "memory"))
				fail_msg("\"%s\" does not speak of memory", errbuf);
		}
	}
}

/* Packets that could not be compressed are missing, and closing says so. */
static void compressing_that_fails_in_mid_file_is_told_at_the_end(void **state)
{
	for (size_t kind = 0; kind < KINDS; kind++) {
		char errbuf[PCAP_ERRBUF_SIZE] = "";
		pcap_t *p = numbered_handle();
		pcap_dumper_t *d = begin(p, kind);

		assert_non_null(d);
		no_steps = true;
		numbered_dump(d, 0, PACKETS);
		assert_int_equal(capstan_dump_close(d, errbuf), -1);
		assert_true(errbuf[0] != '\0');
		no_failure(state);
		pcap_close(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_compressor_that_cannot_be_had_is_told, no_failure),
		cmocka_unit_test_teardown(a_decompressor_that_cannot_be_had_is_told, no_failure),
		cmocka_unit_test_teardown(compressing_that_fails_in_mid_file_is_told_at_the_end, no_failure),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
