/* unpack_commands_test.c - savefiles compressed by gzip(1), zstd(1) and lz4(1), with each of their options that changes the
 * file; out of files, and out of the commands' own pipes. */
#include <pcap.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define PACKETS 1500

static char path[] = "/tmp/unpack_commands_test_XXXXXX", packed_path[sizeof(path) + 8];

static uint32_t caplen_of(uint32_t number)
{
	return number % 1500;
}

static uint8_t byte_of(uint32_t number, uint32_t i)
{
	return (uint8_t)(i % 32 < 16 ? i : (number + i) * 2654435761u >> 13);
}

static int write_file(void **state)
{
	pcap_t *dead = pcap_open_dead(DLT_EN10MB, 65535);
	uint8_t data[1500];

	(void)state;
	close(mkstemp(path));
	snprintf(packed_path, sizeof(packed_path), "%s.packed", path);
	pcap_dumper_t *d = pcap_dump_open(dead, path);
	if (!d)
		return -1;
	for (uint32_t n = 0; n < PACKETS; n++) {
		const struct pcap_pkthdr h = { .ts = { n, 0 }, .caplen = caplen_of(n), .len = 1500 };
		for (uint32_t i = 0; i < h.caplen; i++)
			data[i] = byte_of(n, i);
		pcap_dump((u_char *)d, &h, data);
	}
	pcap_dump_close(d);
	pcap_close(dead);
	/* What the commands below find as $f. */
	return setenv("f", path, 1);
}

static int remove_files(void **state)
{
	(void)state;
	unlink(packed_path);
	return unlink(path);
}

static void check_packet(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	uint32_t *number = (uint32_t *)(void *)user;

	assert_int_equal(h->ts.tv_sec, *number);
	assert_int_equal(h->caplen, caplen_of(*number));
	for (uint32_t i = 0; i < h->caplen; i++)
		assert_int_equal(data[i], byte_of(*number, i));
	++*number;
}

/* A text if `file` is no such savefile. */
static const char *read_all(FILE *file, char *errbuf)
{
	uint32_t number = 0;

	if (!file)
		return "cannot be opened";
	pcap_t *p = pcap_fopen_offline(file, errbuf);
	if (!p)
		return errbuf;
	const int status = pcap_loop(p, -1, check_packet, (u_char *)&number);
	snprintf(errbuf, PCAP_ERRBUF_SIZE, "%s", pcap_geterr(p));
	pcap_close(p);
	return status != 0 ? errbuf : number != PACKETS ? "too few packets" : NULL;
}

static bool has_command(const char *name)
{
	char command[60];

	snprintf(command, sizeof(command), "command -v %s >/dev/null", name);
	return system(command) == 0;
}

static void check_commands(const char *name, bool built_in, const char *const commands[])
{
	if (!built_in || !has_command(name)) {
		print_message("skipped: needs a build with %s, and the command\n", name);
		skip();
	}
	for (const char *const *command = commands; *command; command++) {
		char whole[400], errbuf[PCAP_ERRBUF_SIZE];

		snprintf(whole, sizeof(whole), "(%s) 2>/dev/null", *command);
		const char *wrong = read_all(popen(whole, "r"), errbuf);
		if (wrong)
			fail_msg("%s | ...: %s", *command, wrong);
		snprintf(whole, sizeof(whole), "(%s) 2>/dev/null >%s", *command, packed_path);
		assert_int_equal(system(whole), 0);
		wrong = read_all(fopen(packed_path, "rb"), errbuf);
		if (wrong)
			fail_msg("%s >file: %s", *command, wrong);
	}
}

#ifdef CST_HAVE_ZLIB
#define HAVE_GZIP true
#else
#define HAVE_GZIP false
#endif
#ifdef CST_HAVE_ZSTD
#define HAVE_ZSTD true
#else
#define HAVE_ZSTD false
#endif
#ifdef CST_HAVE_LZ4
#define HAVE_LZ4 true
#else
#define HAVE_LZ4 false
#endif

static void gzip_command(void **state)
{
	static const char *const commands[] = {
		"gzip -c $f", "gzip -1c $f", "gzip -9c $f", "gzip -c <$f", "gzip -nc $f", "gzip --rsyncable -c $f",
		"head -c 20 $f | gzip; tail -c +21 $f | head -c 500000 | gzip -1; tail -c +500021 $f | gzip -9",
		"gzip -c $f; head -c 100000 /dev/zero", "gzip </dev/null; gzip -c $f; gzip </dev/null", NULL };

	(void)state;
	check_commands("gzip", HAVE_GZIP, commands);
}

static void zstd_command(void **state)
{
	static const char *const commands[] = {
		"zstd -qc $f", "zstd -qc <$f", "zstd -1qc $f", "zstd --fast=10 -qc $f", "zstd -19qc $f",
		"zstd --ultra -22qc $f", "zstd --long -qc <$f", "zstd --long=27 -qc <$f", "zstd --no-check -qc $f",
		"zstd --no-content-size -qc $f", "zstd -T2 -B100000 -qc $f", "zstd --rsyncable -qc $f",
		"zstd --no-compress-literals -qc $f", "zstd --zstd=wlog=10 -qc <$f", 
		"head -c 20 $f | zstd -q; tail -c +21 $f | head -c 500000 | zstd -1q; tail -c +500021 $f | zstd -9q",
		"zstd -q </dev/null; zstd -qc $f; zstd -q </dev/null", NULL };

	(void)state;
	check_commands("zstd", HAVE_ZSTD, commands);
}

static void lz4_command(void **state)
{
	static const char *const commands[] = {
		"lz4 -qc $f", "lz4 -qc <$f", "lz4 -9qc $f", "lz4 --fast=5 -qc $f", "lz4 -B4 -qc $f", "lz4 -B5 -qc $f",
		"lz4 -B6 -qc $f", "lz4 -B7 -qc $f", "lz4 -B4 -BD -qc $f", "lz4 -B7 -BD -12 -qc $f", "lz4 -BX -qc $f",
		"lz4 -BD -BX -qc $f", "lz4 --no-frame-crc -qc $f", "lz4 --content-size -qc $f", "lz4 -B100 -BD -qc $f",
		"head -c 20 $f | lz4 -q; tail -c +21 $f | head -c 500000 | lz4 -1q; tail -c +500021 $f | lz4 -9q",
		"lz4 -qc </dev/null; lz4 -qc $f; lz4 -qc </dev/null", NULL };

	(void)state;
	check_commands("lz4", HAVE_LZ4, commands);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gzip_command),
		cmocka_unit_test(zstd_command),
		cmocka_unit_test(lz4_command),
	};

	return cmocka_run_group_tests(tests, write_file, remove_files);
}
