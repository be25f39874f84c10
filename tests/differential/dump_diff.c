/* dump_diff.c - savefiles written by Capstan and by libpcap while the program uses the same stream in every way that
 * stdio has: after each step the same position and flags, at the end the same bytes. */
#include "oracle.h"

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

/* The functions of one library, and what it writes. */
struct writer {
	pcap_t *(*open_dead)(int, int);
	void (*close)(pcap_t *);
	pcap_dumper_t *(*open)(pcap_t *, const char *);
	pcap_dumper_t *(*append)(pcap_t *, const char *);
	pcap_dumper_t *(*fopen)(pcap_t *, FILE *);
	void (*dump)(u_char *, const struct pcap_pkthdr *, const u_char *);
	int (*flush)(pcap_dumper_t *);
	long (*tell)(pcap_dumper_t *);
	int64_t (*tell64)(pcap_dumper_t *);
	FILE *(*file)(pcap_dumper_t *);
	void (*dump_close)(pcap_dumper_t *);

	pcap_t *p;
	pcap_dumper_t *d;
	const char *path;
	char *memory; /* of open_memstream(3) and fmemopen(3) */
	size_t memory_bytes;
	char own_buffer[5000];
};

static struct writer ours = {
	pcap_open_dead, pcap_close, pcap_dump_open, pcap_dump_open_append, pcap_dump_fopen, pcap_dump, pcap_dump_flush,
	pcap_dump_ftell, pcap_dump_ftell64, pcap_dump_file, pcap_dump_close,
	.path = "mine.pcap",
};
static struct writer theirs = { .path = "reference.pcap" };
static struct writer *const writers[2] = { &ours, &theirs };

static void load_theirs(void)
{
	theirs.open_dead = oracle_symbol("pcap_open_dead");
	theirs.close = oracle_symbol("pcap_close");
	theirs.open = oracle_symbol("pcap_dump_open");
	theirs.append = oracle_symbol("pcap_dump_open_append");
	theirs.fopen = oracle_symbol("pcap_dump_fopen");
	theirs.dump = oracle_symbol("pcap_dump");
	theirs.flush = oracle_symbol("pcap_dump_flush");
	theirs.tell = oracle_symbol("pcap_dump_ftell");
	theirs.tell64 = oracle_symbol("pcap_dump_ftell64");
	theirs.file = oracle_symbol("pcap_dump_file");
	theirs.dump_close = oracle_symbol("pcap_dump_close");
}

static uint64_t random_state;

static uint32_t any(uint32_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 20) % below;
}

enum { LONGEST = 300000, MEMORY = 4 << 20 };
static u_char bytes[LONGEST];

/* --- ways to come to a dumper --- */

static pcap_dumper_t *by_path(struct writer *w)
{
	return w->open(w->p, w->path);
}

static pcap_dumper_t *by_append(struct writer *w)
{
	pcap_dumper_t *d = w->append(w->p, w->path);

	if (d || unlink(w->path) < 0)
		return d;
	return w->append(w->p, w->path); /* its header had been overwritten */
}

static pcap_dumper_t *on_stream(struct writer *w, const char *mode)
{
	FILE *file = fopen(w->path, mode);

	assert_non_null(file);
	return w->fopen(w->p, file);
}

static pcap_dumper_t *write_only(struct writer *w)
{
	return on_stream(w, "wb");
}

static pcap_dumper_t *read_too(struct writer *w)
{
	return on_stream(w, "wb+");
}

static pcap_dumper_t *always_at_the_end(struct writer *w)
{
	return on_stream(w, "ab+");
}

static pcap_dumper_t *behind_something(struct writer *w)
{
	FILE *file = fopen(w->path, "wb+");

	assert_non_null(file);
	fputs("something before it", file);
	return w->fopen(w->p, file);
}

static pcap_dumper_t *unbuffered(struct writer *w)
{
	FILE *file = fopen(w->path, "wb");

	assert_non_null(file);
	assert_int_equal(setvbuf(file, NULL, _IONBF, 0), 0);
	return w->fopen(w->p, file);
}

static pcap_dumper_t *line_buffered(struct writer *w)
{
	FILE *file = fopen(w->path, "wb");

	assert_non_null(file);
	assert_int_equal(setvbuf(file, w->own_buffer, _IOLBF, sizeof(w->own_buffer)), 0);
	return w->fopen(w->p, file);
}

static pcap_dumper_t *growing_memory(struct writer *w)
{
	return w->fopen(w->p, open_memstream(&w->memory, &w->memory_bytes));
}

static pcap_dumper_t *fixed_memory(struct writer *w)
{
	w->memory = calloc(1, MEMORY);
	w->memory_bytes = MEMORY;
	return w->fopen(w->p, fmemopen(w->memory, MEMORY, "wb+"));
}

/* --- what a program does with its stream --- */

struct step {
	uint32_t a, b; /* random, the same for both */
};

typedef int64_t action(struct writer *w, const struct step *s);

static int64_t dump_packet(struct writer *w, const struct step *s)
{
	const uint32_t caplen = s->a % 50 == 0 ? s->b % LONGEST : s->b % 200;
	const struct pcap_pkthdr h = { .ts = { s->a, s->b }, .caplen = caplen, .len = s->a };

	w->dump((u_char *)w->d, &h, bytes + s->a % (LONGEST - caplen));
	return 0;
}

static int64_t flush_dumper(struct writer *w, const struct step *s)
{
	(void)s;
	return w->flush(w->d);
}

static int64_t flush_stream(struct writer *w, const struct step *s)
{
	(void)s;
	return fflush(w->file(w->d));
}

static int64_t write_bytes(struct writer *w, const struct step *s)
{
	return (int64_t)fwrite(bytes, 1, s->a % (s->b % 9 ? 40 : 20000), w->file(w->d));
}

static int64_t write_text(struct writer *w, const struct step *s)
{
	return fprintf(w->file(w->d), "%u\n%x", s->a, s->b);
}

static int64_t write_byte(struct writer *w, const struct step *s)
{
	return putc_unlocked((int)(s->a % 256), w->file(w->d));
}

static int64_t go_back(struct writer *w, const struct step *s)
{
	FILE *file = w->file(w->d);
	const long at = ftell(file);

	return at > 0 ? fseek(file, (long)(s->a % (uint32_t)at), SEEK_SET) : -2;
}

static int64_t go_on_a_little(struct writer *w, const struct step *s)
{
	return fseek(w->file(w->d), (long)(s->a % 100), SEEK_CUR);
}

static int64_t go_to_the_end(struct writer *w, const struct step *s)
{
	(void)s;
	return fseek(w->file(w->d), 0, SEEK_END);
}

static int64_t read_some(struct writer *w, const struct step *s)
{
	FILE *file = w->file(w->d);
	unsigned char got[64];
	int64_t sum = 0;

	fseek(file, -(long)(s->a % 200), SEEK_CUR); /* stdio asks for it between writing and reading */
	const size_t count = fread(got, 1, s->b % sizeof(got), file);
	for (size_t i = 0; i < count; i++)
		sum = sum * 31 + got[i];
	fseek(file, 0, s->b % 2 ? SEEK_CUR : SEEK_END);
	clearerr(file); /* a stream that cannot be read says so by its error flag */
	return sum * 1000 + (int64_t)count;
}

static int64_t change_buffer(struct writer *w, const struct step *s)
{
	static const int modes[] = { _IOFBF, _IOFBF, _IOLBF, _IONBF };
	const int mode = modes[s->a % 4];

	return setvbuf(w->file(w->d), mode == _IONBF ? NULL : w->own_buffer, mode, 1 + s->b % sizeof(w->own_buffer));
}

/* More packets than all else. */
static action *const actions[] = {
	dump_packet, dump_packet, dump_packet, dump_packet, dump_packet, dump_packet, dump_packet, dump_packet,
	dump_packet, flush_dumper, flush_stream, write_bytes, write_text, write_byte, go_back, go_on_a_little,
	go_to_the_end, read_some, change_buffer,
};

static const struct way {
	const char *name;
	pcap_dumper_t *(*open)(struct writer *);
	bool in_memory;
} ways[] = {
	{ "pcap_dump_open", by_path, false },	       { "pcap_dump_open_append", by_append, false },
	{ "fopen w", write_only, false },	       { "fopen w+", read_too, false },
	{ "fopen a+", always_at_the_end, false },      { "behind something", behind_something, false },
	{ "unbuffered", unbuffered, false },	       { "line buffered", line_buffered, false },
	{ "open_memstream", growing_memory, true },    { "fmemopen", fixed_memory, true },
};

static bool same_files(void)
{
	FILE *a = fopen(ours.path, "rb"), *b = fopen(theirs.path, "rb");
	bool same = a && b;
	int c = 0;

	while (same && c != EOF) {
		c = getc_unlocked(a);
		same = c == getc_unlocked(b);
	}
	fclose(a);
	fclose(b);
	return same;
}

static void play(const struct way *way, int steps, bool interleaved)
{
	for (int i = 0; i < 2; i++) {
		writers[i]->d = way->open(writers[i]);
		assert_non_null(writers[i]->d);
	}
	for (int n = 0; n < steps; n++) {
		const struct step s = { any(UINT32_MAX), any(UINT32_MAX) };
		action *act = interleaved ? actions[any(sizeof(actions) / sizeof(actions[0]))] : dump_packet;
		/* In memory a buffer of its own is part of the stream. */
		if (way->in_memory && act == change_buffer)
			continue;
		const int64_t a = act(&ours, &s), b = act(&theirs, &s);
		if (a != b || ours.tell(ours.d) != theirs.tell(theirs.d) || ours.tell64(ours.d) != theirs.tell64(theirs.d) ||
		    !ferror(ours.file(ours.d)) != !ferror(theirs.file(theirs.d)))
			fail_msg("%s, step %d: %lld at %ld, libpcap %lld at %ld", way->name, n, (long long)a, ours.tell(ours.d),
				 (long long)b, theirs.tell(theirs.d));
	}
	ours.dump_close(ours.d);
	theirs.dump_close(theirs.d);
	if (way->in_memory) {
		assert_int_equal(ours.memory_bytes, theirs.memory_bytes);
		assert_memory_equal(ours.memory, theirs.memory, ours.memory_bytes);
		free(ours.memory);
		free(theirs.memory);
	} else if (!same_files()) {
		fail_msg("%s: other bytes than libpcap's", way->name);
	}
}

static void play_all(int rounds, int steps, bool interleaved)
{
	random_state = 20240229;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (u_char)(i * 2654435761u >> 13); /* with line ends in it */
	for (int round = 0; round < rounds; round++)
		for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
			play(&ways[i], steps, interleaved);
}

static void packets_alone_make_the_same_bytes(void **state)
{
	(void)state;
	play_all(4, 500, false);
}

static void the_program_may_use_the_stream_between_packets(void **state)
{
	(void)state;
	play_all(60, 60, true);
}

static int prepare(void **state)
{
	static char dir[] = "/tmp/dump_diff_XXXXXX";

	*state = dir;
	if (!mkdtemp(dir) || chdir(dir) < 0)
		return -1;
	for (int i = 0; i < 2; i++)
		writers[i]->p = writers[i]->open_dead(DLT_EN10MB, LONGEST);
	return 0;
}

static int clean_up(void **state)
{
	for (int i = 0; i < 2; i++) {
		writers[i]->close(writers[i]->p);
		unlink(writers[i]->path);
	}
	return chdir("/") < 0 || rmdir(*state) < 0 ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_alone_make_the_same_bytes),
		cmocka_unit_test(the_program_may_use_the_stream_between_packets),
	};

	load_theirs();
	return cmocka_run_group_tests(tests, prepare, clean_up);
}
