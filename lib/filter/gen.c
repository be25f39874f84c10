/* gen.c - the walk through the tree, from left to right, and how every file of the generator loads and compares.
 * The walk keeps its own stack, in the arena: expressions may nest as deeply as they like. */
#include "filter/gen.h"

#include <stdarg.h>
#include <stdio.h>

void *cst_gen_fail(struct cst_gen *g, const char *format, ...)
{
	char sentence[PCAP_ERRBUF_SIZE];
	va_list ap;
	va_start(ap, format);
	vsnprintf(sentence, sizeof(sentence), format, ap);
	va_end(ap);
	return cst_diagnose(g->diagnosis, g->at, "%s", sentence);
}

/* ---- loading and comparing ---- */

static inline struct cst_place place_of(const struct cst_gen *g, enum cst_layer layer)
{
	const struct cst_frame *frame = &g->frame;
	struct cst_place place = frame->payload;
	switch (layer) {
	case LAYER_LINK:
		return frame->link;
	case LAYER_TYPE:
		return frame->type;
	case LAYER_PAYLOAD:
		return place;
	case LAYER_NET:
	case LAYER_TRANSPORT4: /* plus the length of the IPv4 header, see cst_gen_load() */
		place.offset += frame->net;
		return place;
	case LAYER_NET_NOSNAP:
		place.offset += frame->net_nosnap;
		return place;
	case LAYER_TRANSPORT6:
		place.offset += frame->net + 40; /* RFC 8200, 3 */
		return place;
	}
	return place;
}

/* The length of the IPv4 header: four times the lower half of its first octet (RFC 791). Written as the machine's
 * ldx 4*([k]&0xf) computes it, so that this instruction can be taken. */
static const struct cst_value *ipv4_header_length(struct cst_gen *g)
{
	struct cst_place place = place_of(g, LAYER_NET);
	if (!g->ipv4_header_length || g->ipv4_header.base != place.base || g->ipv4_header.offset != place.offset) {
		const struct cst_value *first = cst_gen_load(g, LAYER_NET, NULL, 0, 1);
		const struct cst_value *words = cst_value_alu_k(g->pool, BPF_AND, first, 0xf);
		g->ipv4_header = place;
		g->ipv4_header_length = cst_value_alu_k(g->pool, BPF_LSH, words, 2);
	}
	return g->ipv4_header_length;
}

/* The sum of two values of which NULL means none. */
static const struct cst_value *plus(struct cst_gen *g, const struct cst_value *a, const struct cst_value *b)
{
	if (!a || !b)
		return a ? a : b;
	return cst_value_alu(g->pool, BPF_ADD, a, b);
}

/* From where a number out of the packet takes part in the place. */
static const struct cst_value *load_computed(struct cst_gen *g, enum cst_layer layer, const struct cst_value *index,
					     uint32_t offset, uint8_t size)
{
	struct cst_place place = place_of(g, layer);
	const struct cst_value *base = place.base;
	if (layer == LAYER_TRANSPORT4) {
		const struct cst_value *length = ipv4_header_length(g);
		if (!length)
			return NULL;
		base = plus(g, base, length);
	}
	const struct cst_value *sum = plus(g, index, base);
	if (!sum && (base || index))
		return NULL;
	return cst_value_load(g->pool, sum, place.offset + offset, size);
}

const struct cst_value *cst_gen_load(struct cst_gen *g, enum cst_layer layer, const struct cst_value *index,
				     uint32_t offset, uint8_t size)
{
	struct cst_place place = place_of(g, layer);
	if (!index && !place.base && layer != LAYER_TRANSPORT4)
		return cst_value_load(g->pool, NULL, place.offset + offset, size);
	return load_computed(g, layer, index, offset, size);
}

const struct cst_formula *cst_gen_eq(struct cst_gen *g, enum cst_layer layer, uint32_t offset, uint8_t size, uint32_t k)
{
	return cst_eq(g->pool, cst_gen_load(g, layer, NULL, offset, size), k);
}

const struct cst_formula *cst_gen_masked_eq(struct cst_gen *g, enum cst_layer layer, uint32_t offset, uint8_t size,
					    uint32_t mask, uint32_t k)
{
	return cst_masked_eq(g->pool, cst_gen_load(g, layer, NULL, offset, size), mask, k);
}

static uint32_t big_endian(const uint8_t *bytes, uint32_t count)
{
	uint32_t number = 0;
	for (uint32_t i = 0; i < count; i++)
		number = number << 8 | bytes[i];
	return number;
}

/* From the end: the last octets of an address tell more packets apart than the first. */
const struct cst_formula *cst_gen_bytes(struct cst_gen *g, enum cst_layer layer, uint32_t offset, const uint8_t *bytes,
					uint32_t count)
{
	const struct cst_formula *all = cst_true(g->pool);
	while (count > 0) {
		uint8_t size = count >= 4 ? 4 : count >= 2 ? 2 : 1;
		count -= size;
		all = cst_and(g->pool, all,
			      cst_gen_eq(g, layer, offset + count, size, big_endian(bytes + count, size)));
	}
	return all;
}

const struct cst_formula *cst_gen_relation(struct cst_gen *g, enum ast_relation relation, const struct cst_value *value,
					   uint32_t k)
{
	struct cst_pool *pool = g->pool;
	switch (relation) {
	case REL_EQ:
		return cst_eq(pool, value, k);
	case REL_NE:
		return cst_not(pool, cst_eq(pool, value, k));
	case REL_GT:
		return cst_gt(pool, value, k);
	case REL_GE:
		return cst_ge(pool, value, k);
	case REL_LT:
		return cst_not(pool, cst_ge(pool, value, k));
	case REL_LE:
		return cst_not(pool, cst_gt(pool, value, k));
	}
	return NULL;
}

const struct cst_formula *cst_gen_directed(struct cst_gen *g, enum ast_dir dir, const struct cst_formula *source,
					   const struct cst_formula *destination)
{
	switch (dir) {
	case DIR_SRC:
		return source;
	case DIR_DST:
		return destination;
	case DIR_SRC_AND_DST:
		return cst_and(g->pool, source, destination);
	default:
		return cst_or(g->pool, source, destination);
	}
}

/* ---- words ---- */

static const struct cst_formula *inbound(struct cst_gen *g, const struct ast *node)
{
	return cst_gen_inbound(g, node->word.word == WORD_INBOUND);
}

static const struct cst_formula *ifindex(struct cst_gen *g, const struct ast *node)
{
	return cst_gen_ifindex(g, node->word.args[0].number);
}

/* `less` and `greater` include the number: pcap-filter(7). */
static const struct cst_formula *length(struct cst_gen *g, const struct ast *node)
{
	enum ast_relation relation = node->word.word == WORD_LESS ? REL_LE : REL_GE;
	return cst_gen_relation(g, relation, cst_value_pktlen(g->pool), node->word.args[0].number);
}

static const struct cst_formula *byte(struct cst_gen *g, const struct ast *node)
{
	uint32_t index = node->word.args[0].number, number = node->word.args[1].number;
	if (number > 255) {
		g->at = node->word.args[1].at;
		return cst_gen_fail(g, "expected a number up to 255 to compare the octet of 'byte' with, found '%u'",
				    number);
	}
	const struct cst_value *octet = cst_gen_load(g, LAYER_LINK, NULL, index, 1);
	switch (node->word.byte_operator) {
	case BYTE_EQ:
		return cst_eq(g->pool, octet, number);
	case BYTE_GT:
		return cst_gt(g->pool, octet, number);
	case BYTE_LT:
		return cst_gen_relation(g, REL_LT, octet, number);
	case BYTE_AND:
		return cst_any_bit(g->pool, octet, number);
	case BYTE_OR:
		return cst_gen_relation(g, REL_NE, cst_value_alu_k(g->pool, BPF_OR, octet, number), 0);
	}
	return NULL;
}

typedef const struct cst_formula *word_gen(struct cst_gen *g, const struct ast *node);

static word_gen *const words[] = {
	[WORD_INBOUND] = inbound,
	[WORD_OUTBOUND] = inbound,
	[WORD_IFINDEX] = ifindex,
	[WORD_VLAN] = cst_gen_encapsulation,
	[WORD_MPLS] = cst_gen_encapsulation,
	[WORD_PPPOED] = cst_gen_encapsulation,
	[WORD_PPPOES] = cst_gen_encapsulation,
	[WORD_GENEVE] = cst_gen_encapsulation,
	[WORD_VXLAN] = cst_gen_encapsulation,
	[WORD_LESS] = length,
	[WORD_GREATER] = length,
	[WORD_BYTE] = byte,
	[WORD_LLC] = cst_gen_llc,
	[WORD_WLAN_TYPE] = cst_gen_wlan_word,
	[WORD_WLAN_SUBTYPE] = cst_gen_wlan_word,
	[WORD_WLAN_DIR] = cst_gen_wlan_word,
	[WORD_PF_IFNAME] = cst_gen_pflog_word,
	[WORD_PF_RULESET] = cst_gen_pflog_word,
	[WORD_PF_RULENUM] = cst_gen_pflog_word,
	[WORD_PF_SUBRULENUM] = cst_gen_pflog_word,
	[WORD_PF_REASON] = cst_gen_pflog_word,
	[WORD_PF_ACTION] = cst_gen_pflog_word,
	[WORD_ATM_LANE] = cst_gen_atm_word,
	[WORD_ATM_METAC] = cst_gen_atm_word,
	[WORD_ATM_BCC] = cst_gen_atm_word,
	[WORD_ATM_SC] = cst_gen_atm_word,
	[WORD_ATM_ILMIC] = cst_gen_atm_word,
	[WORD_ATM_OAM] = cst_gen_atm_word,
	[WORD_ATM_OAMF4] = cst_gen_atm_word,
	[WORD_ATM_OAMF4EC] = cst_gen_atm_word,
	[WORD_ATM_OAMF4SC] = cst_gen_atm_word,
	[WORD_ATM_CONNECTMSG] = cst_gen_atm_word,
	[WORD_ATM_METACONNECT] = cst_gen_atm_word,
	[WORD_MTP2_FISU] = cst_gen_mtp2_word,
	[WORD_MTP2_LSSU] = cst_gen_mtp2_word,
	[WORD_MTP2_MSU] = cst_gen_mtp2_word,
	[WORD_MTP2_HFISU] = cst_gen_mtp2_word,
	[WORD_MTP2_HLSSU] = cst_gen_mtp2_word,
	[WORD_MTP2_HMSU] = cst_gen_mtp2_word,
};

/* ---- the walk ---- */

static const struct cst_formula *primitive(struct cst_gen *g, const struct ast *node)
{
	g->at = node->at;
	switch (node->kind) {
	case AST_MATCH:
		return cst_gen_match(g, &node->match);
	case AST_PROTOCOL:
		return cst_gen_proto_word(g, node->proto);
	case AST_BROADCAST:
		return cst_gen_broadcast(g, node->proto);
	case AST_MULTICAST:
		return cst_gen_multicast(g, node->proto);
	case AST_COMPARE:
		return cst_gen_compare(g, node->compare.relation, node->compare.left, node->compare.right);
	case AST_WORD:
		return words[node->word.word](g, node);
	case AST_FIELD:
		return cst_gen_field(g, node);
	case AST_OR: /* of all lists the one that is_walked() leaves whole */
		return cst_gen_port_pair(g, node);
	case AST_EMPTY:
	case AST_AND: /* not primitives: the walk went into them */
	case AST_NOT:
		break;
	}
	return cst_true(g->pool);
}

/* A list or a negation of which some kids are done. */
struct step {
	const struct ast *node;
	const struct cst_formula **done;
	size_t count, next;
	struct step *up;
};

static struct step *step_into(struct cst_gen *g, const struct ast *node, struct step *up)
{
	struct step *step = cst_arena_alloc(g->arena, sizeof(*step));
	if (!step)
		return NULL;
	step->node = node;
	step->up = up;
	step->count = node->kind == AST_NOT ? 1 : node->list.count;
	step->done = cst_arena_array(g->arena, step->count, sizeof(*step->done));
	return step->done ? step : NULL;
}

static const struct ast *next_kid(const struct step *step)
{
	return step->node->kind == AST_NOT ? step->node->inner : step->node->list.kids[step->next];
}

static const struct cst_formula *put_together(struct cst_gen *g, const struct step *step)
{
	switch (step->node->kind) {
	case AST_NOT:
		return cst_not(g->pool, step->done[0]);
	case AST_OR:
		return cst_any(g->pool, step->done, step->count);
	default:
		return cst_all(g->pool, step->done, step->count);
	}
}

static bool is_walked(const struct cst_gen *g, const struct ast *node)
{
	if (node->kind == AST_OR)
		return !g->optimize || !cst_gen_is_port_pair(node);
	return node->kind == AST_AND || node->kind == AST_NOT;
}

static const struct cst_formula *walk(struct cst_gen *g, const struct ast *node)
{
	struct step *top = NULL;
	for (;;) {
		while (is_walked(g, node)) {
			top = step_into(g, node, top);
			if (!top)
				return NULL;
			node = next_kid(top);
		}
		const struct cst_formula *result = primitive(g, node);
		while (result && top) {
			top->done[top->next++] = result;
			if (top->next < top->count)
				break;
			result = put_together(g, top);
			top = top->up;
		}
		if (!result || !top)
			return result;
		node = next_kid(top);
	}
}

const struct cst_formula *cst_gen(struct cst_gen *g, const struct ast *tree)
{
	g->at = tree->at;
	if (!cst_gen_link_init(g))
		return NULL;
	/* Before the walk moves the frame on. */
	const struct cst_formula *inside = tree->kind == AST_EMPTY ? cst_true(g->pool) : cst_gen_wlan_inside(g);
	const struct cst_formula *formula = cst_and(g->pool, inside, walk(g, tree));
	if (!formula && !g->diagnosis->failed)
		return cst_diagnose_memory(g->diagnosis);
	return formula;
}
