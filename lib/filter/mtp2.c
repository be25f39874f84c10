/* mtp2.c - the kinds of MTP2's signal units: fisu, lssu, msu, and the h-forms for high-speed links (ITU-T Q.703). They
 * are told by the length indicator: 0, 1 to 2, and more. */
#include "filter/mtp2.h"

#include <pcap/pcap.h>

enum {
	LENGTH = 2, /* behind the two sequence numbers, 6 bits */
	LENGTH_MASK = 0x3f,
	LONG_LENGTH = 4, /* high-speed links: behind sequence numbers of 12 bits; 9 bits, the upper ones of 16 */
	LONG_LENGTH_MASK = 0xff80,
	LONG_LENGTH_ONE = 0x0080,

	MOST = UINT16_MAX,
};

static const struct unit {
	enum ast_word word;
	bool is_long;
	uint32_t low, high; /* of the length indicator */
} units[] = {
	{ WORD_MTP2_FISU, false, 0, 0 }, { WORD_MTP2_LSSU, false, 1, 2 }, { WORD_MTP2_MSU, false, 3, MOST },
	{ WORD_MTP2_HFISU, true, 0, 0 }, { WORD_MTP2_HLSSU, true, 1, 2 }, { WORD_MTP2_HMSU, true, 3, MOST },
};

bool cst_mtp2_begin(int dlt, uint32_t *begin)
{
	static const struct {
		int dlt;
		uint32_t begin;
	} rows[] = {
		{ DLT_MTP2, 0 },
		{ DLT_MTP2_WITH_PHDR, 4 },
		{ DLT_ERF, 20 }, /* a record header of 16 octets, and the 4 that come before signal units */
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].dlt == dlt) {
			*begin = rows[i].begin;
			return true;
		}
	}
	return false;
}

/* The octets that have the length indicator. */
static const struct cst_value *length_field(struct cst_gen *g, uint32_t begin, bool is_long)
{
	return is_long ? cst_gen_load(g, LAYER_LINK, NULL, begin + LONG_LENGTH, 2)
		       : cst_gen_load(g, LAYER_LINK, NULL, begin + LENGTH, 1);
}

const struct cst_formula *cst_gen_mtp2_word(struct cst_gen *g, const struct ast *word)
{
	uint32_t begin;
	if (!cst_mtp2_begin(g->frame.dlt, &begin))
		return cst_gen_fail(
			g, "signal units of MTP2 need DLT_MTP2, DLT_MTP2_WITH_PHDR or DLT_ERF: the frames are %s",
			pcap_datalink_val_to_description_or_dlt(g->frame.dlt));
	const struct unit *unit = units;
	while (unit->word != word->word.word)
		unit++;
	const struct cst_value *field = length_field(g, begin, unit->is_long);
	uint32_t mask = unit->is_long ? LONG_LENGTH_MASK : LENGTH_MASK;
	uint32_t one = unit->is_long ? LONG_LENGTH_ONE : 1;
	if (unit->high == 0)
		return cst_not(g->pool, cst_any_bit(g->pool, field, mask));
	const struct cst_value *length = cst_value_alu_k(g->pool, BPF_AND, field, mask);
	if (unit->high == MOST)
		return cst_ge(g->pool, length, unit->low * one);
	return cst_between(g->pool, length, unit->low * one, unit->high * one);
}
