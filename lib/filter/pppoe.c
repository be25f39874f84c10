/* pppoe.c - `pppoed` and `pppoes [N]`: PPP over Ethernet (RFC 2516). */
#include "filter/encapsulation.h"

enum {
	ETHERTYPE_DISCOVERY = 0x8863,
	ETHERTYPE_SESSION = 0x8864,
	SESSION_OFFSET = 2, /* behind version, type and code */
	HEADER_BYTES = 6,
	PPP_PROTOCOL_BYTES = 2,
};

const struct cst_formula *cst_gen_pppoed(struct cst_gen *g, struct cst_wanted nothing)
{
	(void)nothing;
	return cst_gen_protocol(g, ETHERTYPE_DISCOVERY);
}

/* PPP begins with its protocol's number here: there is no address and no control field. */
static void enter_ppp(struct cst_frame *frame)
{
	struct cst_place ppp = { frame->payload.base, frame->payload.offset + frame->net + HEADER_BYTES };
	*frame = (struct cst_frame){
		.dlt = DLT_PPP,
		.naming = NAMING_PPP,
		.link = ppp,
		.type = ppp,
		.payload = { ppp.base, ppp.offset + PPP_PROTOCOL_BYTES },
		.is_encapsulated = true,
	};
}

const struct cst_formula *cst_gen_pppoes(struct cst_gen *g, struct cst_wanted session)
{
	const struct cst_formula *found = cst_gen_protocol(g, ETHERTYPE_SESSION);
	if (session.is_given)
		found = cst_and(g->pool, found, cst_gen_eq(g, LAYER_NET, SESSION_OFFSET, 2, session.number));
	enter_ppp(&g->frame);
	return found;
}
