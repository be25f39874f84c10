/* filter_corpus.c - reads tests/data/filters: what to compile for which link type, what is expected. */
#include "filter_corpus.h"

#include <pcap/pcap.h>

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { MOST_DLTS = 300, MOST_HAND_BYTES = 512 };

struct reader {
	struct corpus *corpus;
	const char *path;
	unsigned int line;
	int dlts[MOST_DLTS];
	size_t dlt_count, last; /* last: how many cases the last expression made */
};

static void *must(void *memory)
{
	if (!memory) {
		perror("filter corpus");
		exit(1);
	}
	return memory;
}

__attribute__((format(printf, 2, 3), noreturn))
static void complain(const struct reader *r, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s:%u: ", r->path, r->line);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

size_t every_dlt(int *dlts, size_t most)
{
	static const struct {
		int first, last;
	} compiled[] = { { 0, 1 }, { 6, 12 }, { 15, 16 }, { 19, 19 }, { 50, 51 }, { 99, 99 }, { 104, 289 } };
	size_t count = 0;

	for (size_t i = 0; i < COUNT(compiled); i++) {
		for (int dlt = compiled[i].first; dlt <= compiled[i].last; dlt++) {
			if (count < most)
				dlts[count++] = dlt;
		}
	}
	return count;
}

struct filter_case *corpus_add(struct corpus *corpus, const char *text, int dlt)
{
	if ((corpus->cases & (corpus->cases - 1)) == 0) {
		size_t room = corpus->cases ? 2 * corpus->cases : 1;

		corpus->at = must(realloc(corpus->at, room * sizeof(*corpus->at)));
	}
	struct filter_case *c = &corpus->at[corpus->cases++];
	*c = (struct filter_case){ .text = must(strdup(text)), .dlt = dlt, .dlts = 1 };
	return c;
}

/* [NAME NUMBER ...] or [ALL] */
static void read_section(struct reader *r, char *text)
{
	char *end = strchr(text, ']'), *save = NULL;

	if (!end)
		complain(r, "no ] after the link types");
	*end = '\0';
	r->dlt_count = r->last = 0;
	for (char *word = strtok_r(text + 1, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		if (strcmp(word, "ALL") == 0) {
			r->dlt_count = every_dlt(r->dlts, MOST_DLTS);
			continue;
		}
		int dlt = isdigit((unsigned char)*word) ? atoi(word) : pcap_datalink_name_to_val(word);

		if (dlt < 0 || r->dlt_count == MOST_DLTS)
			complain(r, "no link type is named %s", word);
		r->dlts[r->dlt_count++] = dlt;
	}
}

static void read_expression(struct reader *r, const char *text)
{
	enum expectation expect = EXPECT_VALID;

	if (r->dlt_count == 0)
		complain(r, "an expression before the first [link type]");
	if (strncmp(text, "!!", 2) == 0) {
		expect = EXPECT_REFUSAL;
		text += 2;
	} else if (*text == '!') {
		expect = EXPECT_INVALID;
		text++;
	} else if (*text == '~') {
		expect = EXPECT_WRONG;
		text++;
	} else if (*text == '?') {
		expect = EXPECT_THE_SAME;
		text++;
	}
	if (expect != EXPECT_VALID && *text == ' ')
		text++;
	for (size_t i = 0; i < r->dlt_count; i++) {
		struct filter_case *c = corpus_add(r->corpus, text, r->dlts[i]);

		c->expect = expect;
		c->file = (unsigned int)r->corpus->files - 1;
		c->line = r->line;
		c->dlts = (unsigned int)r->dlt_count;
	}
	r->last = r->dlt_count;
}

/* Hexadecimal digits in any grouping; "00*12" is a byte twelve times. */
static struct hand_packet read_hex(const struct reader *r, const char *text)
{
	struct hand_packet packet = { .bytes = must(calloc(1, MOST_HAND_BYTES)) };

	while (*text) {
		unsigned int byte = 0, times = 1;
		int digits = 0, more = 0;

		if (*text == ' ') {
			text++;
			continue;
		}
		if (sscanf(text, "%2x%n", &byte, &digits) != 1 || digits != 2)
			complain(r, "not hexadecimal: %s", text);
		text += 2;
		if (*text == '*') {
			if (sscanf(text, "*%u%n", &times, &more) != 1)
				complain(r, "how often? %s", text);
			text += more;
		}
		for (; times; times--) {
			if (packet.len == MOST_HAND_BYTES)
				complain(r, "packet of more than %d bytes", MOST_HAND_BYTES);
			packet.bytes[packet.len++] = (uint8_t)byte;
		}
	}
	return packet;
}

/* "= expression", "accept HEX", "reject HEX": about the expression above. */
static void read_detail(struct reader *r, const char *text)
{
	if (r->last == 0)
		complain(r, "nothing above that this could be about");
	for (size_t i = r->corpus->cases - r->last; i < r->corpus->cases; i++) {
		struct filter_case *c = &r->corpus->at[i];

		if (strncmp(text, "= ", 2) == 0) {
			c->as = must(strdup(text + 2));
			c->expect = EXPECT_VALID;
		} else if (strncmp(text, "accept", 6) == 0 || strncmp(text, "reject", 6) == 0) {
			c->packet = must(realloc(c->packet, (c->packets + 1) * sizeof(*c->packet)));
			c->packet[c->packets] = read_hex(r, text + 6);
			c->packet[c->packets++].accepted = *text == 'a';
			if (!c->as && c->expect != EXPECT_WRONG)
				c->expect = EXPECT_BY_HAND;
		} else {
			complain(r, "neither =, accept nor reject: %s", text);
		}
	}
}

void corpus_read(struct corpus *corpus, const char *path)
{
	struct reader r = { .corpus = corpus, .path = path };
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;

	if (!file) {
		perror(path);
		exit(1);
	}
	corpus->file = must(realloc(corpus->file, (corpus->files + 1) * sizeof(*corpus->file)));
	corpus->file[corpus->files++] = must(strdup(strrchr(path, '/') ? strrchr(path, '/') + 1 : path));
	while (getline(&line, &room, file) >= 0) {
		r.line++;
		line[strcspn(line, "\n")] = '\0';
		if (*line == '\0' || *line == '#')
			continue;
		if (*line == '[')
			read_section(&r, line);
		else if (*line == '\t')
			read_detail(&r, line + 1);
		else
			read_expression(&r, line);
	}
	free(line);
	fclose(file);
}

static int by_text(const void *a, const void *b)
{
	const struct filter_case *const *x = a, *const *y = b;
	int order = strcmp((*x)->text, (*y)->text);

	return order ? order : (*x)->dlt - (*y)->dlt;
}

/* Pointers to all cases, by text and link type. */
static struct filter_case **sorted(const struct corpus *corpus)
{
	struct filter_case **order = must(calloc(corpus->cases + 1, sizeof(struct filter_case *)));

	for (size_t i = 0; i < corpus->cases; i++)
		order[i] = &corpus->at[i];
	qsort(order, corpus->cases, sizeof(struct filter_case *), by_text);
	return order;
}

void corpus_mark_bugs(struct corpus *corpus)
{
	struct filter_case **order = sorted(corpus);

	for (size_t i = 0, next; i < corpus->cases; i = next) {
		bool is_bug = false;

		for (next = i; next < corpus->cases && by_text(&order[i], &order[next]) == 0; next++)
			is_bug |= strcmp(corpus->file[order[next]->file], "oracle-bugs.txt") == 0;
		for (size_t same = i; same < next; same++)
			order[same]->is_oracle_bug = is_bug;
	}
	free(order);
}

size_t corpus_distinct(const struct corpus *corpus, bool compiled)
{
	struct filter_case **order = sorted(corpus);
	const char *last = NULL;
	size_t count = 0;

	for (size_t i = 0; i < corpus->cases; i++) {
		bool is_refused = order[i]->expect == EXPECT_INVALID || order[i]->expect == EXPECT_REFUSAL;

		if (is_refused == compiled || (last && strcmp(last, order[i]->text) == 0))
			continue;
		last = order[i]->text;
		count++;
	}
	free(order);
	return count;
}
