/* pflog.c - the log header of OpenBSD's and FreeBSD's pf(4): the interface, the rule and what PF did with the packet.
 */
#include "filter/gen.h"
#include "filter/name_table.h"

#include <pcap/pcap.h>
#include <string.h>

enum {
	/* Offsets in the header, which is in network order. */
	ACTION = 2,
	REASON = 3,
	IFNAME = 4,
	RULESET = 20,
	RULENUM = 36,
	SUBRULENUM = 40,

	MOST_NAME = 15, /* both names have fields of 16, and end in NUL */
};

#define LENGTH_OF(array) (sizeof(array) / sizeof((array)[0]))

static const struct cst_name reasons[] = {
	{ "match", 0 },	       { "bad-offset", 1 },  { "fragment", 2 },	       { "short", 3 },
	{ "normalize", 4 },    { "memory", 5 },	     { "bad-timestamp", 6 },   { "congestion", 7 },
	{ "ip-option", 8 },    { "proto-cksum", 9 }, { "state-mismatch", 10 }, { "state-insert", 11 },
	{ "state-limit", 12 }, { "src-limit", 13 },  { "synproxy", 14 },
};

/* accept and drop are other words for the first two. */
static const struct cst_name actions[] = {
	{ "pass", 0 },	  { "accept", 0 }, { "block", 1 },	    { "drop", 1 },  { "scrub", 2 },
	{ "noscrub", 3 }, { "nat", 4 },	   { "nonat", 5 },	    { "binat", 6 }, { "nobinat", 7 },
	{ "rdr", 8 },	  { "nordr", 9 },  { "synproxy-drop", 10 },
};

/* What the field begins with: `on eth` matches eth0 as well, as in libpcap. */
static const struct cst_formula *name(struct cst_gen *g, uint32_t offset, const struct ast_argument *arg)
{
	size_t length = strlen(arg->text);
	if (length > MOST_NAME) {
		g->at = arg->at;
		return cst_gen_fail(g, "names in PF's log have at most %d letters, and '%s' has %zu", MOST_NAME,
				    arg->text, length);
	}
	return cst_gen_bytes(g, LAYER_LINK, offset, (const uint8_t *)arg->text, (uint32_t)length);
}

static const struct cst_formula *code(struct cst_gen *g, uint32_t offset, const struct ast_argument *arg,
				      const struct cst_name *words, size_t count, const char *what)
{
	if (arg->kind == ARG_NUMBER)
		return cst_gen_eq(g, LAYER_LINK, offset, 1, arg->number);
	const struct cst_name *word = cst_name_find(words, count, arg->text);
	if (word)
		return cst_gen_eq(g, LAYER_LINK, offset, 1, word->value);
	g->at = arg->at;
	const char *near = cst_name_near(words, count, arg->text);
	if (near)
		return cst_gen_fail(g, "'%s' is no %s of PF; did you mean '%s'?", arg->text, what, near);
	return cst_gen_fail(g, "'%s' is no %s of PF", arg->text, what);
}

const struct cst_formula *cst_gen_pflog_word(struct cst_gen *g, const struct ast *word)
{
	if (g->frame.dlt != DLT_PFLOG)
		return cst_gen_fail(
			g, "PF's interface, rule, reason and action are in DLT_PFLOG headers only: the frames are %s",
			pcap_datalink_val_to_description_or_dlt(g->frame.dlt));
	const struct ast_argument *arg = &word->word.args[0];
	switch (word->word.word) {
	case WORD_PF_IFNAME:
		return name(g, IFNAME, arg);
	case WORD_PF_RULESET:
		return name(g, RULESET, arg);
	case WORD_PF_RULENUM:
		return cst_gen_eq(g, LAYER_LINK, RULENUM, 4, arg->number);
	case WORD_PF_SUBRULENUM:
		return cst_gen_eq(g, LAYER_LINK, SUBRULENUM, 4, arg->number);
	case WORD_PF_REASON:
		return code(g, REASON, arg, reasons, LENGTH_OF(reasons), "reason");
	default:
		return code(g, ACTION, arg, actions, LENGTH_OF(actions), "action");
	}
}
