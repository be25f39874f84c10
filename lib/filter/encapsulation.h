/* encapsulation.h - the primitives after which the expression is about what a frame carries: a file each. */
#ifndef CST_FILTER_ENCAPSULATION_H
#define CST_FILTER_ENCAPSULATION_H

#include "filter/gen.h"

/* The tag, label, session or network that the primitive asks for. */
struct cst_wanted {
	bool is_given;
	uint32_t number; /* within its range */
};

const struct cst_formula *cst_gen_vlan(struct cst_gen *g, struct cst_wanted tag);
const struct cst_formula *cst_gen_mpls(struct cst_gen *g, struct cst_wanted label);
const struct cst_formula *cst_gen_pppoed(struct cst_gen *g, struct cst_wanted nothing);
const struct cst_formula *cst_gen_pppoes(struct cst_gen *g, struct cst_wanted session);
const struct cst_formula *cst_gen_geneve(struct cst_gen *g, struct cst_wanted network);
const struct cst_formula *cst_gen_vxlan(struct cst_gen *g, struct cst_wanted network);

#endif
