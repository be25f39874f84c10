/* wlan.c - the addresses of 802.11 frames (IEEE 802.11, "Frame formats"): which of the four is receiver, transmitter,
 * source or destination depends on the frame's type and on To DS and From DS. */
#include "filter/gen.h"

enum {
	/* The first octet of the frame control field. */
	FC_TYPE = 0x0c,
	FC_TYPE_SUBTYPE = 0xfc,
	FC_CONTROL = 0x04, /* the type; of management and data frames this bit is 0 */
	FC_DATA_BIT = 0x08,
	FC_CTS = 0xc4,
	FC_ACK = 0xd4,

	/* The second one. */
	FC_TO_DS = 0x01,
	FC_FROM_DS = 0x02,

	ADDRESS1 = 4,
	ADDRESS2 = 10,
	ADDRESS3 = 16,
	ADDRESS4 = 24,
};

/* What is asked of an address: to be this one, or to have its group bit set when `mac` is NULL. */
static const struct cst_formula *address(struct cst_gen *g, uint32_t offset, const uint8_t *mac)
{
	if (mac)
		return cst_gen_bytes(g, LAYER_LINK, offset, mac, 6);
	return cst_any_bit(g->pool, cst_gen_load(g, LAYER_LINK, NULL, offset, 1), 0x01);
}

static const struct cst_formula *frame_bit(struct cst_gen *g, uint32_t octet, uint32_t bit)
{
	return cst_any_bit(g->pool, cst_gen_load(g, LAYER_LINK, NULL, octet, 1), bit);
}

/* a if the bit is set, b if not: the bit is tested first on either way. */
static const struct cst_formula *choose(struct cst_pool *pool, const struct cst_formula *bit,
					const struct cst_formula *a, const struct cst_formula *b)
{
	return cst_or(pool, cst_and(pool, cst_not(pool, bit), b), cst_and(pool, bit, a));
}

static const struct cst_formula *no_control_frame(struct cst_gen *g, const struct cst_formula *rest)
{
	return cst_and(g->pool, cst_not(g->pool, frame_bit(g, 0, FC_CONTROL)), rest);
}

/* The second address in management frames; in data frames the last of those that are there. */
static const struct cst_formula *source(struct cst_gen *g, const uint8_t *mac)
{
	const struct cst_formula *from_ds =
		choose(g->pool, frame_bit(g, 1, FC_TO_DS), address(g, ADDRESS4, mac), address(g, ADDRESS3, mac));
	const struct cst_formula *data =
		choose(g->pool, frame_bit(g, 1, FC_FROM_DS), from_ds, address(g, ADDRESS2, mac));
	return no_control_frame(g, choose(g->pool, frame_bit(g, 0, FC_DATA_BIT), data, address(g, ADDRESS2, mac)));
}

static const struct cst_formula *destination(struct cst_gen *g, const uint8_t *mac)
{
	const struct cst_formula *data =
		choose(g->pool, frame_bit(g, 1, FC_TO_DS), address(g, ADDRESS3, mac), address(g, ADDRESS1, mac));
	return no_control_frame(g, choose(g->pool, frame_bit(g, 0, FC_DATA_BIT), data, address(g, ADDRESS1, mac)));
}

static const struct cst_formula *has_type(struct cst_gen *g, uint32_t mask, uint32_t type)
{
	return cst_gen_masked_eq(g, LAYER_LINK, 0, 1, mask, type);
}

/* CTS and ACK have no second address. */
static const struct cst_formula *second(struct cst_gen *g, const uint8_t *mac)
{
	const struct cst_formula *without =
		cst_or(g->pool, has_type(g, FC_TYPE_SUBTYPE, FC_CTS), has_type(g, FC_TYPE_SUBTYPE, FC_ACK));
	return cst_and(g->pool, cst_not(g->pool, without), address(g, ADDRESS2, mac));
}

static const struct cst_formula *third(struct cst_gen *g, const uint8_t *mac)
{
	return cst_and(g->pool, cst_not(g->pool, has_type(g, FC_TYPE, FC_CONTROL)), address(g, ADDRESS3, mac));
}

static const struct cst_formula *fourth(struct cst_gen *g, const uint8_t *mac)
{
	const struct cst_formula *present =
		cst_gen_masked_eq(g, LAYER_LINK, 1, 1, FC_TO_DS | FC_FROM_DS, FC_TO_DS | FC_FROM_DS);
	return cst_and(g->pool, present, address(g, ADDRESS4, mac));
}

const struct cst_formula *cst_gen_wlan_host(struct cst_gen *g, enum ast_dir dir, const uint8_t mac[6])
{
	switch (dir) {
	case DIR_SRC:
		return source(g, mac);
	case DIR_DST:
		return destination(g, mac);
	case DIR_SRC_AND_DST:
		return cst_and(g->pool, source(g, mac), destination(g, mac));
	case DIR_NONE:
	case DIR_SRC_OR_DST:
		return cst_or(g->pool, source(g, mac), destination(g, mac));
	case DIR_ADDR1:
		return address(g, ADDRESS1, mac);
	case DIR_ADDR2:
		return second(g, mac);
	case DIR_ADDR3:
		return third(g, mac);
	case DIR_ADDR4:
		return fourth(g, mac);
	/* Asked of data frames (and the extension type) alone, as libpcap does, though RTS, say, has both. */
	case DIR_RA:
		return cst_and(g->pool, frame_bit(g, 0, FC_DATA_BIT), address(g, ADDRESS1, mac));
	case DIR_TA:
		return cst_and(g->pool, frame_bit(g, 0, FC_DATA_BIT), address(g, ADDRESS2, mac));
	}
	return NULL;
}

const struct cst_formula *cst_gen_wlan_multicast(struct cst_gen *g)
{
	return destination(g, NULL);
}
