/* savefile_diff.c - classic pcap files, good and damaged, read and written by libpcap and by Capstan: the same packets,
 * answers and bytes. Differences on purpose are named where they are let pass. */
#include "oracle.h"

#include <pcap.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

/* The functions of one library. */
struct library {
	pcap_t *(*open)(const char *, u_int, char *);
	pcap_t *(*open_dead)(int, int, u_int);
	void (*close)(pcap_t *);
	int (*next_ex)(pcap_t *, struct pcap_pkthdr **, const u_char **);
	int (*loop)(pcap_t *, int, pcap_handler, u_char *);
	int (*dispatch)(pcap_t *, int, pcap_handler, u_char *);
	int (*stats)(pcap_t *, struct pcap_stat *);
	int (*getnonblock)(pcap_t *, char *);
	FILE *(*file)(pcap_t *);
	pcap_dumper_t *(*dump_open)(pcap_t *, const char *);
	pcap_dumper_t *(*dump_append)(pcap_t *, const char *);
	void (*dump)(u_char *, const struct pcap_pkthdr *, const u_char *);
	int (*dump_flush)(pcap_dumper_t *);
	int64_t (*dump_ftell64)(pcap_dumper_t *);
	long (*dump_ftell)(pcap_dumper_t *);
	void (*dump_close)(pcap_dumper_t *);
	int (*getters[9])(pcap_t *);
};

static const char *const getter_names[9] = {
	"pcap_snapshot", "pcap_datalink", "pcap_datalink_ext", "pcap_is_swapped", "pcap_major_version",
	"pcap_minor_version", "pcap_get_tstamp_precision", "pcap_fileno", "pcap_bufsize",
};

static const struct library ours = {
	pcap_open_offline_with_tstamp_precision, pcap_open_dead_with_tstamp_precision, pcap_close, pcap_next_ex,
	pcap_loop, pcap_dispatch, pcap_stats, pcap_getnonblock, pcap_file, pcap_dump_open, pcap_dump_open_append,
	pcap_dump, pcap_dump_flush, pcap_dump_ftell64, pcap_dump_ftell, pcap_dump_close,
	{ pcap_snapshot, pcap_datalink, pcap_datalink_ext, pcap_is_swapped, pcap_major_version, pcap_minor_version,
	  pcap_get_tstamp_precision, pcap_fileno, pcap_bufsize },
};

static struct library theirs;
static char dir[] = "/tmp/savefile_diff_XXXXXX";

static void load_theirs(void)
{
	theirs = (struct library){
		oracle_symbol("pcap_open_offline_with_tstamp_precision"),
		oracle_symbol("pcap_open_dead_with_tstamp_precision"), oracle_symbol("pcap_close"),
		oracle_symbol("pcap_next_ex"), oracle_symbol("pcap_loop"), oracle_symbol("pcap_dispatch"),
		oracle_symbol("pcap_stats"), oracle_symbol("pcap_getnonblock"), oracle_symbol("pcap_file"),
		oracle_symbol("pcap_dump_open"), oracle_symbol("pcap_dump_open_append"), oracle_symbol("pcap_dump"),
		oracle_symbol("pcap_dump_flush"), oracle_symbol("pcap_dump_ftell64"), oracle_symbol("pcap_dump_ftell"),
		oracle_symbol("pcap_dump_close"), { NULL },
	};
	for (int i = 0; i < 9; i++)
		theirs.getters[i] = oracle_symbol(getter_names[i]);
}

static uint64_t random_state = 20240229; /* xorshift, the same files in every run */

static uint32_t any(uint32_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 20) % below;
}

struct file {
	uint8_t bytes[65536];
	size_t size;
	bool swapped;
};

static void put32(struct file *f, uint32_t v)
{
	if (f->swapped)
		v = __builtin_bswap32(v);
	memcpy(f->bytes + f->size, &v, 4);
	f->size += 4;
}

static void put16(struct file *f, uint16_t v)
{
	if (f->swapped)
		v = __builtin_bswap16(v);
	memcpy(f->bytes + f->size, &v, 2);
	f->size += 2;
}

#define PICK(list) (list)[any(sizeof(list) / sizeof((list)[0]))]

static const uint32_t magics[] = { 0xa1b2c3d4, 0xa1b2c3d4, 0xa1b23c4d, 0xa1b2cd34 };
static const uint16_t versions[][2] = { { 2, 4 }, { 2, 4 }, { 2, 4 }, { 2, 3 }, { 2, 2 }, { 2, 0 }, { 543, 0 }, { 2, 5 },
					{ 1, 4 }, { 543, 1 }, { 3, 0 } };
static const uint32_t snaplens[] = { 65535, 65535, 262144, 0, 1, 60, 68, 2047, 2048, 2049, 262145, 0x7ffffff0,
				     0x7ffffff1, 0x7ffffff2, 0x7fffffff, 0x80000000, 0xffffffff };
static const uint32_t linktypes[] = { 0, 1, 1, 1, 9, 12, 14, 100, 101, 102, 105, 106, 113, 117, 127, 147, 189, 220, 231,
				      239, 249, 276, 1000, 65535, 0x24000001, 0xfc000069 };
static const uint32_t odd_lengths[] = { 262144, 262145, 1u << 20, (1u << 20) + 1, 0x7fffffff, 0xffffffff };

static void generate(struct file *f)
{
	const uint16_t *version = PICK(versions);
	const uint32_t magic = PICK(magics);

	f->size = 0;
	f->swapped = any(2);
	put32(f, magic);
	put16(f, version[0]);
	put16(f, version[1]);
	put32(f, any(2) ? 0 : any(UINT32_MAX));
	put32(f, any(2) ? 0 : any(UINT32_MAX));
	put32(f, PICK(snaplens));
	put32(f, PICK(linktypes));
	for (uint32_t packets = any(150); packets > 0; packets--) {
		uint32_t caplen = any(20) ? any(120) : any(300);
		uint32_t len = any(10) ? caplen : any(2000);

		put32(f, any(UINT32_MAX));
		put32(f, any(5) ? any(1000000) : any(UINT32_MAX));
		/* The lengths of old versions come out wrong, which makes for damaged files. */
		put32(f, any(300) ? caplen : PICK(odd_lengths));
		put32(f, any(300) ? len : PICK(odd_lengths));
		if (magic == 0xa1b2cd34)
			for (int i = 0; i < 8; i++)
				f->bytes[f->size++] = (uint8_t)any(256);
		for (uint32_t i = 0; i < caplen; i++)
			f->bytes[f->size++] = (uint8_t)any(any(2) ? 256 : 3); /* small numbers are more often right */
	}
}

/* Damage of the kinds that happen: cut off, bytes changed (often in the headers), bytes lost. */
static void mutate(struct file *f)
{
	for (uint32_t times = any(3); times > 0; times--) {
		uint32_t at = any(3) ? any((uint32_t)f->size) : any(64) % (uint32_t)f->size;

		switch (any(4)) {
		case 0: f->size = at > 0 ? at : 1; break;
		case 1: f->bytes[at] ^= (uint8_t)(1u << any(8)); break;
		case 2: f->bytes[at] = (uint8_t)any(256); break;
		default:
			memmove(f->bytes + at, f->bytes + at + 1, f->size - at - 1);
			f->size -= f->size > 1;
			break;
		}
	}
}

static void path_of(char path[static 64], const char *name)
{
	snprintf(path, 64, "%s/%s", dir, name);
}

static void save(const char *path, const void *bytes, size_t size)
{
	unlink(path); /* truncating a file of the last moment makes some file systems write it out */
	FILE *out = fopen(path, "wb");

	assert_non_null(out);
	assert_int_equal(fwrite(bytes, 1, size, out), size);
	assert_int_equal(fclose(out), 0);
}

static size_t load(const char *path, uint8_t bytes[static 65536])
{
	FILE *in = fopen(path, "rb");

	if (!in)
		return 0;
	size_t size = fread(bytes, 1, 65536, in);
	fclose(in);
	return size;
}

/* Capstan refuses reserved bits of the link type field, as newer versions of libpcap do. */
static bool has_reserved_bits(const struct file *f)
{
	uint32_t magic, field;

	if (f->size < 24)
		return false;
	memcpy(&magic, f->bytes, 4);
	memcpy(&field, f->bytes + 20, 4);
	if (magic >> 24 != 0xa1)
		field = __builtin_bswap32(field);
	return field & 0x03ff0000;
}

static void same_answers(pcap_t *mine, pcap_t *reference)
{
	struct pcap_stat stat;
	char errbuf[PCAP_ERRBUF_SIZE];

	for (int i = 0; i < 9; i++)
		if (ours.getters[i](mine) != theirs.getters[i](reference))
			fail_msg("%s: %d, libpcap %d", getter_names[i], ours.getters[i](mine), theirs.getters[i](reference));
	assert_int_equal(ours.stats(mine, &stat), theirs.stats(reference, &stat));
	assert_int_equal(ours.getnonblock(mine, errbuf), theirs.getnonblock(reference, errbuf));
}

/* A sum over all packets and return codes, and as it was after each packet. */
struct digest {
	uint64_t sum;
	int packets;
	bool micro; /* the precision asked for */
	uint64_t after[256];
};

/* libpcap takes seconds and fractions for signed in some files, so fractions from 2^31 on may become negative; cut to 32
 * bits they are the same again, unless they were divided. */
static uint32_t comparable_fraction(const struct digest *d, long fraction)
{
	return d->micro && (fraction < 0 || fraction > INT32_MAX / 1000) ? 0 : (uint32_t)fraction;
}

static void digest_packet(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct digest *d = (struct digest *)(void *)user;
	uint64_t sum = d->sum;

	sum = sum * 1099511628211u + (uint32_t)h->ts.tv_sec;
	sum = sum * 1099511628211u + comparable_fraction(d, h->ts.tv_usec);
	sum = sum * 1099511628211u + h->caplen;
	sum = sum * 1099511628211u + h->len;
	for (uint32_t i = 0; i < h->caplen; i++)
		sum = sum * 1099511628211u + data[i];
	d->sum = sum;
	if (d->packets < 256)
		d->after[d->packets] = sum;
	d->packets++;
}

/* Read all in portions of `portion` packets (0: pcap_next_ex) until the end or an error; the last return code. */
static int read_all(const struct library *lib, pcap_t *p, int portion, struct digest *d)
{
	int status = 0;

	for (int round = 0; round < 1000; round++) {
		const int before = d->packets;
		struct pcap_pkthdr *h;
		const u_char *data;

		if (portion == 0) {
			status = lib->next_ex(p, &h, &data);
			if (status == 1)
				digest_packet((u_char *)d, h, data);
		} else if (portion % 2) {
			status = lib->loop(p, portion, digest_packet, (u_char *)d);
		} else {
			status = lib->dispatch(p, portion, digest_packet, (u_char *)d);
		}
		d->sum = d->sum * 31 + (uint64_t)status;
		if (status < 0 || d->packets == before)
			return status;
	}
	return status;
}

static void compare_reading(const char *path, u_int precision, int portion)
{
	char mine_text[PCAP_ERRBUF_SIZE] = "", text[PCAP_ERRBUF_SIZE] = "";
	pcap_t *mine = ours.open(path, precision, mine_text), *reference = theirs.open(path, precision, text);
	struct digest a = { .micro = precision == PCAP_TSTAMP_PRECISION_MICRO }, b = a;

	if (!mine != !reference)
		fail_msg("open: Capstan \"%s\", libpcap \"%s\"", mine_text, text);
	if (!mine) {
		assert_string_not_equal(mine_text, "");
		return;
	}
	same_answers(mine, reference);
	int status = read_all(&ours, mine, portion, &a), expected = read_all(&theirs, reference, portion, &b);
	if (status != expected || a.packets != b.packets || a.sum != b.sum) {
		int same = 0;

		while (same < 256 && same < a.packets && a.after[same] == b.after[same])
			same++;
		fail_msg("portions of %d: Capstan %d after %d packets (%s), libpcap %d after %d; the first %d are the same",
			 portion, status, a.packets, pcap_geterr(mine), expected, b.packets, same);
	}
	ours.close(mine);
	theirs.close(reference);
}

static void generated_and_damaged_files_read_alike(void **state)
{
	static struct file f;
	char path[64];
	int readable = 0;

	(void)state;
	path_of(path, "read.pcap");
	for (int i = 0; i < 3000; i++) {
		generate(&f);
		if (i % 2)
			mutate(&f);
		if (has_reserved_bits(&f))
			continue;
		save(path, f.bytes, f.size);
		compare_reading(path, any(2), (int)any(8));
		readable++;
	}
	assert_true(readable > 2500);
}

/* Write one file with each library through `p` and `q`, and compare what is on disk. */
static void compare_writing(pcap_t *p, pcap_t *q, const char *label)
{
	static uint8_t a[65536], b[65536];
	char mine[64], reference[64];

	path_of(mine, "mine.pcap");
	path_of(reference, "reference.pcap");
	unlink(mine);
	unlink(reference);
	/* libpcap forgets pcap_datalink_ext() when it appends, and refuses its own file. */
	const int rounds = pcap_datalink_ext(p) ? 1 : 2;
	for (int append = 0; append < rounds; append++) {
		pcap_dumper_t *d = append ? ours.dump_append(p, mine) : ours.dump_open(p, mine);
		pcap_dumper_t *e = append ? theirs.dump_append(q, reference) : theirs.dump_open(q, reference);

		if (!d != !e)
			fail_msg("%s: Capstan %s", label, d ? "writes it, libpcap does not" : pcap_geterr(p));
		if (!d)
			return;
		for (int i = 0; i < 20; i++) {
			const struct pcap_pkthdr h = { .ts = { any(UINT32_MAX) * 3LL, any(UINT32_MAX) },
						       .caplen = any(300), .len = any(UINT32_MAX) };
			u_char data[300];

			for (size_t k = 0; k < sizeof(data); k++)
				data[k] = (u_char)any(256);
			ours.dump((u_char *)d, &h, data);
			theirs.dump((u_char *)e, &h, data);
			assert_int_equal(ours.dump_ftell(d), theirs.dump_ftell(e));
			assert_int_equal(ours.dump_ftell64(d), theirs.dump_ftell64(e));
		}
		assert_int_equal(ours.dump_flush(d), theirs.dump_flush(e));
		ours.dump_close(d);
		theirs.dump_close(e);
		size_t size = load(mine, a);
		assert_true(size > 24);
		assert_int_equal(load(reference, b), size);
		assert_memory_equal(a, b, size);
	}
}

static void every_dlt_is_written_alike(void **state)
{
	static const int dead_snaplens[] = { 65535, 0, -1, 262144, INT32_MAX };
	char label[32];

	(void)state;
	for (int dlt = -2; dlt <= 289; dlt++) { /* what libpcap 1.10 knows ends there */
		int snaplen = PICK(dead_snaplens);
		u_int precision = any(2);
		pcap_t *p = ours.open_dead(dlt, snaplen, precision), *q = theirs.open_dead(dlt, snaplen, precision);

		snprintf(label, sizeof(label), "DLT %d", dlt);
		compare_writing(p, q, label);
		ours.close(p);
		theirs.close(q);
	}
}

static void what_was_read_is_written_alike(void **state)
{
	static struct file f;
	char path[64], errbuf[PCAP_ERRBUF_SIZE];

	(void)state;
	path_of(path, "read.pcap");
	for (int i = 0; i < 200; i++) {
		u_int precision = any(2);

		generate(&f);
		save(path, f.bytes, f.size);
		pcap_t *p = ours.open(path, precision, errbuf), *q = theirs.open(path, precision, errbuf);
		if (p && q) {
			compare_writing(p, q, "copy");
			ours.close(p);
			theirs.close(q);
		}
	}
}

static void appending_ends_alike(void **state)
{
	static struct file f;
	static uint8_t a[65536], b[65536];
	static const uint8_t data[4];
	const struct pcap_pkthdr h = { .ts = { 1, 2 }, .caplen = 4, .len = 4 };
	char mine[64], reference[64];
	int appended = 0;

	(void)state;
	path_of(mine, "mine.pcap");
	path_of(reference, "reference.pcap");
	for (int i = 0; i < 1500; i++) {
		u_int precision = any(2);

		generate(&f);
		if (any(2)) { /* make more of them agree */
			static const uint8_t good[24] = { 0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, [16] = 0xff, [17] = 0xff,
							  [20] = 1 };
			memcpy(f.bytes, good, sizeof(good));
		}
		if (any(2))
			mutate(&f);
		if (any(3) == 0)
			f.size = any(30) < f.size ? any(30) : 0;
		if (has_reserved_bits(&f))
			continue;
		save(mine, f.bytes, f.size);
		save(reference, f.bytes, f.size);
		pcap_t *p = ours.open_dead(DLT_EN10MB, 65535, precision);
		pcap_t *q = theirs.open_dead(DLT_EN10MB, 65535, precision);
		pcap_dumper_t *d = ours.dump_append(p, mine), *e = theirs.dump_append(q, reference);
		if (!d != !e)
			fail_msg("append to a file of %zu bytes: Capstan %s", f.size, d ? "does it" : pcap_geterr(p));
		if (d) {
			assert_int_equal(ours.dump_ftell(d), theirs.dump_ftell(e));
			ours.dump((u_char *)d, &h, data);
			theirs.dump((u_char *)e, &h, data);
			ours.dump_close(d);
			theirs.dump_close(e);
			appended++;
		}
		size_t size = load(mine, a);
		assert_int_equal(load(reference, b), size);
		assert_memory_equal(a, b, size);
		ours.close(p);
		theirs.close(q);
	}
	assert_true(appended > 100);
}

/* In a child: read standard input to its end, write standard output, close both handles; which are open then? */
static int standard_streams_after(const struct library *lib, const char *path)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	struct digest d = { .sum = 0 };
	pid_t child = fork();
	int status;

	if (child == 0) {
		int in = open(path, O_RDONLY), out = open("/dev/null", O_WRONLY);

		dup2(in, 0);
		dup2(out, 1);
		pcap_t *p = lib->open("-", 0, errbuf);
		if (!p)
			_exit(100);
		read_all(lib, p, 0, &d);
		pcap_dumper_t *dumper = lib->dump_open(p, "-");
		if (dumper)
			lib->dump_close(dumper);
		lib->close(p);
		_exit((fcntl(0, F_GETFD) >= 0) + 2 * (fcntl(1, F_GETFD) >= 0) + 4 * (dumper != NULL));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void standard_streams_are_left_alike(void **state)
{
	static struct file f;
	char path[64];

	(void)state;
	path_of(path, "read.pcap");
	f.size = 0;
	f.swapped = false;
	put32(&f, 0xa1b2c3d4);
	put16(&f, 2);
	put16(&f, 4);
	for (int i = 0; i < 3; i++)
		put32(&f, 0);
	put32(&f, 1);
	save(path, f.bytes, f.size);
	fflush(stdout);
	assert_int_equal(standard_streams_after(&ours, path), standard_streams_after(&theirs, path));
}

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	static const char *const names[] = { "read.pcap", "mine.pcap", "reference.pcap" };
	char path[64];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		path_of(path, names[i]);
		unlink(path);
	}
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(generated_and_damaged_files_read_alike),
		cmocka_unit_test(every_dlt_is_written_alike),
		cmocka_unit_test(what_was_read_is_written_alike),
		cmocka_unit_test(appending_ends_alike),
		cmocka_unit_test(standard_streams_are_left_alike),
	};

	load_theirs();
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
