/* source_memory_test.c - opening and listing by source strings while memory runs out at any point: an error with a
 * sentence, and nothing left behind, which AddressSanitizer and valgrind see. */
#include "failing_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pcap.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char folder[] = "/tmp/capstan-memory-XXXXXX";

static void write_savefile(const char *name)
{
	const struct pcap_file_header header = {
		.magic = 0xa1b2c3d4, .version_major = 2, .version_minor = 4, .snaplen = 262144, .linktype = 1,
	};
	char path[64];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(&header, sizeof(header), 1, file), 1);
	assert_int_equal(fclose(file), 0);
}

static int make_folder(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	write_savefile("a");
	write_savefile("b");
	return 0;
}

static int remove_folder(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command) == 0 ? 0 : -1;
}

static void expect_reason(char errbuf[static PCAP_ERRBUF_SIZE])
{
	if (!strstr(errbuf, "Cannot allocate memory"))
		fail_msg("\"%s\" does not speak of memory", errbuf);
}

static void a_list_of_devices_fails_whole(void **state)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	bool failed = true;
	size_t n;

	(void)state;
	for (n = 0; failed; n++) {
		pcap_if_t *all;

		memory_begin(n);
		int status = pcap_findalldevs_ex("rpcap://", NULL, &all, errbuf);
		failed = memory_end();
		assert_int_equal(status, failed ? PCAP_ERROR : 0);
		if (failed)
			expect_reason(errbuf);
		assert_int_equal(failed, !all);
		pcap_freealldevs(all);
	}
	assert_true(n > 8); /* "lo" and "any" alone need as many */
}

/* A file that could not be looked at for want of memory may be left out, as one that could not be opened. */
static void a_list_of_files_loses_one_file_at_most(void **state)
{
	char errbuf[PCAP_ERRBUF_SIZE], source[PCAP_BUF_SIZE];
	bool failed = true;
	size_t n;

	(void)state;
	snprintf(source, sizeof(source), "file://%s", folder);
	for (n = 0; failed; n++) {
		pcap_if_t *all;
		size_t files = 0;

		memory_begin(n);
		int status = pcap_findalldevs_ex(source, NULL, &all, errbuf);
		failed = memory_end();
		for (const pcap_if_t *d = all; d; d = d->next)
			files++;
		if (status < 0) {
			expect_reason(errbuf);
			assert_int_equal(files, 0);
		} else {
			assert_in_range(files, failed ? 1 : 2, 2);
		}
		pcap_freealldevs(all);
	}
	assert_true(n > 8);
}

static void a_savefile_is_not_opened(void **state)
{
	char errbuf[PCAP_ERRBUF_SIZE], source[PCAP_BUF_SIZE];
	bool failed = true;

	(void)state;
	snprintf(source, sizeof(source), "file://%s/a", folder);
	for (size_t n = 0; failed; n++) {
		memory_begin(n);
		pcap_t *p = pcap_open(source, 0, 0, 0, NULL, errbuf);
		failed = memory_end();
		assert_int_equal(failed, !p);
		if (failed)
			expect_reason(errbuf);
		else
			pcap_close(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_of_devices_fails_whole),
		cmocka_unit_test(a_list_of_files_loses_one_file_at_most),
		cmocka_unit_test(a_savefile_is_not_opened),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
