/* writing_test.c - a disk that is full, a quota that is used up, a medium that fails, a reader that is gone, while pcapng is
 * written, plain and compressed, and while the command writes. What follows is told, and what came before can be read.
 * tests/unit/dump_test.c does the same to pcap_dump(). Arguments: the command. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../unit/numbered.h"
#include "../unit/spoiled.h"

#include <capstan/pcapng.h>
#include <capstan/savefile.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BEFORE = 500, MORE = 4000, SKIPPED = 77 };

static const int errors[] = { ENOSPC, EDQUOT, EIO, EPIPE };
enum { ERRORS = sizeof(errors) / sizeof(*errors) };

static const char *command;
static char dir[] = "/tmp/capstan-writing-XXXXXX";

static const char *path_of(const char *name)
{
	static char paths[4][80];
	static int turn;

	turn = (turn + 1) % 4;
	snprintf(paths[turn], sizeof(paths[turn]), "%s/%s", dir, name);
	return paths[turn];
}

static int status_of(pid_t child)
{
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* --- pcapng --- */

static const char *const names[] = { "x.pcapng", "x.pcapng.gz", "x.pcapng.zst", "x.pcapng.lz4" };
enum { NAMES = sizeof(names) / sizeof(*names) };

#define EXPECT(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%d: not " #condition ", errno %d\n", __LINE__, errno); \
			_exit(1); \
		} \
	} while (0)

/* In a child, for what is done to it is done for good. `more`: packets after the fault began. */
static void meet_fault(const char *name, int error, uint32_t more)
{
	const struct capstan_pcapng_interface iface = { .datalink = DLT_EN10MB, .snaplen = NUMBERED_SNAPLEN };
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	FILE *under = fopen(path_of(name), "wb");
	FILE *file = under ? capstan_compress_stream(under, capstan_compression_of(name), 0, errbuf) : NULL;
	capstan_pcapng_writer *w = file ? capstan_pcapng_fcreate(file, NULL, errbuf) : NULL;

	EXPECT(w && capstan_pcapng_add_interface(w, &iface) == 0);
	EXPECT(numbered_put(w, 0, BEFORE) == 0 && capstan_pcapng_flush(w) == 0);
	if (!spoil_writes(fileno(under), error))
		_exit(SKIPPED);
	numbered_put(w, BEFORE, BEFORE + more);
	EXPECT(capstan_pcapng_flush(w) == PCAP_ERROR);
	EXPECT(strstr(capstan_pcapng_write_error(w), strerror(error)));
	EXPECT(numbered_put(w, 0, 1) == PCAP_ERROR); /* what was lost stays lost */
	EXPECT(capstan_pcapng_finish(w, errbuf) == PCAP_ERROR && strstr(errbuf, strerror(error)));
	_exit(0);
}

static void a_pcapng_writer_tells_and_keeps_what_was_written(void **state)
{
	(void)state;
	for (size_t n = 0; n < NAMES; n++)
		for (size_t e = 0; e < ERRORS; e++)
			/* Few: lost when it is flushed. Many: while packets are put. */
			for (uint32_t more = 1; more <= MORE; more += MORE - 1) {
				if (!capstan_can_compress(capstan_compression_of(names[n])))
					continue;
				const pid_t child = fork();
				if (child == 0)
					meet_fault(names[n], errors[e], more);
				const int status = status_of(child);
				if (status == SKIPPED) {
					print_message("skipped: needs seccomp\n");
					return;
				}
				if (status != 0)
					fail_msg("%s, %s, after %u more", names[n], strerror(errors[e]), more);
				assert_in_range(numbered_in_file(path_of(names[n])), BEFORE, BEFORE + more - 1);
			}
}

/* --- the command --- */

static const char *const formats[][8] = {
	{ "--format", "pcap" },
	{ "--format", "pcapng" },
	{ "--format", "pcap", "--compress", "gzip" },
	{ "--format", "pcapng", "--compress", "zstd" },
	{ "--format", "pcap", "--compress", "lz4" },
};
enum { FORMATS = sizeof(formats) / sizeof(*formats) };

/* `capstan convert SOURCE - ...`, whose standard output takes nothing. */
static void convert(const char *source, const char *const *format, int error)
{
	const char *arguments[12] = { command, "convert", NULL };
	int n = 2;

	if (!freopen(path_of("stdout"), "wb", stdout) || !freopen(path_of("stderr"), "wb", stderr))
		_exit(1);
	for (; *format; format++)
		arguments[n++] = *format;
	arguments[n++] = source;
	arguments[n++] = "-";
	arguments[n] = NULL;
	if (!spoil_writes(STDOUT_FILENO, error))
		_exit(SKIPPED);
	execv(command, (char *const *)(uintptr_t)arguments);
	_exit(1);
}

static void the_command_tells(void **state)
{
	char text[1024];

	(void)state;
	/* More than any buffer, and less. */
	for (uint32_t packets = 1; packets <= 4001; packets += 4000) {
		pcap_t *p = numbered_handle();
		pcap_dumper_t *d = pcap_dump_open(p, path_of("source.pcap"));

		assert_non_null(d);
		numbered_dump(d, 0, packets);
		pcap_dump_close(d);
		pcap_close(p);
		for (size_t f = 0; f < FORMATS; f++)
			for (size_t e = 0; e < ERRORS; e++) {
				const pid_t child = fork();
				if (child == 0)
					convert(path_of("source.pcap"), formats[f], errors[e]);
				const int status = status_of(child);
				if (status == SKIPPED) {
					print_message("skipped: needs seccomp\n");
					return;
				}
				FILE *said = fopen(path_of("stderr"), "rb");
				assert_non_null(said);
				text[fread(text, 1, sizeof(text) - 1, said)] = '\0';
				fclose(said);
				if (strstr(text, "built without"))
					continue;
				if (status != 1 || !strstr(text, strerror(errors[e])) || !strstr(text, "standard output"))
					fail_msg("%s %s, %s, %u packets: status %d: %s", formats[f][1],
						 formats[f][2] ? formats[f][3] : "", strerror(errors[e]), packets, status, text);
			}
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pcapng_writer_tells_and_keeps_what_was_written),
		cmocka_unit_test(the_command_tells),
	};
	char line[100];

	if (argc < 2 || !mkdtemp(dir))
		return 2;
	command = argv[1];
	signal(SIGPIPE, SIG_IGN);
	const int failed = cmocka_run_group_tests(tests, NULL, NULL);
	snprintf(line, sizeof(line), "rm -r %s", dir);
	return system(line) == 0 ? failed : 1;
}
