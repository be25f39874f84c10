/* savefile_corpus.c - savefile_corpus LIST: each savefile of a list read by Capstan and by libpcap in every way there is,
 * and written again: the same packets, answers, bytes and verdicts. A line of the list is a path, or one for Capstan, a
 * tab, and one for libpcap, where the first is a compressed copy of the second. */
#include "savefile_reading.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum call { NEXT_EX, LOOP, DISPATCH };

static const struct way {
	const char *name;
	enum call call;
	int portion;
	bool pipe; /* read through one */
	bool compressed; /* compressed copies are read this way, too */
	const char *filter;
} ways[] = {
	{ "pcap_loop of all", LOOP, -1, false, true, NULL },
	{ "pcap_next_ex", NEXT_EX, 1, false, false, NULL },
	{ "pcap_loop of 7", LOOP, 7, false, false, NULL },
	{ "pcap_dispatch of all", DISPATCH, -1, false, false, NULL },
	{ "pcap_dispatch of 3", DISPATCH, 3, false, true, NULL },
	{ "pcap_next_ex from a pipe", NEXT_EX, 1, true, true, NULL },
	{ "pcap_next_ex, greater 100", NEXT_EX, 1, false, false, "greater 100" },
	{ "pcap_loop, ip", LOOP, -1, false, false, "ip or ip6" },
	{ "pcap_dispatch of 2, odd lengths", DISPATCH, 2, false, false, "len & 1 = 1" },
};

static struct reading mine, reference;

/* Until the end or an error. */
static void read_all(struct reading *r, const struct way *way)
{
	const struct library *lib = r->lib;

	for (;;) {
		const size_t before = r->count;
		struct pcap_pkthdr *h;
		const u_char *data;

		switch (way->call) {
		case NEXT_EX:
			if ((r->status = lib->next_ex(r->p, &h, &data)) == 1)
				reading_note((u_char *)r, h, data);
			break;
		case LOOP: r->status = lib->loop(r->p, way->portion, reading_note, (u_char *)r); break;
		case DISPATCH: r->status = lib->dispatch(r->p, way->portion, reading_note, (u_char *)r); break;
		}
		/* An error comes with what was delivered before it. */
		if (r->status < 0 || r->count == before)
			return;
	}
}

/* The end of a pipe that a child of ours writes the file into. */
static FILE *open_pipe(const char *path, pid_t *writer)
{
	int ends[2];

	if (pipe(ends) != 0 || (*writer = fork()) < 0) {
		perror("a pipe");
		exit(1);
	}
	if (*writer == 0) {
		char bytes[65536];
		ssize_t got;
		int in = open(path, O_RDONLY);

		signal(SIGPIPE, SIG_DFL); /* a file that is not read to its end is no fault of ours */
		close(ends[0]);
		while ((got = read(in, bytes, sizeof(bytes))) > 0 && write(ends[1], bytes, (size_t)got) == got)
			;
		_exit(0);
	}
	close(ends[1]);
	return fdopen(ends[0], "rb");
}

static void open_file(struct reading *r, const struct library *lib, const char *path, const struct way *way,
		      u_int precision, pid_t *writer)
{
	r->lib = lib;
	r->count = 0;
	r->status = 0;
	r->dumper = NULL;
	r->text[0] = '\0';
	*writer = 0;
	if (!way->pipe) {
		r->p = lib->open(path, precision, r->text);
		return;
	}
	FILE *file = open_pipe(path, writer);
	r->p = lib->fopen(file, precision, r->text);
	if (!r->p)
		fclose(file);
}

static bool filter(const struct reading *r, const char *expression)
{
	struct bpf_program program;

	if (!expression)
		return true;
	if (r->lib->compile(r->p, &program, expression, 1, PCAP_NETMASK_UNKNOWN) != 0)
		return false;
	const bool good = r->lib->setfilter(r->p, &program) == 0;
	r->lib->freecode(&program);
	return good;
}

/* True when both opened it. */
static bool compare_way(const char *path, const char *plain, const struct way *way, u_int precision)
{
	pid_t writers[2];

	open_file(&mine, &library_ours, path, way, precision, &writers[0]);
	open_file(&reference, library_theirs(), plain, way, precision, &writers[1]);
	reading_compare_opening(&mine, &reference);
	const bool both = mine.p && reference.p;
	if (both) {
		const bool filtered = filter(&mine, way->filter), expected = filter(&reference, way->filter);

		reading_compare_answers(&mine, &reference);
		reading_compare_number("filter", filtered, expected);
		if (filtered && expected) {
			read_all(&mine, way);
			read_all(&reference, way);
			reading_compare_ends(&mine, &reference);
			/* Sections and interfaces on the way may have changed them. */
			reading_compare_answers(&mine, &reference);
		}
	}
	reading_close(&mine);
	reading_close(&reference);
	for (int i = 0; i < 2; i++)
		if (writers[i])
			waitpid(writers[i], NULL, 0);
	return both;
}

/* ---- writing ---- */

static char scratch[] = "/tmp/savefile_corpus_XXXXXX";
static char my_copy[64], their_copy[64];

static bool same_bytes(const char *a, const char *b)
{
	FILE *f = fopen(a, "rb"), *g = fopen(b, "rb");
	static char x[65536], y[65536];
	bool same = f && g;
	size_t got = 1;

	while (same && got > 0) {
		got = fread(x, 1, sizeof(x), f);
		same = fread(y, 1, sizeof(y), g) == got && memcmp(x, y, got) == 0;
	}
	if (f)
		fclose(f);
	if (g)
		fclose(g);
	return same;
}

/* Copy what can be read of `from` to `to`; how many packets, -1 if it cannot be written. */
static long long copy(struct reading *r, const struct library *lib, const char *from, const char *to, u_int precision)
{
	long long count = -1;
	pid_t none;

	unlink(to);
	open_file(r, lib, from, &ways[0], precision, &none);
	if (r->p && (r->dumper = lib->dump_open(r->p, to))) {
		read_all(r, &ways[0]);
		lib->dump_close(r->dumper);
		r->dumper = NULL;
		count = (long long)r->count;
	}
	reading_close(r);
	return count;
}

/* What each library writes of what it reads is the same, and the other one reads it. */
static void compare_copies(const char *path, const char *plain, u_int precision)
{
	const unsigned int before = reading_wrong();

	reading_about(path, "copied");
	const long long copied = copy(&mine, &library_ours, path, my_copy, precision);
	reading_compare_number("packets in the copy", copied,
			       copy(&reference, library_theirs(), plain, their_copy, precision));
	if (reading_wrong() != before || copied < 0)
		return;
	if (!same_bytes(my_copy, their_copy))
		reading_disagree("copies", "other bytes", "bytes");
	reading_about(path, "what the other one wrote");
	compare_way(their_copy, my_copy, &ways[0], precision);
}

static void compare_file(const char *path, const char *plain)
{
	const unsigned int before = reading_wrong(), meant = reading_meant();

	for (u_int precision = 0; precision < 2; precision++) {
		bool readable = false;

		for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
			if (path != plain && !ways[i].compressed)
				continue;
			reading_about(path, ways[i].name);
			readable = compare_way(path, plain, &ways[i], precision);
			if (reading_wrong() != before)
				return; /* the other ways would say the same again */
		}
		/* What was not read the same is not written the same. */
		if (readable && path == plain && reading_meant() == meant)
			compare_copies(path, plain, precision);
	}
}

static void remove_scratch(void)
{
	unlink(my_copy);
	unlink(their_copy);
	rmdir(scratch);
}

int main(int argc, char **argv)
{
	unsigned int files = 0;
	char line[8192];

	setvbuf(stdout, NULL, _IOLBF, 0); /* what was said before a crash stays said */
	FILE *list = argc == 2 ? fopen(argv[1], "r") : NULL;
	if (!list || !mkdtemp(scratch)) {
		fputs("usage: savefile_corpus LIST\n", stderr);
		return 2;
	}
	snprintf(my_copy, sizeof(my_copy), "%s/mine.pcap", scratch);
	snprintf(their_copy, sizeof(their_copy), "%s/theirs.pcap", scratch);
	atexit(remove_scratch);
	for (; fgets(line, sizeof(line), list); files++) {
		line[strcspn(line, "\n")] = '\0';
		char *plain = strchr(line, '\t');
		if (plain)
			*plain++ = '\0';
		compare_file(line, plain ? plain : line);
	}
	fclose(list);
	free(mine.packets);
	free(reference.packets);
	snprintf(line, sizeof(line), "%u files", files);
	return reading_sum_up(line) ? 0 : 1;
}
