/* field.c - numbers of telephony headers, with a relation: vpi and vci of ATM; sio of MTP2's message signal units; opc,
 * dpc and sls of the MTP3 routing label (ITU-T Q.704, 2.2), which begins with the octet behind the SIO. */
#include "filter/mtp2.h"

#include <pcap/pcap.h>

/* The label is little-endian, and its parts lie across octets: 14 bits DPC, 14 bits OPC, 4 bits SLS. The relations > <
 * >= <= compare the octets as they come, not the numbers, as libpcap does. */
static uint32_t dpc_bits(uint32_t number)
{
	return (number & 0x00ff) << 8 | number >> 8;
}

static uint32_t opc_bits(uint32_t number)
{
	return (number & 0x0003) << 22 | (number & 0x03fc) << 6 | number >> 10;
}

static uint32_t sls_bits(uint32_t number)
{
	return number << 4;
}

static const struct field {
	enum ast_field field;
	const char *name;
	bool is_mtp;
	uint32_t most;
	/* Where: `size` octets, under `mask` (0: whole), in which a number looks as `bits` makes it (NULL: unchanged).
	 */
	uint32_t offset;
	uint8_t size;
	uint32_t mask;
	uint32_t (*bits)(uint32_t number);
} fields[] = {
	{ FIELD_VPI, "vpi", false, 0xff, 1, 1, 0, NULL },
	{ FIELD_VCI, "vci", false, 0xffff, 2, 2, 0, NULL },
	{ FIELD_SIO, "sio", true, 0xff, 3, 1, 0, NULL },
	{ FIELD_DPC, "dpc", true, 0x3fff, 4, 2, 0xff3f, dpc_bits },
	{ FIELD_OPC, "opc", true, 0x3fff, 4, 4, 0x00c0ff0f, opc_bits },
	{ FIELD_SLS, "sls", true, 0xf, 7, 1, 0xf0, sls_bits },
	/* High-speed links: the sequence numbers and the length are three octets longer. */
	{ FIELD_HSIO, "hsio", true, 0xff, 6, 1, 0, NULL },
	{ FIELD_HDPC, "hdpc", true, 0x3fff, 7, 2, 0xff3f, dpc_bits },
	{ FIELD_HOPC, "hopc", true, 0x3fff, 7, 4, 0x00c0ff0f, opc_bits },
	{ FIELD_HSLS, "hsls", true, 0xf, 10, 1, 0xf0, sls_bits },
};

static bool begin_of(struct cst_gen *g, const struct field *field, uint32_t *begin)
{
	const char *needed = "DLT_SUNATM";
	if (field->is_mtp) {
		if (cst_mtp2_begin(g->frame.dlt, begin))
			return true;
		needed = "DLT_MTP2, DLT_MTP2_WITH_PHDR or DLT_ERF";
	} else if (g->dlt == DLT_SUNATM) {
		*begin = 0;
		return true;
	}
	cst_gen_fail(g, "'%s' needs %s: the frames are %s", field->name, needed,
		     pcap_datalink_val_to_description_or_dlt(g->frame.dlt));
	return false;
}

const struct cst_formula *cst_gen_field(struct cst_gen *g, const struct ast *node)
{
	const struct field *field = fields;
	while (field->field != node->field.field)
		field++;
	uint32_t begin, number = node->field.number;
	if (!begin_of(g, field, &begin))
		return NULL;
	if (number > field->most)
		return cst_gen_fail(g, "'%s' is at most %u, found '%u'", field->name, field->most, number);
	const struct cst_value *value = cst_gen_load(g, LAYER_LINK, NULL, begin + field->offset, field->size);
	if (field->mask)
		value = cst_value_alu_k(g->pool, BPF_AND, value, field->mask);
	return cst_gen_relation(g, node->field.relation, value, field->bits ? field->bits(number) : number);
}
