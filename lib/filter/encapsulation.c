/* encapsulation.c - vlan, mpls, pppoed, pppoes, geneve and vxlan: their ranges, and who means them. */
#include "filter/encapsulation.h"

static const struct encapsulation {
	enum ast_word word;
	const char *number; /* what the argument is called */
	uint32_t maximum;
	const struct cst_formula *(*gen)(struct cst_gen *g, struct cst_wanted wanted);
} encapsulations[] = {
	{ WORD_VLAN, "VLAN ID", 0xfff, cst_gen_vlan },
	{ WORD_MPLS, "MPLS label", 0xfffff, cst_gen_mpls },
	{ WORD_PPPOED, "PPPoE session", 0, cst_gen_pppoed },
	{ WORD_PPPOES, "PPPoE session", 0xffff, cst_gen_pppoes },
	{ WORD_GENEVE, "Geneve network identifier", 0xffffff, cst_gen_geneve },
	{ WORD_VXLAN, "VXLAN network identifier", 0xffffff, cst_gen_vxlan },
};

const struct cst_formula *cst_gen_encapsulation(struct cst_gen *g, const struct ast *word)
{
	const struct ast_argument *argument = &word->word.args[0];
	struct cst_wanted wanted = { argument->kind == ARG_NUMBER, argument->number };
	const struct encapsulation *row = encapsulations;
	while (row->word != word->word.word)
		row++;
	if (wanted.is_given && wanted.number > row->maximum)
		return cst_diagnose(g->diagnosis, argument->at, "the %s '%u' is greater than %u, the greatest there is",
				    row->number, (unsigned)wanted.number, (unsigned)row->maximum);
	return row->gen(g, wanted);
}
