/* network.h - what the files of network primitives share: network.c, host.c, proto.c, transport.c, ... */
#ifndef CST_FILTER_NETWORK_H
#define CST_FILTER_NETWORK_H

#include "filter/gen.h"
#include "filter/resolve.h"

/* host.c: the addresses of one primitive. The qualifiers fit the identifier's form already. */
const struct cst_formula *cst_gen_host(struct cst_gen *g, const struct ast_match *match);
const struct cst_formula *cst_gen_link_host(struct cst_gen *g, const struct ast_match *match);
const struct cst_formula *cst_gen_net(struct cst_gen *g, const struct ast_match *match);
const struct cst_formula *cst_gen_gateway(struct cst_gen *g, const struct ast_match *match);

/* proto.c: the next header of IPv6, without a look behind a Fragment header. */
const struct cst_formula *cst_gen_ip6_next_header(struct cst_gen *g, uint32_t number);

/* transport.c: a port of one of the ranges; their `proto` does not count. */
const struct cst_formula *cst_gen_ports(struct cst_gen *g, enum ast_proto proto, enum ast_dir dir,
					const struct cst_port_range *ranges, size_t count);

#endif
