/* source_test.c - source strings: taken apart, composed, and naming savefiles to open and to list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "handle/devices.h"

#include <netinet/in.h>
#include <pcap.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define FILE_TYPE PCAP_SRC_FILE
#define LOCAL     PCAP_SRC_IFLOCAL
#define REMOTE    PCAP_SRC_IFREMOTE

/* What pcap_parsesrcstr() makes of a string; `again` is what pcap_createsrcstr() makes of that, NULL: nothing. */
static const struct {
	const char *source;
	int type;
	const char *host, *port, *name, *again;
} grammar[] = {
	{ "file:///tmp/x.pcap", FILE_TYPE, "", "", "/tmp/x.pcap", "file:///tmp/x.pcap" },
	{ "file://x.pcap", FILE_TYPE, "", "", "x.pcap", "file://x.pcap" },
	{ "FILE://x.pcap", FILE_TYPE, "", "", "x.pcap", "file://x.pcap" },
	{ "file://-", FILE_TYPE, "", "", "-", "file://-" },
	{ "file://a b%20c/rpcap://d ", FILE_TYPE, "", "", "a b%20c/rpcap://d ", "file://a b%20c/rpcap://d " },
	{ "file://", FILE_TYPE, "", "", "", NULL },
	{ "eth0", LOCAL, "", "", "eth0", "rpcap://eth0" },
	{ "eth0\n", LOCAL, "", "", "eth0", "rpcap://eth0" },
	{ "eth0:1", LOCAL, "", "", "eth0:1", "rpcap://eth0:1" },
	{ "nflog:5", LOCAL, "", "", "nflog:5", "rpcap://nflog:5" },
	{ "/dev/dag0", LOCAL, "", "", "/dev/dag0", "/dev/dag0" },
	{ "file:/x", LOCAL, "", "", "file:/x", "file:/x" },
	{ "user@eth0", LOCAL, "", "", "user@eth0", "rpcap://user@eth0" },
	{ "rpcap://", LOCAL, "", "", "", "rpcap://" },
	{ "rpcap://\n", LOCAL, "", "", "", "rpcap://" },
	{ "rpcap://eth0", LOCAL, "", "", "eth0", "rpcap://eth0" },
	{ "rpcap://eth0 \t\r\n", LOCAL, "", "", "eth0", "rpcap://eth0" },
	{ "rpcap:// eth0", LOCAL, "", "", " eth0", "rpcap:// eth0" },
	{ "RPCAP://eth0", LOCAL, "", "", "eth0", "rpcap://eth0" },
	{ "rpcaps://eth0", LOCAL, "", "", "eth0", "rpcap://eth0" },
	{ "rpcap://host", LOCAL, "", "", "host", "rpcap://host" },
	{ "rpcap://[::1]", LOCAL, "", "", "[::1]", "rpcap://[::1]" },
	{ "rpcap://host/eth0", REMOTE, "host", "", "eth0", "rpcap://host/eth0" },
	{ "rpcaps://host/eth0", REMOTE, "host", "", "eth0", "rpcap://host/eth0" },
	{ "RpCaPs://host/eth0", REMOTE, "host", "", "eth0", "rpcap://host/eth0" },
	{ "rpcap://host/", REMOTE, "host", "", "", "rpcap://host/" },
	{ "rpcap://host/\n", REMOTE, "host", "", "", "rpcap://host/" },
	{ "rpcap://host/a/b", REMOTE, "host", "", "a/b", "rpcap://host/a/b" },
	{ "rpcap://host//eth0", REMOTE, "host", "", "/eth0", "rpcap://host//eth0" },
	{ "rpcap://host:2003/eth0", REMOTE, "host", "2003", "eth0", "rpcap://host:2003/eth0" },
	{ "rpcap://host:rpcap/eth0:1", REMOTE, "host", "rpcap", "eth0:1", "rpcap://host:rpcap/eth0:1" },
	{ "rpcap://host:/eth0", REMOTE, "host", "", "eth0", "rpcap://host/eth0" },
	{ "rpcap://10.0.0.1/x://y", REMOTE, "10.0.0.1", "", "x://y", "rpcap://10.0.0.1/x://y" },
	{ "rpcap://[2001:db8::1]/eth0", REMOTE, "2001:db8::1", "", "eth0", "rpcap://[2001:db8::1]/eth0" },
	{ "rpcap://[fe80::1%eth0]:2002/eth1", REMOTE, "fe80::1%eth0", "2002", "eth1", "rpcap://[fe80::1%eth0]:2002/eth1" },
	{ "rpcap://[host]:77/", REMOTE, "host", "77", "", "rpcap://host:77/" },
	{ "rpcap://[[]/eth0", REMOTE, "[", "", "eth0", "rpcap://[[]/eth0" },
	{ "rpcap://user@host/eth0", REMOTE, "host", "", "eth0", "rpcap://host/eth0" },
	{ "rpcap://a@b:c@[::1]:1/eth0", REMOTE, "::1", "1", "eth0", "rpcap://[::1]:1/eth0" },
	{ "rpcap://host/user@eth0", REMOTE, "host", "", "user@eth0", "rpcap://host/user@eth0" },
	{ "rpcap:///eth0", REMOTE, "", "", "eth0", NULL },
	{ "rpcap://[]:1/eth0", REMOTE, "", "1", "eth0", NULL },
};

static void expect_part(const char *source, const char *part, const char *wanted)
{
	if (strcmp(part, wanted) != 0)
		fail_msg("%s: \"%s\" instead of \"%s\"", source, part, wanted);
}

static void every_form_is_taken_apart_and_put_together(void **state)
{
	char host[PCAP_BUF_SIZE], port[PCAP_BUF_SIZE], name[PCAP_BUF_SIZE], again[PCAP_BUF_SIZE], errbuf[PCAP_ERRBUF_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT(grammar); i++) {
		int type = -7;

		if (pcap_parsesrcstr(grammar[i].source, &type, host, port, name, errbuf) != 0)
			fail_msg("%s: %s", grammar[i].source, errbuf);
		if (type != grammar[i].type)
			fail_msg("%s: type %d", grammar[i].source, type);
		expect_part(grammar[i].source, host, grammar[i].host);
		expect_part(grammar[i].source, port, grammar[i].port);
		expect_part(grammar[i].source, name, grammar[i].name);
		int status = pcap_createsrcstr(again, type, host, port, name, errbuf);
		expect_part(grammar[i].source, again, grammar[i].again ? grammar[i].again : "");
		assert_int_equal(status, grammar[i].again ? 0 : PCAP_ERROR);
	}
}

static void what_is_no_source_string_is_refused_with_a_reason(void **state)
{
	static const struct {
		const char *source, *word;
	} wrong[] = {
		{ "", "empty" },
		{ " \n", "empty" },
		{ "http://host/eth0", "file://, rpcap:// or rpcaps://" },
		{ "://eth0", "file://, rpcap:// or rpcaps://" },
		{ "rpcapx://eth0", "file://, rpcap:// or rpcaps://" },
		{ "rpca://eth0", "file://, rpcap:// or rpcaps://" },
		{ "/tmp/a://b", "file://, rpcap:// or rpcaps://" },
		{ "rpcap://[::1/eth0", "not closed" },
		{ "rpcap://[::1]x/eth0", "only a colon and the port" },
		{ "rpcap://[::1]x:1/eth0", "only a colon and the port" },
		{ "rpcap://::1/eth0", "brackets" },
		{ "rpcap://2001:db8::1/eth0", "brackets" },
		{ "rpcap://[::1]:1:2/eth0", "brackets" },
	};
	char host[PCAP_BUF_SIZE], port[PCAP_BUF_SIZE], name[PCAP_BUF_SIZE], errbuf[PCAP_ERRBUF_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		int type = -7;

		strcpy(host, "x");
		strcpy(port, "x");
		strcpy(name, "x");
		assert_int_equal(pcap_parsesrcstr(wrong[i].source, &type, host, port, name, errbuf), PCAP_ERROR);
		if (!strstr(errbuf, wrong[i].word))
			fail_msg("\"%s\": \"%s\" does not say \"%s\"", wrong[i].source, errbuf, wrong[i].word);
		assert_int_equal(type, -7);
		assert_string_equal(host, "");
		assert_string_equal(port, "");
		assert_string_equal(name, "");
	}
}

static void results_that_are_not_wanted_may_be_null(void **state)
{
	char name[PCAP_BUF_SIZE];
	int type;

	(void)state;
	assert_int_equal(pcap_parsesrcstr("rpcap://host:1/eth0", NULL, NULL, NULL, NULL, NULL), 0);
	assert_int_equal(pcap_parsesrcstr("rpcap://host:1/eth0", &type, NULL, NULL, NULL, NULL), 0);
	assert_int_equal(type, REMOTE);
	assert_int_equal(pcap_parsesrcstr("rpcap://host:1/eth0", NULL, NULL, NULL, name, NULL), 0);
	assert_string_equal(name, "eth0");
	assert_int_equal(pcap_parsesrcstr("x://", NULL, NULL, NULL, NULL, NULL), PCAP_ERROR);
	assert_int_equal(pcap_parsesrcstr(NULL, NULL, NULL, NULL, NULL, NULL), PCAP_ERROR);
}

/* `prefix`, then letters up to `bytes` in all. Static. */
static const char *of_length(const char *prefix, size_t bytes)
{
	static char text[4096];

	memset(text, 'n', bytes);
	memcpy(text, prefix, strlen(prefix));
	text[bytes] = '\0';
	return text;
}

static int parse(const char *text, char *errbuf)
{
	return pcap_parsesrcstr(text, NULL, NULL, NULL, NULL, errbuf);
}

static void lengths_are_bounded_and_never_cut_in_silence(void **state)
{
	char errbuf[PCAP_ERRBUF_SIZE], text[PCAP_BUF_SIZE], *exact;

	(void)state;
	assert_int_equal(parse(of_length("", 1023), errbuf), 0);
	assert_int_equal(parse(of_length("", 1024), errbuf), PCAP_ERROR);
	assert_non_null(strstr(errbuf, "1023"));
	assert_int_equal(parse(of_length("rpcap://", 1024), errbuf), 0);
	assert_int_equal(parse(of_length("rpcap://", 1025), errbuf), PCAP_ERROR);
	assert_non_null(strstr(errbuf, "1024"));
	assert_int_equal(parse(of_length("file://", 2000), errbuf), PCAP_ERROR);
	assert_non_null(strstr(errbuf, "2000"));

	exact = strdup(of_length("", 1015));
	assert_int_equal(pcap_createsrcstr(text, LOCAL, NULL, NULL, exact, errbuf), 0);
	assert_int_equal(strlen(text), 1023);
	free(exact);
	assert_int_equal(pcap_createsrcstr(text, LOCAL, NULL, NULL, of_length("", 1016), errbuf), PCAP_ERROR);
	assert_string_equal(text, "");
	assert_non_null(strstr(errbuf, "1024"));
	assert_int_equal(pcap_createsrcstr(text, FILE_TYPE, NULL, NULL, of_length("", 2000), errbuf), PCAP_ERROR);
	assert_int_equal(pcap_createsrcstr(text, REMOTE, of_length("", 2000), NULL, "x", errbuf), PCAP_ERROR);
	assert_int_equal(pcap_createsrcstr(text, REMOTE, "h", of_length("", 2000), "x", errbuf), PCAP_ERROR);
	assert_int_equal(pcap_createsrcstr(text, REMOTE, of_length("", 600), "1", of_length("", 600), errbuf), PCAP_ERROR);
	assert_string_equal(text, "");
}

static void parts_of_another_type_are_passed_over(void **state)
{
	char text[PCAP_BUF_SIZE], errbuf[PCAP_ERRBUF_SIZE];

	(void)state;
	assert_int_equal(pcap_createsrcstr(text, LOCAL, "host", "1", "eth0\n", errbuf), 0);
	assert_string_equal(text, "rpcap://eth0");
	assert_int_equal(pcap_createsrcstr(text, LOCAL, NULL, NULL, NULL, errbuf), 0);
	assert_string_equal(text, "rpcap://");
	assert_int_equal(pcap_createsrcstr(text, FILE_TYPE, "host", "1", "x.pcap", errbuf), 0);
	assert_string_equal(text, "file://x.pcap");
	assert_int_equal(pcap_createsrcstr(text, REMOTE, "[::1]", NULL, NULL, errbuf), 0);
	assert_string_equal(text, "rpcap://[::1]/");
}

static void what_no_source_string_can_say_is_refused(void **state)
{
	static const struct {
		int type;
		const char *host, *port, *name;
	} wrong[] = {
		{ 0, "h", "1", "x" },
		{ 5, "h", "1", "x" },
		{ FILE_TYPE, "h", "1", NULL },
		{ FILE_TYPE, "h", "1", "" },
		{ REMOTE, NULL, "1", "x" },
		{ REMOTE, "", "1", "x" },
		{ REMOTE, "a/b", "1", "x" },
		{ REMOTE, "a@b", "1", "x" },
		{ REMOTE, "::1]", "1", "x" },
		{ REMOTE, "h", "1/2", "x" },
		{ REMOTE, "h", "1:2", "x" },
		{ REMOTE, "h", "u@1", "x" },
		{ LOCAL, NULL, NULL, "rpcap://eth0" },
		{ LOCAL, NULL, NULL, "file://x" },
		{ LOCAL, NULL, NULL, "x://y" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		char text[PCAP_BUF_SIZE] = "x", errbuf[PCAP_ERRBUF_SIZE] = "";

		assert_int_equal(pcap_createsrcstr(text, wrong[i].type, wrong[i].host, wrong[i].port, wrong[i].name, errbuf),
				 PCAP_ERROR);
		assert_string_equal(text, "");
		assert_true(strlen(errbuf) > 20);
	}
	assert_int_equal(pcap_createsrcstr(NULL, LOCAL, NULL, NULL, "eth0", NULL), PCAP_ERROR);
}

/* ---- files ---- */

/* A folder of the test's own, which is the working directory while a test runs. */
static char folder[] = "/tmp/capstan-source-XXXXXX";

static void write_file(const char *path, const void *data, size_t bytes)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, bytes, file), bytes);
	assert_int_equal(fclose(file), 0);
}

static void write_savefile(const char *path)
{
	const struct pcap_file_header header = {
		.magic = 0xa1b2c3d4, .version_major = 2, .version_minor = 4, .snaplen = 262144, .linktype = 113,
	};

	write_file(path, &header, sizeof(header));
}

static pcap_t *open_source(const char *source, char *errbuf)
{
	return pcap_open(source, 65535, PCAP_OPENFLAG_PROMISCUOUS, 1000, NULL, errbuf);
}

static void expect_opens(const char *source)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_t *p = open_source(source, errbuf);

	if (!p)
		fail_msg("%s: %s", source, errbuf);
	assert_int_equal(pcap_datalink(p), 113);
	pcap_close(p);
}

static void expect_refused(const char *source, const char *word)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";

	assert_null(open_source(source, NULL));
	assert_null(open_source(source, errbuf));
	if (!strstr(errbuf, word))
		fail_msg("\"%s\" does not say \"%s\"", errbuf, word);
}

static void a_savefile_is_opened_by_its_path(void **state)
{
	char path[PCAP_BUF_SIZE], text[PCAP_BUF_SIZE];

	(void)state;
	write_savefile("a.pcap");
	expect_opens("file://a.pcap");
	expect_opens("File://./a.pcap");
	snprintf(path, sizeof(path), "%s/a.pcap", folder);
	assert_int_equal(pcap_createsrcstr(text, FILE_TYPE, NULL, NULL, path, NULL), 0);
	expect_opens(text);
}

static void white_space_behind_a_path_is_forgiven_unless_it_is_meant(void **state)
{
	static const char zeros[24];

	(void)state;
	write_savefile("b.pcap");
	expect_opens("file://b.pcap\n");
	expect_opens("file://b.pcap \t\r\n");
	write_file("b.pcap ", zeros, sizeof(zeros));
	expect_refused("file://b.pcap ", "b.pcap : unknown file format");
	expect_opens("file://b.pcap\n");
}

static void a_source_that_cannot_be_opened_is_named(void **state)
{
	(void)state;
	assert_int_equal(mkdir("dir", 0700), 0);
	write_file("nothing", "", 0);
	expect_refused("file://nowhere", "nowhere: No such file");
	expect_refused("file://nowhere\n", "nowhere: No such file");
	expect_refused("file://dir", "dir: ");
	expect_refused("file://nothing", "nothing: is empty");
	expect_refused(of_length("file://", 1000), "nnn: File name too long");
	expect_refused(of_length("rpcap://", 1000), "nnn: no such interface");
	expect_refused(of_length("file://", 2000), "2000 characters");
	expect_refused(of_length("", 2000), "2000 characters");
	expect_refused("file://", "no file");
	expect_refused("file:// ", "no file");
	expect_refused("rpcap://", "no device");
	expect_refused("rpcap:// \n", "no device");
	expect_refused("", "empty");
	expect_refused("http://host/x", "begins with");
	expect_refused("rpcap://nowhere0", "nowhere0");
	expect_refused("nowhere0\n", "nowhere0");
	expect_refused("nowhere0/x", "nowhere0/x");
	expect_refused("rpcap://host.example/eth0", "\"host.example\" is another host");
	expect_refused("rpcaps://[2001:db8::1]:2002/eth0", "\"2001:db8::1\" is another host");
	expect_refused("rpcap:///eth0", "names none");
}

static int list_of(const char *source, pcap_if_t **all, char *errbuf)
{
	*all = (pcap_if_t *)(void *)&folder; /* has to be overwritten */
	return pcap_findalldevs_ex(source, NULL, all, errbuf);
}

/* The names of the list, all behind `prefix`, each with a semicolon behind it. Static. */
static const char *names_of(const pcap_if_t *all, const char *prefix)
{
	static char text[8192];
	size_t used = 0;

	text[0] = '\0';
	for (const pcap_if_t *d = all; d; d = d->next) {
		assert_memory_equal(d->name, prefix, strlen(prefix));
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s;", d->name + strlen(prefix));
	}
	return text;
}

static void expect_list(const char *source, const char *prefix, const char *names)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_if_t *all;

	if (list_of(source, &all, errbuf) != 0)
		fail_msg("%s: %s", source, errbuf);
	assert_string_equal(names_of(all, prefix), names);
	for (const pcap_if_t *d = all; d; d = d->next) {
		char description[PCAP_BUF_SIZE + 64];

		snprintf(description, sizeof(description), "File '%s' on local host", d->name + strlen("file://"));
		assert_string_equal(d->description, description);
		assert_null(d->addresses);
		assert_int_equal(d->flags, 0);
		expect_opens(d->name);
	}
	pcap_freealldevs(all);
}

/* Besides savefiles: a FIFO that nobody writes to, a socket, a folder, nothing, links, what may not be read. */
static void fill_folder(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = "mixed/socket.pcap" };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_int_equal(mkdir("mixed", 0700), 0);
	write_savefile("mixed/z.pcap");
	write_savefile("mixed/a.pcap");
	write_savefile("mixed/new\nline\n");
	write_savefile("mixed/.hidden");
	write_file("mixed/empty.pcap", "", 0);
	write_file("mixed/short.pcap", "\xd4\xc3\xb2\xa1\x02\x00", 6);
	write_file("mixed/text.pcap", "no packets here, and none below\n", 32);
	assert_int_equal(mkfifo("mixed/fifo.pcap", 0600), 0);
	assert_int_equal(mkdir("mixed/folder.pcap", 0700), 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)(const void *)&name, sizeof(name)), 0);
	close(fd);
	assert_int_equal(symlink("a.pcap", "mixed/link.pcap"), 0);
	assert_int_equal(symlink("fifo.pcap", "mixed/link-to-fifo.pcap"), 0);
	assert_int_equal(symlink("nowhere", "mixed/link-to-nowhere.pcap"), 0);
	assert_int_equal(symlink("/dev/zero", "mixed/link-to-zero.pcap"), 0);
}

static void a_folder_is_listed_by_the_savefiles_in_it(void **state)
{
	const char *all = ".hidden;a.pcap;link.pcap;new\nline\n;z.pcap;";

	(void)state;
	fill_folder();
	expect_list("file://mixed", "file://mixed/", all);
	expect_list("file://mixed/", "file://mixed/", all);
	expect_list("FILE://./mixed//", "file://./mixed//", all);
	expect_list("file://mixed\n", "file://mixed/", all);
	expect_list("file://mixed/folder.pcap", "", "");
}

/* As root nothing is forbidden, so become somebody else for as long as it takes. */
static void what_may_not_be_read_is_left_out_or_an_error(void **state)
{
	bool root = geteuid() == 0;
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_if_t *all;

	(void)state;
	assert_int_equal(mkdir("locked", 0755), 0);
	write_savefile("locked/a.pcap");
	write_savefile("locked/b.pcap");
	assert_int_equal(chmod("locked/b.pcap", 0), 0);
	assert_int_equal(chmod(".", 0755), 0);
	if (root && seteuid(65534) != 0) {
		print_message("as root, and the kernel refuses another identity\n");
		skip();
	}
	expect_list("file://locked", "file://locked/", "a.pcap;");
	if (root)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(chmod("locked", 0), 0);
	if (root)
		assert_int_equal(seteuid(65534), 0);
	int status = list_of("file://locked", &all, errbuf);
	if (root)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(chmod("locked", 0700), 0);
	assert_int_equal(status, PCAP_ERROR);
	assert_null(all);
	assert_non_null(strstr(errbuf, "locked: "));
	assert_non_null(strstr(errbuf, "Permission denied"));
}

/* 1,023 characters of a path are the most that pcap_open() can be told. */
static void files_whose_paths_are_too_long_are_left_out(void **state)
{
	char path[PCAP_BUF_SIZE] = "file://deep", long_name[] = "deep/nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn";

	(void)state;
	assert_int_equal(mkdir("deep", 0700), 0);
	write_savefile("deep/short");
	write_savefile(long_name);
	while (strlen(path) < 1000)
		strcat(path, "/.");
	expect_list(path, path, "/short;");
}

static void a_list_that_cannot_be_had_has_a_reason(void **state)
{
	static const struct {
		const char *source, *word;
	} wrong[] = {
		{ NULL, "NULL" },
		{ "", "empty" },
		{ "\n", "empty" },
		{ "file://", "no folder" },
		{ "file:// \n", "no folder" },
		{ "file://nowhere", "nowhere: listing the savefiles in this folder: No such file" },
		{ "file://a.pcap", "a.pcap: listing the savefiles in this folder: Not a directory" },
		{ "http://host/", "begins with" },
		{ "eth0", "names a device" },
		{ "rpcap://eth0", "names a device" },
		{ "rpcap://host/eth0", "names a device" },
		{ "rpcap://host/", "\"host\" is another host" },
		{ "rpcap:///", "names none" },
		{ "rpcap://[::1/", "not closed" },
	};
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_if_t *all;

	(void)state;
	write_savefile("a.pcap");
	for (size_t i = 0; i < COUNT(wrong); i++) {
		assert_int_equal(list_of(wrong[i].source, &all, errbuf), PCAP_ERROR);
		assert_null(all);
		if (!strstr(errbuf, wrong[i].word))
			fail_msg("\"%s\" does not say \"%s\"", errbuf, wrong[i].word);
		assert_int_equal(list_of(wrong[i].source, &all, NULL), PCAP_ERROR);
	}
	assert_int_equal(list_of(of_length("file://", 2000), &all, errbuf), PCAP_ERROR);
	assert_non_null(strstr(errbuf, "2000 characters"));
	assert_int_equal(list_of(of_length("file://", 1000), &all, errbuf), PCAP_ERROR);
	assert_non_null(strstr(errbuf, "File name too long"));
	assert_int_equal(pcap_findalldevs_ex("rpcap://", NULL, NULL, errbuf), PCAP_ERROR);
}

/* ---- devices ---- */

static void an_ipv4_address_always_has_a_netmask(void **state)
{
	const struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = 1 };
	const struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct cst_device_list list = { 0 };
	pcap_if_t *device = cst_device_add(&list, "x0", NULL, 0, NULL);
	struct sockaddr_in mask;

	(void)state;
	assert_non_null(device);
	assert_int_equal(cst_device_add_address(device, NULL, NULL, NULL, NULL, NULL), 0);
	assert_int_equal(cst_device_add_address(device, (const void *)&in6, NULL, NULL, NULL, NULL), 0);
	assert_int_equal(cst_device_add_address(device, (const void *)&in, NULL, NULL, NULL, NULL), 0);
	assert_int_equal(device->addresses->addr->sa_family, AF_INET);
	assert_non_null(device->addresses->netmask);
	memcpy(&mask, device->addresses->netmask, sizeof(mask));
	assert_int_equal(mask.sin_family, AF_INET);
	assert_int_equal(mask.sin_addr.s_addr, INADDR_NONE);
	assert_int_equal(device->addresses->next->addr->sa_family, AF_INET6);
	assert_null(device->addresses->next->netmask);
	assert_null(device->addresses->next->next->addr);
	pcap_freealldevs(device);
	free(list.devices);
}

static int enter_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int remove_folder(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_is_taken_apart_and_put_together),
		cmocka_unit_test(what_is_no_source_string_is_refused_with_a_reason),
		cmocka_unit_test(results_that_are_not_wanted_may_be_null),
		cmocka_unit_test(lengths_are_bounded_and_never_cut_in_silence),
		cmocka_unit_test(parts_of_another_type_are_passed_over),
		cmocka_unit_test(what_no_source_string_can_say_is_refused),
		cmocka_unit_test(a_savefile_is_opened_by_its_path),
		cmocka_unit_test(white_space_behind_a_path_is_forgiven_unless_it_is_meant),
		cmocka_unit_test(a_source_that_cannot_be_opened_is_named),
		cmocka_unit_test(a_folder_is_listed_by_the_savefiles_in_it),
		cmocka_unit_test(what_may_not_be_read_is_left_out_or_an_error),
		cmocka_unit_test(files_whose_paths_are_too_long_are_left_out),
		cmocka_unit_test(a_list_that_cannot_be_had_has_a_reason),
		cmocka_unit_test(an_ipv4_address_always_has_a_netmask),
	};

	return cmocka_run_group_tests(tests, enter_folder, remove_folder);
}
