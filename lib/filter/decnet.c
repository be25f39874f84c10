/* decnet.c - `decnet host A`: addresses in the routing headers of DECnet phase IV. */
#include "filter/gen.h"

enum { PROTOCOL_DECNET = 0x6003 };

/* A length of two octets comes first, then perhaps an octet of padding, then flags that tell the short header from the
 * long one. Offsets are from the network header's begin. */
static const struct decnet_framing {
	uint8_t size; /* of what tells the framing, at offset 2 */
	uint16_t mask, flags;
	uint8_t destination, source;
} framings[] = {
	{ 1, 0x07, 0x02, 3, 5 },
	{ 2, 0xff07, 0x8102, 4, 6 },
	{ 1, 0x07, 0x06, 9, 17 },
	{ 2, 0xff07, 0x8106, 10, 18 },
};

static const struct cst_formula *is_address(struct cst_gen *g, bool is_source, uint16_t address)
{
	/* The low octet first, as a little-endian machine wrote it. */
	uint16_t wire = (uint16_t)(address << 8 | address >> 8);
	const struct cst_formula *any = cst_false(g->pool);
	for (size_t i = 0; i < sizeof(framings) / sizeof(framings[0]); i++) {
		const struct decnet_framing *row = &framings[i];
		const struct cst_formula *is_framing =
			cst_gen_masked_eq(g, LAYER_NET, 2, row->size, row->mask, row->flags);
		uint32_t offset = is_source ? row->source : row->destination;
		any = cst_or(g->pool, any, cst_and(g->pool, is_framing, cst_gen_eq(g, LAYER_NET, offset, 2, wire)));
	}
	return cst_and(g->pool, cst_gen_protocol(g, PROTOCOL_DECNET), any);
}

const struct cst_formula *cst_gen_decnet_host(struct cst_gen *g, enum ast_dir dir, uint16_t address)
{
	switch (dir) {
	case DIR_SRC:
		return is_address(g, true, address);
	case DIR_DST:
		return is_address(g, false, address);
	case DIR_SRC_AND_DST:
		return cst_and(g->pool, is_address(g, true, address), is_address(g, false, address));
	case DIR_NONE:
	case DIR_SRC_OR_DST:
		return cst_or(g->pool, is_address(g, true, address), is_address(g, false, address));
	default:
		return cst_gen_fail(g, "DECnet addresses are tested with 'host', 'src' or 'dst', not with 802.11's "
				       "qualifiers");
	}
}
