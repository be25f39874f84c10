/* unpack_left_out_test.c - a build without zlib, libzstd and liblz4: what it says of files that it cannot unpack. This
 * test has its own copy of the files in question, made without them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/error.h"
#include "savefile/input.h"

#include <string.h>

static void expect(const char *bytes, size_t size, const char *sentence)
{
	FILE *file = tmpfile();
	char errbuf[CST_ERRBUF_SIZE];
	struct cst_input in;

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	rewind(file);
	const int status = cst_input_start(&in, file, "x", errbuf);
	if (sentence) {
		assert_int_equal(status, -1);
		assert_string_equal(errbuf, sentence);
	} else {
		assert_int_equal(status, 0);
		assert_memory_equal(in.block + in.at, bytes, CST_INPUT_MAGIC_BYTES);
	}
	cst_input_close(&in);
	fclose(file);
}

static void each_kind_is_named_and_its_cure(void **state)
{
	(void)state;
	expect("\x1f\x8b\x08\0", 4, "x: is compressed with gzip and cannot be unpacked: this build was made without gzip "
	       "(zlib); unpack it with gunzip");
	expect("\x28\xb5\x2f\xfd", 4, "x: is compressed with zstd and cannot be unpacked: this build was made without zstd "
	       "(libzstd); unpack it with unzstd");
	expect("\x04\x22\x4d\x18", 4, "x: is compressed with lz4 and cannot be unpacked: this build was made without lz4 "
	       "(liblz4); unpack it with unlz4");
	expect("\x50\x2a\x4d\x18\1\0\0\0a\x28\xb5\x2f\xfd", 13, "x: is compressed with zstd or lz4 and cannot be unpacked: "
	       "this build was made without zstd (libzstd); unpack it with unzstd");
}

static void other_files_are_read(void **state)
{
	(void)state;
	expect("\xd4\xc3\xb2\xa1\2\0\4\0", 8, NULL);
	expect("\x0a\x0d\x0d\x0a", 4, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_is_named_and_its_cure),
		cmocka_unit_test(other_files_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
