/* resolve.h - from the names of an expression to numbers, through lib/names. */
#ifndef CST_FILTER_RESOLVE_H
#define CST_FILTER_RESOLVE_H

#include "filter/gen.h"

struct cst_ipv6_address {
	uint8_t bytes[16];
};

/* The addresses of a host, each once and in ascending order. */
struct cst_host_addresses {
	uint32_t *ipv4; /* host byte order */
	size_t nr_ipv4;
	struct cst_ipv6_address *ipv6;
	size_t nr_ipv6;
};

struct cst_port_range {
	uint32_t low, high;
	enum ast_proto proto; /* the only one that the names serve; PROTO_NONE: no such limit */
};

/* All of these return false after a diagnosis that points at `id`. */
bool cst_resolve_host(struct cst_gen *g, const struct ast_id *id, struct cst_host_addresses *addresses);
bool cst_resolve_ether(struct cst_gen *g, const struct ast_id *id, uint8_t mac[static 6]);
bool cst_resolve_net(struct cst_gen *g, const struct ast_id *id, uint32_t *net);

/* A port by number or name: low = high. */
bool cst_resolve_port(struct cst_gen *g, const struct ast_id *id, struct cst_port_range *range);
/* "first-last", each a number as C writes it or a name; also one number. low <= high. */
bool cst_resolve_portrange(struct cst_gen *g, const struct ast_id *id, struct cst_port_range *range);

/* The number after `proto`, by name or not, of the layer that `proto` says: PROTO_LINK an EtherType or an LLC DSAP,
 * PROTO_ISO an NLPID, else an IP protocol. Numbers are not checked. */
bool cst_resolve_proto(struct cst_gen *g, enum ast_proto proto, const struct ast_id *id, uint32_t *number);

#endif
