/* wlan_type.c - `type`, `subtype` and `dir`: the frame control field of 802.11, by the names of pcap-filter(7). Numbers
 * are the bits as they stand in the field's first octet: `type 8` is data. */
#include "filter/gen.h"
#include "filter/name_table.h"

#include <pcap/pcap.h>

#define LENGTH_OF(array) (sizeof(array) / sizeof((array)[0]))

enum {
	TYPE_MASK = 0x0c,
	SUBTYPE_MASK = 0xf0,
	DIR_MASK = 0x03,

	MGT = 0x00,
	CTL = 0x04,
	DATA = 0x08,
};

static const struct cst_name types[] = {
	{ "mgt", MGT }, { "ctl", CTL }, { "data", DATA }, { "management", MGT }, { "control", CTL },
};

/* The subtype's bits with those of the type that it belongs to; no name stands for two. */
static const struct cst_name subtypes[] = {
	{ "assoc-req", MGT | 0x00 },
	{ "assocreq", MGT | 0x00 },
	{ "assoc-resp", MGT | 0x10 },
	{ "assocresp", MGT | 0x10 },
	{ "reassoc-req", MGT | 0x20 },
	{ "reassocreq", MGT | 0x20 },
	{ "reassoc-resp", MGT | 0x30 },
	{ "reassocresp", MGT | 0x30 },
	{ "probe-req", MGT | 0x40 },
	{ "probereq", MGT | 0x40 },
	{ "probe-resp", MGT | 0x50 },
	{ "proberesp", MGT | 0x50 },
	{ "beacon", MGT | 0x80 },
	{ "atim", MGT | 0x90 },
	{ "disassoc", MGT | 0xa0 },
	{ "auth", MGT | 0xb0 },
	{ "deauth", MGT | 0xc0 },
	{ "bar", CTL | 0x80 },
	{ "ba", CTL | 0x90 },
	{ "ps-poll", CTL | 0xa0 },
	{ "rts", CTL | 0xb0 },
	{ "cts", CTL | 0xc0 },
	{ "ack", CTL | 0xd0 },
	{ "cf-end", CTL | 0xe0 },
	{ "cf-end-ack", CTL | 0xf0 },
	{ "data", DATA | 0x00 },
	{ "data-cf-ack", DATA | 0x10 },
	{ "data-cf-poll", DATA | 0x20 },
	{ "data-cf-ack-poll", DATA | 0x30 },
	{ "null", DATA | 0x40 },
	{ "cf-ack", DATA | 0x50 },
	{ "cf-poll", DATA | 0x60 },
	{ "cf-ack-poll", DATA | 0x70 },
	{ "qos-data", DATA | 0x80 },
	{ "qos-data-cf-ack", DATA | 0x90 },
	{ "qos-data-cf-poll", DATA | 0xa0 },
	{ "qos-data-cf-ack-poll", DATA | 0xb0 },
	{ "qos", DATA | 0xc0 },
	{ "qos-cf-poll", DATA | 0xe0 },
	{ "qos-cf-ack-poll", DATA | 0xf0 },
};

static const struct cst_name directions[] = {
	{ "nods", 0 }, /* between two stations */
	{ "tods", 1 },
	{ "fromds", 2 },
	{ "dstods", 3 },
};

/* The word's value to *value; false after a diagnosis. */
static bool look_up(struct cst_gen *g, const struct cst_name *words, size_t count, const char *what,
		    const struct ast_argument *arg, uint32_t *value)
{
	const struct cst_name *word = cst_name_find(words, count, arg->text);
	if (word) {
		*value = word->value;
		return true;
	}
	g->at = arg->at;
	const char *near = cst_name_near(words, count, arg->text);
	if (near)
		cst_gen_fail(g, "'%s' is no 802.11 %s; did you mean '%s'?", arg->text, what, near);
	else
		cst_gen_fail(g, "'%s' is no 802.11 %s", arg->text, what);
	return false;
}

static bool type_of(struct cst_gen *g, const struct ast_argument *arg, uint32_t *type)
{
	if (arg->kind == ARG_TEXT)
		return look_up(g, types, LENGTH_OF(types), "frame type (mgt, ctl or data)", arg, type);
	*type = arg->number;
	if ((arg->number & ~(uint32_t)TYPE_MASK) == 0)
		return true;
	g->at = arg->at;
	cst_gen_fail(g,
		     "802.11 frame type %u is not one of 0 (mgt), 4 (ctl), 8 (data) and 12: "
		     "the number is the type's bits in the frame control field",
		     arg->number);
	return false;
}

static const char *type_name(uint32_t type)
{
	for (size_t i = 0; i < LENGTH_OF(types); i++) {
		if (types[i].value == type)
			return types[i].name;
	}
	return "12";
}

/* A name has to belong to `type`; a number is the subtype's four bits in place. */
static bool subtype_of(struct cst_gen *g, uint32_t type, const struct ast_argument *arg, uint32_t *subtype)
{
	if (arg->kind == ARG_TEXT) {
		if (!look_up(g, subtypes, LENGTH_OF(subtypes), "frame subtype", arg, subtype))
			return false;
		if ((*subtype & TYPE_MASK) == type)
			return true;
		g->at = arg->at;
		cst_gen_fail(g, "802.11 frame subtype '%s' is one of type %s, not of type %s", arg->text,
			     type_name(*subtype & TYPE_MASK), type_name(type));
		return false;
	}
	*subtype = arg->number | type;
	if ((arg->number & ~(uint32_t)SUBTYPE_MASK) == 0)
		return true;
	g->at = arg->at;
	cst_gen_fail(g,
		     "802.11 frame subtype %u is no multiple of 16 from 0 to 240: "
		     "the number is the subtype's bits in the frame control field",
		     arg->number);
	return false;
}

static const struct cst_formula *type_test(struct cst_gen *g, const struct ast_argument args[2])
{
	uint32_t type, subtype;
	if (!type_of(g, &args[0], &type))
		return NULL;
	if (args[1].kind == ARG_NONE)
		return cst_gen_masked_eq(g, LAYER_LINK, 0, 1, TYPE_MASK, type);
	if (!subtype_of(g, type, &args[1], &subtype))
		return NULL;
	return cst_gen_masked_eq(g, LAYER_LINK, 0, 1, TYPE_MASK | SUBTYPE_MASK, subtype);
}

static const struct cst_formula *subtype_test(struct cst_gen *g, const struct ast_argument *arg)
{
	uint32_t subtype; /* always by name: a number says nothing without a type */
	if (!look_up(g, subtypes, LENGTH_OF(subtypes), "frame subtype", arg, &subtype))
		return NULL;
	return cst_gen_masked_eq(g, LAYER_LINK, 0, 1, TYPE_MASK | SUBTYPE_MASK, subtype);
}

static const struct cst_formula *direction_test(struct cst_gen *g, const struct ast_argument *arg)
{
	uint32_t direction = arg->number;
	if (arg->kind == ARG_TEXT) {
		if (!look_up(g, directions, LENGTH_OF(directions), "direction (nods, tods, fromds or dstods)", arg,
			     &direction))
			return NULL;
	} else if (direction > DIR_MASK) {
		g->at = arg->at;
		return cst_gen_fail(g, "802.11 direction %u is above 3: it is the two bits To DS and From DS",
				    direction);
	}
	return cst_gen_masked_eq(g, LAYER_LINK, 1, 1, DIR_MASK, direction);
}

const struct cst_formula *cst_gen_wlan_word(struct cst_gen *g, const struct ast *word)
{
	if (!cst_layout_find(g->frame.dlt)->is_wlan)
		return cst_gen_fail(g,
				    "'type', 'subtype' and 'dir' ask for the header of an 802.11 frame, which %s lacks",
				    pcap_datalink_val_to_description_or_dlt(g->frame.dlt));
	switch (word->word.word) {
	case WORD_WLAN_TYPE:
		return type_test(g, word->word.args);
	case WORD_WLAN_SUBTYPE:
		return subtype_test(g, &word->word.args[0]);
	default:
		return direction_test(g, &word->word.args[0]);
	}
}
