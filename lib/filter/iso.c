/* iso.c - the ISO family: clnp, esis, isis and IS-IS's PDU types (ISO 10589). */
#include "filter/gen.h"

enum {
	SAP_ISO = 0xfe,
	NLPID_ISIS = 0x83,
	PDU_TYPE_OFFSET = 4,
	PDU_TYPE_MASK = 0x1f,
	MOST_TYPES = 5,
	FRAME_RELAY_UI = 0x03,
};

/* The PDU types of the abbreviations, in the order in which they are tried; 0 ends a row. */
static const struct {
	enum ast_proto word;
	uint8_t types[MOST_TYPES];
} isis_words[] = {
	{ PROTO_ISIS_L1, { 26, 24, 18, 15, 17 } }, /* a point-to-point hello, 17, is of both levels */
	{ PROTO_ISIS_L2, { 27, 25, 20, 16, 17 } }, { PROTO_ISIS_IIH, { 17, 15, 16 } }, { PROTO_ISIS_LSP, { 18, 20 } },
	{ PROTO_ISIS_SNP, { 27, 26, 24, 25 } },	   { PROTO_ISIS_CSNP, { 24, 25 } },    { PROTO_ISIS_PSNP, { 26, 27 } },
};

const struct cst_formula *cst_gen_iso_proto(struct cst_gen *g, uint32_t number)
{
	/* Frame relay names these protocols itself, by the same octet (RFC 2427). */
	if (g->frame.naming == NAMING_FRELAY)
		return cst_gen_eq(g, LAYER_TYPE, 0, 2, FRAME_RELAY_UI << 8 | number);
	return cst_and(g->pool, cst_gen_protocol(g, SAP_ISO), cst_gen_eq(g, LAYER_NET_NOSNAP, 0, 1, number));
}

const struct cst_formula *cst_gen_isis_type(struct cst_gen *g, uint32_t number)
{
	return cst_and(g->pool, cst_gen_iso_proto(g, NLPID_ISIS),
		       cst_gen_masked_eq(g, LAYER_NET_NOSNAP, PDU_TYPE_OFFSET, 1, PDU_TYPE_MASK, number));
}

const struct cst_formula *cst_gen_isis_word(struct cst_gen *g, enum ast_proto word)
{
	const struct cst_formula *any = cst_false(g->pool);
	size_t row = 0;
	while (isis_words[row].word != word)
		row++;
	for (size_t i = 0; i < MOST_TYPES && isis_words[row].types[i] != 0; i++)
		any = cst_or(g->pool, any, cst_gen_isis_type(g, isis_words[row].types[i]));
	return any;
}
