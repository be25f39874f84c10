/* wlan_header.c - where an 802.11 frame begins behind the header that the capture put before it, and where its payload
 * begins: IEEE 802.11 (frame control, QoS control), radiotap.org (length, flags), and what is known of the Prism, AVS
 * and PPI headers. */
#include "filter/gen.h"

#include <pcap/dlt.h>
#include <string.h>

enum {
	/* The first octet of the frame control field. */
	FC_TYPE = 0x0c,
	FC_DATA = 0x08,
	FC_CONTROL_BIT = 0x04, /* control frames and the extension type */
	FC_QOS = 0x80,	       /* of data frames: a QoS control field follows the addresses */

	HEADER = 24, /* up to the third address and the sequence control; a fourth address isn't expected in front of
			LLC */
	HEADER_QOS = 26,

	LLC_SNAP = 8,  /* to what follows an LLC header with SNAP */
	LLC_ALONE = 3, /* and one without */
	SNAP_TYPE = 6, /* to the EtherType */

	PRISM_HEADER = 144, /* monitor header of wlan-ng, without a length of its own */
};

/* An AVS header begins with a magic number and its version, and names its length next. DLT_PRISM_HEADER may have
 * either. */
#define AVS_MAGIC      0x80211000u
#define AVS_MAGIC_MASK 0xfffff000u

/* it_present, big-endian as the machine reads it. */
#define RADIOTAP_TSFT	    0x01000000u
#define RADIOTAP_FLAGS	    0x02000000u
#define RADIOTAP_MORE	    0x00000080u
#define RADIOTAP_FLAG_ALIGN 0x20 /* IEEE80211_RADIOTAP_F_DATAPAD: the 802.11 header is padded to 32 bits */

#define PPI_WLAN 0x69000000u /* DLT_IEEE802_11, little-endian */

#define LENGTH_OF(array) ((uint32_t)(sizeof(array) / sizeof((array)[0])))

/* To A: the length of the radiotap or PPI header, little-endian. */
static const struct bpf_insn little_endian_length[] = {
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 3), BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 8), BPF_STMT(BPF_MISC | BPF_TAX, 0),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 2), BPF_STMT(BPF_ALU | BPF_OR | BPF_X, 0),
};

static const struct bpf_insn avs_length[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4),
};

static const struct bpf_insn prism_length[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
	BPF_STMT(BPF_ALU | BPF_AND | BPF_K, AVS_MAGIC_MASK),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AVS_MAGIC, 0, 2),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4),
	BPF_STMT(BPF_JMP | BPF_JA, 1),
	BPF_STMT(BPF_LD | BPF_IMM, PRISM_HEADER),
};

static const struct bpf_insn no_length[] = {
	BPF_STMT(BPF_LD | BPF_IMM, 0),
};

/* From A, where the frame begins, to A, where its payload does. */
static const struct bpf_insn behind_addresses[] = {
	BPF_STMT(BPF_MISC | BPF_TAX, 0),
	BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0),
	BPF_STMT(BPF_ALU | BPF_AND | BPF_K, FC_TYPE | FC_QOS),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FC_DATA | FC_QOS, 0, 2),
	BPF_STMT(BPF_LD | BPF_IMM, HEADER_QOS),
	BPF_STMT(BPF_JMP | BPF_JA, 1),
	BPF_STMT(BPF_LD | BPF_IMM, HEADER),
	BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
};

/* The same behind radiotap, which may tell of padding. Its flags are the second field, or the first if there is no time
 * stamp; with more than one present word that place is not certain, and no padding is assumed. The padding is counted
 * from the packet's begin. */
static const struct bpf_insn behind_padded_addresses[] = {
	/* 0 */ BPF_STMT(BPF_MISC | BPF_TAX, 0),
	BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0),
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, FC_CONTROL_BIT, 21, 0),
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, FC_DATA, 0, 20),
	/* 4: a data frame */
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, FC_QOS, 0, 2),
	BPF_STMT(BPF_LD | BPF_IMM, HEADER_QOS),
	BPF_STMT(BPF_JMP | BPF_JA, 1),
	BPF_STMT(BPF_LD | BPF_IMM, HEADER),
	BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
	BPF_STMT(BPF_MISC | BPF_TAX, 0),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4),
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, RADIOTAP_FLAGS, 0, 10),
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, RADIOTAP_MORE, 9, 0),
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, RADIOTAP_TSFT, 0, 2),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 16),
	BPF_STMT(BPF_JMP | BPF_JA, 1),
	BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 8),
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, RADIOTAP_FLAG_ALIGN, 0, 4),
	/* 18: padded to a multiple of 4 */
	BPF_STMT(BPF_MISC | BPF_TXA, 0),
	BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 3),
	BPF_STMT(BPF_ALU | BPF_AND | BPF_K, ~3u),
	BPF_STMT(BPF_JMP | BPF_JA, 4),
	/* 22: not padded */
	BPF_STMT(BPF_MISC | BPF_TXA, 0),
	BPF_STMT(BPF_JMP | BPF_JA, 2),
	/* 24: no data frame */
	BPF_STMT(BPF_LD | BPF_IMM, HEADER),
	BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
};

static const struct wlan_layout {
	int dlt;
	const struct bpf_insn *length; /* of what comes before the frame, to A */
	uint32_t length_count;
	const struct bpf_insn *header; /* of the frame, too: from A to A */
	uint32_t header_count;
} layouts[] = {
	{ DLT_IEEE802_11, no_length, LENGTH_OF(no_length), behind_addresses, LENGTH_OF(behind_addresses) },
	{ DLT_PRISM_HEADER, prism_length, LENGTH_OF(prism_length), behind_addresses, LENGTH_OF(behind_addresses) },
	{ DLT_IEEE802_11_RADIO_AVS, avs_length, LENGTH_OF(avs_length), behind_addresses, LENGTH_OF(behind_addresses) },
	{ DLT_IEEE802_11_RADIO, little_endian_length, LENGTH_OF(little_endian_length), behind_padded_addresses,
	  LENGTH_OF(behind_padded_addresses) },
	{ DLT_PPI, little_endian_length, LENGTH_OF(little_endian_length), behind_addresses,
	  LENGTH_OF(behind_addresses) },
};

static const struct wlan_layout *layout_of(int dlt)
{
	for (size_t i = 0; i < LENGTH_OF(layouts); i++) {
		if (layouts[i].dlt == dlt)
			return &layouts[i];
	}
	return NULL;
}

/* Where the frame begins: values that need no jumps are made without code, so that more is known of them. */
static const struct cst_value *link_base(struct cst_pool *pool, const struct wlan_layout *layout)
{
	if (layout->length == avs_length)
		return cst_value_load(pool, NULL, 4, 4);
	if (layout->length != little_endian_length)
		return cst_value_code(pool, NULL, layout->length, layout->length_count);
	const struct cst_value *low = cst_value_load(pool, NULL, 2, 1);
	const struct cst_value *high = cst_value_load(pool, NULL, 3, 1);
	return cst_value_alu(pool, BPF_OR, cst_value_alu_k(pool, BPF_LSH, high, 8), low);
}

static const struct cst_value *payload_base(struct cst_pool *pool, const struct wlan_layout *layout)
{
	struct bpf_insn code[LENGTH_OF(prism_length) + LENGTH_OF(behind_padded_addresses)];
	memcpy(code, layout->length, layout->length_count * sizeof(*code));
	memcpy(code + layout->length_count, layout->header, layout->header_count * sizeof(*code));
	return cst_value_code(pool, NULL, code, layout->length_count + layout->header_count);
}

bool cst_gen_wlan_init(struct cst_gen *g)
{
	const struct wlan_layout *layout = layout_of(g->dlt);
	if (!layout)
		return cst_gen_fail(g, "DLT %d has no 802.11 frames", g->dlt) != NULL;
	const struct cst_value *link = NULL;
	if (layout->length != no_length) {
		link = link_base(g->pool, layout);
		if (!link)
			return cst_diagnose_memory(g->diagnosis) != NULL;
	}
	const struct cst_value *payload = payload_base(g->pool, layout);
	if (!payload)
		return cst_diagnose_memory(g->diagnosis) != NULL;
	g->frame = (struct cst_frame){
		.dlt = g->dlt,
		.naming = NAMING_LLC,
		.link = { link, 0 },
		.type = { payload, SNAP_TYPE },
		.payload = { payload, 0 },
		.net = LLC_SNAP,
		.net_nosnap = LLC_ALONE,
		.llc_possible = true,
	};
	return true;
}

const struct cst_formula *cst_gen_wlan_inside(struct cst_gen *g)
{
	return g->dlt == DLT_PPI ? cst_eq(g->pool, cst_value_load(g->pool, NULL, 4, 4), PPI_WLAN) : cst_true(g->pool);
}

const struct cst_formula *cst_gen_wlan_data(struct cst_gen *g)
{
	g->reject_all_allowed = true;
	return cst_gen_masked_eq(g, LAYER_LINK, 0, 1, FC_TYPE, FC_DATA);
}
