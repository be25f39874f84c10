/* atm.c - SunATM (DLT_SUNATM): four octets come before each frame, the traffic type (its lower half), the VPI and the
 * VCI (16 bits). Which circuits signal: ITU-T I.361, the messages: ITU-T Q.2931; LAN emulation: af-lane-0021. */
#include "filter/gen.h"

#include <pcap/pcap.h>

enum {
	TRAFFIC = 0, /* offsets in the header */
	VPI = 1,
	VCI = 2,
	HEADER = 4,
	MESSAGE_TYPE = HEADER + 5, /* behind protocol discriminator, call reference length and call reference (3) */

	TRAFFIC_MASK = 0x0f,
	TRAFFIC_LANE = 1,
	TRAFFIC_LLC = 2,

	LANE_HEADER = 2, /* the id of the sending client, or a mark */
	LANE_CONTROL = 0xff00,
	ETHERNET_TYPE = 12,
	ETHERNET_HEADER = 14,
};

#define LENGTH_OF(array) (sizeof(array) / sizeof((array)[0]))

/* The well-known circuits, all with a VPI of 0. */
static const struct circuit {
	enum ast_word word;
	uint16_t vci[2];
	uint8_t vci_count;
	/* The Q.2931 messages asked for, in the order of the tests; none: any frame. */
	uint8_t messages[6];
	uint8_t message_count;
} circuits[] = {
	{ WORD_ATM_METAC, { 1 }, 1, { 0 }, 0 },
	{ WORD_ATM_BCC, { 2 }, 1, { 0 }, 0 },
	{ WORD_ATM_OAMF4SC, { 3 }, 1, { 0 }, 0 },
	{ WORD_ATM_OAMF4EC, { 4 }, 1, { 0 }, 0 },
	{ WORD_ATM_OAMF4, { 3, 4 }, 2, { 0 }, 0 },
	{ WORD_ATM_OAM, { 3, 4 }, 2, { 0 }, 0 },
	{ WORD_ATM_SC, { 5 }, 1, { 0 }, 0 },
	{ WORD_ATM_ILMIC, { 16 }, 1, { 0 }, 0 },
	/* SETUP, CALL PROCEEDING, CONNECT, CONNECT ACK, RELEASE, RELEASE COMPLETE */
	{ WORD_ATM_CONNECTMSG, { 5 }, 1, { 0x05, 0x02, 0x07, 0x0f, 0x4d, 0x5a }, 6 },
	{ WORD_ATM_METACONNECT, { 1 }, 1, { 0x05, 0x02, 0x07, 0x4d, 0x5a }, 5 },
};

const struct cst_formula *cst_gen_atm_llc(struct cst_gen *g)
{
	return cst_gen_masked_eq(g, LAYER_LINK, TRAFFIC, 1, TRAFFIC_MASK, TRAFFIC_LLC);
}

const struct cst_formula *cst_gen_lane_data(struct cst_gen *g)
{
	if (!g->frame.is_lane)
		return cst_true(g->pool);
	const uint32_t before_link = 0u - LANE_HEADER;
	return cst_not(g->pool, cst_gen_eq(g, LAYER_LINK, before_link, 2, LANE_CONTROL));
}

static const struct cst_formula *circuit_test(struct cst_gen *g, const struct circuit *circuit)
{
	const struct cst_formula *vci = cst_false(g->pool);
	for (size_t i = 0; i < circuit->vci_count; i++)
		vci = cst_or(g->pool, vci, cst_gen_eq(g, LAYER_LINK, VCI, 2, circuit->vci[i]));
	const struct cst_formula *test = cst_and(g->pool, cst_gen_eq(g, LAYER_LINK, VPI, 1, 0), vci);
	if (circuit->message_count == 0)
		return test;
	const struct cst_formula *message = cst_false(g->pool);
	for (size_t i = 0; i < circuit->message_count; i++)
		message = cst_or(g->pool, message, cst_gen_eq(g, LAYER_LINK, MESSAGE_TYPE, 1, circuit->messages[i]));
	return cst_and(g->pool, test, message);
}

/* The rest of the expression is about the Ethernet frame behind the ATM and LAN emulation headers; a further `lane`, or
 * one behind another encapsulation, does not ask for the marker of control frames any more. */
static const struct cst_formula *lane(struct cst_gen *g)
{
	const struct cst_formula *test = cst_gen_masked_eq(g, LAYER_LINK, TRAFFIC, 1, TRAFFIC_MASK, TRAFFIC_LANE);
	struct cst_frame *frame = &g->frame;
	enum { ETHERNET = HEADER + LANE_HEADER };
	frame->is_lane = frame->dlt == DLT_SUNATM;
	frame->naming = NAMING_ETHERNET;
	frame->dlt = DLT_EN10MB;
	frame->link.offset = ETHERNET;
	frame->type.offset = ETHERNET + ETHERNET_TYPE;
	frame->payload.offset = ETHERNET + ETHERNET_HEADER;
	frame->net = 0;
	frame->net_nosnap = 3;
	frame->llc_possible = true;
	return test;
}

const struct cst_formula *cst_gen_atm_word(struct cst_gen *g, const struct ast *word)
{
	if (g->dlt != DLT_SUNATM)
		return cst_gen_fail(g, "ATM circuits can be told on DLT_SUNATM only, and the frames are %s",
				    pcap_datalink_val_to_description_or_dlt(g->frame.dlt));
	for (size_t i = 0; i < LENGTH_OF(circuits); i++) {
		if (circuits[i].word == word->word.word)
			return circuit_test(g, &circuits[i]);
	}
	return lane(g);
}
