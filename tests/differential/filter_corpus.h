/* filter_corpus.h - the expressions of tests/data/filters: what to compile for which link type, what is expected. */
#ifndef FILTER_CORPUS_H
#define FILTER_CORPUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum expectation {
	EXPECT_VALID,	 /* compiled by both */
	EXPECT_INVALID,	 /* refused by both */
	EXPECT_WRONG,	 /* compiled by both, and libpcap's program is known to be wrong */
	EXPECT_THE_SAME, /* whatever libpcap says */
	EXPECT_REFUSAL,	 /* by us, whatever libpcap says */
	EXPECT_BY_HAND,	 /* compiled by us, and libpcap is not asked: packets[] say what is right */
};

/* A packet worked out by hand. */
struct hand_packet {
	bool accepted;
	uint32_t len;
	uint8_t *bytes;
};

struct filter_case {
	char *text;
	char *as; /* libpcap is asked this instead, if not NULL */
	int dlt;
	enum expectation expect;
	unsigned int file, line, dlts; /* dlts: how many share the line */
	bool is_oracle_bug;	       /* its optimiser is known to be wrong here */
	size_t packets;
	struct hand_packet *packet;
};

struct corpus {
	size_t files, cases;
	char **file;
	struct filter_case *at;
};

/* The names of all DLTs that libpcap 1.10.3 compiles for, up to `most`; returns how many. */
size_t every_dlt(int *dlts, size_t most);

/* Add the cases of a file, whose format tests/data/filters/README.md tells. Exits at mistakes in it. */
void corpus_read(struct corpus *corpus, const char *path);
struct filter_case *corpus_add(struct corpus *corpus, const char *text, int dlt);
/* Cases that also stand in the file named oracle-bugs.txt are marked so. */
void corpus_mark_bugs(struct corpus *corpus);
/* How many texts there are, of those that are expected to be compiled, or to be refused. */
size_t corpus_distinct(const struct corpus *corpus, bool compiled);

#endif
