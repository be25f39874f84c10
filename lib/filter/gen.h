/* gen.h - from the tree to formulas: what each primitive means on a link type.
 * The walk goes through the expression from left to right; `vlan`, `mpls`, `pppoes`, `geneve` and `vxlan` change what the
 * rest of it is about (pcap-filter(7)), so where the headers begin is part of the walk's state.
 *
 * gen.c walks. link.c knows how link types name and address; network.c hosts, nets and protocols above them;
 * transport.c ports; arithmetic.c relations; encapsulation.c vlan and its kin; further files a family of links each.
 * Every cst_gen_*() that returns a pointer returns NULL after a diagnosis, and NULL operands pass through cst_and() & co. */
#ifndef CST_FILTER_GEN_H
#define CST_FILTER_GEN_H

#include "filter/ast.h"
#include "filter/diagnose.h"
#include "filter/formula.h"
#include "filter/layout.h"
#include "filter/value.h"

#include <stdbool.h>
#include <stdint.h>

/* A place in the packet: `offset` bytes behind what `base` computes, or behind the packet's begin when base is NULL. */
struct cst_place {
	const struct cst_value *base;
	uint32_t offset;
};

/* Where the headers of the innermost frame begin, as far as the walk has come. */
struct cst_frame {
	int dlt;                /* of the innermost link layer: an inner Ethernet's is DLT_EN10MB */
	enum cst_naming naming; /* how `type` is to be read */
	struct cst_place link;    /* the link-layer header: link[0], the MAC addresses */
	struct cst_place type;    /* the field that names the network protocol */
	struct cst_place payload; /* what follows the link-layer header; an LLC header, if there is one, begins here */
	uint32_t net;        /* from the payload to the network header, behind an LLC and SNAP header where those are */
	uint32_t net_nosnap; /* the same for protocols that follow an LLC header directly (ISO, IPX, ...) */
	bool llc_possible;   /* an 802.2 header can follow */
	bool is_encapsulated; /* behind mpls, pppoes, geneve, vxlan (not vlan): `gateway` is refused */
	bool is_lane; /* an Ethernet frame of ATM LAN emulation, where LE control frames are no Ethernet frames */
	unsigned vlan_depth;  /* `vlan` primitives passed since the frame's link layer began */
	unsigned mpls_depth;  /* the same of `mpls` */
	/* What tests of link-layer addresses require first, or NULL: behind geneve there may be no Ethernet header. */
	const struct cst_formula *has_link;
};

struct cst_gen {
	struct cst_arena *arena;
	struct cst_pool *pool;
	struct cst_diagnosis *diagnosis;
	int dlt;             /* of the handle */
	bool is_live;        /* an activated Linux capture: the kernel's metadata may be asked */
	bool is_savefile;    /* AF_ numbers of other systems count, see reference: DLT_NULL, DLT_PFLOG */
	bool optimize;	     /* alternatives may be tested together where that is shorter */
	uint32_t netmask;    /* host byte order, or PCAP_NETMASK_UNKNOWN */
	struct ast_span at;  /* the primitive under way: where errors point */
	struct cst_frame frame;
	/* The last IPv4 header whose length was asked for, and that length (NULL: none yet). */
	struct cst_place ipv4_header;
	const struct cst_value *ipv4_header_length;
	/* Something passed by which libpcap's optimiser stays off (protochain, geneve, 802.11 headers): a filter that
	 * rejects everything is then no error. */
	bool reject_all_allowed;
};

/* Layers to load from. */
enum cst_layer {
	LAYER_LINK,      /* frame.link */
	LAYER_TYPE,      /* frame.type */
	LAYER_PAYLOAD,   /* frame.payload */
	LAYER_NET,       /* the network header */
	LAYER_NET_NOSNAP,
	LAYER_TRANSPORT4, /* behind the IPv4 header, whose length is computed */
	LAYER_TRANSPORT6, /* 40 bytes behind the IPv6 header's begin */
};

/* gen.c: the whole expression. Sets the frame up from `dlt` first. */
const struct cst_formula *cst_gen(struct cst_gen *g, const struct ast *tree);

/* gen.c: `size` (1, 2, 4) bytes at `offset` (+ `index` when not NULL) of a layer. */
const struct cst_value *cst_gen_load(struct cst_gen *g, enum cst_layer layer, const struct cst_value *index,
				     uint32_t offset, uint8_t size);
/* gen.c: load and compare; `count` bytes equal to `bytes`, tested in words of 4, 2, 1. */
const struct cst_formula *cst_gen_eq(struct cst_gen *g, enum cst_layer layer, uint32_t offset, uint8_t size, uint32_t k);
const struct cst_formula *cst_gen_masked_eq(struct cst_gen *g, enum cst_layer layer, uint32_t offset, uint8_t size,
					    uint32_t mask, uint32_t k);
const struct cst_formula *cst_gen_bytes(struct cst_gen *g, enum cst_layer layer, uint32_t offset,
					const uint8_t *bytes, uint32_t count);
/* gen.c: value relation number, and value relation value. */
const struct cst_formula *cst_gen_relation(struct cst_gen *g, enum ast_relation relation, const struct cst_value *value,
					   uint32_t k);
/* gen.c: the tests of the source and of the destination put together as `dir` says; what it leaves out is not looked at. */
const struct cst_formula *cst_gen_directed(struct cst_gen *g, enum ast_dir dir, const struct cst_formula *source,
					   const struct cst_formula *destination);
/* gen.c: the error "... at column N", pointing at g->at. Returns NULL. */
void *cst_gen_fail(struct cst_gen *g, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* link.c */
bool cst_gen_link_init(struct cst_gen *g); /* g->frame for g->dlt; false after a diagnosis */
/* The network protocol is `protocol`: an EtherType above 1500, an LLC DSAP up to that, as `ether proto` counts. This is
 * what ip, arp, iso, ... and `ether proto N` mean; the caller has checked the range of what the user wrote. */
const struct cst_formula *cst_gen_protocol(struct cst_gen *g, uint32_t protocol);
/* `ether proto N` as the user wrote it, `id`: with the range checks of the link type. */
const struct cst_formula *cst_gen_ether_proto(struct cst_gen *g, const struct ast_id *id, uint32_t protocol);
const struct cst_formula *cst_gen_ether_host(struct cst_gen *g, enum ast_dir dir, const uint8_t mac[6]);
const struct cst_formula *cst_gen_arcnet_host(struct cst_gen *g, enum ast_dir dir, uint8_t address);
const struct cst_formula *cst_gen_link_broadcast(struct cst_gen *g);
const struct cst_formula *cst_gen_link_multicast(struct cst_gen *g);
/* An Ethernet frame begins at `place` (behind geneve, vxlan): the frame's fields set so. */
void cst_gen_ethernet_at(struct cst_gen *g, struct cst_place place);

/* wlan_header.c: 802.11, plain and behind radiotap, Prism, AVS and PPI headers. */
bool cst_gen_wlan_init(struct cst_gen *g);
/* What a frame must be for any expression that is not empty to be true of it: 802.11, inside PPI, which carries others,
 * too. cst_gen() puts it before the whole; true on every other link type. */
const struct cst_formula *cst_gen_wlan_inside(struct cst_gen *g);
const struct cst_formula *cst_gen_wlan_data(struct cst_gen *g); /* a data frame: what every network test needs first */
/* wlan.c: addresses. */
const struct cst_formula *cst_gen_wlan_host(struct cst_gen *g, enum ast_dir dir, const uint8_t mac[6]);
const struct cst_formula *cst_gen_wlan_multicast(struct cst_gen *g);
/* wlan_type.c: type, subtype, dir. */
const struct cst_formula *cst_gen_wlan_word(struct cst_gen *g, const struct ast *word);

/* network.c */
const struct cst_formula *cst_gen_match(struct cst_gen *g, const struct ast_match *match);
const struct cst_formula *cst_gen_proto_word(struct cst_gen *g, enum ast_proto proto); /* `tcp` */
const struct cst_formula *cst_gen_broadcast(struct cst_gen *g, enum ast_proto proto);
const struct cst_formula *cst_gen_multicast(struct cst_gen *g, enum ast_proto proto);
/* The IP protocol is `number`, over IPv4, IPv6 (also behind one Fragment header). PROTO_IP, PROTO_IP6 or PROTO_NONE. */
const struct cst_formula *cst_gen_ip_proto(struct cst_gen *g, enum ast_proto ip, uint32_t number);
/* Not a fragment of an IPv4 datagram, or the first one. */
const struct cst_formula *cst_gen_first_fragment(struct cst_gen *g);

/* network.c: `a or b` of two ports or ranges of ports by number, whose other qualifiers are the same: as one primitive. */
bool cst_gen_is_port_pair(const struct ast *tree);
const struct cst_formula *cst_gen_port_pair(struct cst_gen *g, const struct ast *tree);

/* protochain.c */
const struct cst_formula *cst_gen_protochain(struct cst_gen *g, enum ast_proto ip, uint32_t number);

/* arithmetic.c */
const struct cst_formula *cst_gen_compare(struct cst_gen *g, enum ast_relation relation, const struct ast_arith *left,
					  const struct ast_arith *right);

/* encapsulation.c: vlan, mpls, pppoed, pppoes, geneve, vxlan. */
const struct cst_formula *cst_gen_encapsulation(struct cst_gen *g, const struct ast *word);

/* llc.c: llc and its kinds; iso, isis, clnp, esis and their PDU types; decnet addresses. */
const struct cst_formula *cst_gen_llc(struct cst_gen *g, const struct ast *word);
const struct cst_formula *cst_gen_iso_proto(struct cst_gen *g, uint32_t number);  /* clnp, esis, isis */
const struct cst_formula *cst_gen_isis_type(struct cst_gen *g, uint32_t number);
const struct cst_formula *cst_gen_isis_word(struct cst_gen *g, enum ast_proto word); /* l1, iih, csnp, ... */
const struct cst_formula *cst_gen_decnet_host(struct cst_gen *g, enum ast_dir dir, uint16_t address);

/* atm.c: SunATM. LLC frames come first; past `lane`, the Ethernet frames of LAN emulation. */
const struct cst_formula *cst_gen_atm_llc(struct cst_gen *g); /* an LLC frame: what every test of NAMING_SUNATM needs first */
/* No LE control frame, if frame.is_lane: what each test of the Ethernet header's fields needs first. */
const struct cst_formula *cst_gen_lane_data(struct cst_gen *g);
const struct cst_formula *cst_gen_atm_word(struct cst_gen *g, const struct ast *word);
/* mtp2.c: MTP2 and the MTP3 header inside. */
const struct cst_formula *cst_gen_mtp2_word(struct cst_gen *g, const struct ast *word);
/* field.c: vpi, vci, sio, opc, ... */
const struct cst_formula *cst_gen_field(struct cst_gen *g, const struct ast *field);

/* side.c: which side of the capture: inbound, outbound, ifindex. */
const struct cst_formula *cst_gen_inbound(struct cst_gen *g, bool inbound);
const struct cst_formula *cst_gen_ifindex(struct cst_gen *g, uint32_t index);
/* pflog.c: PF's log: on, rnr, reason, rset, srnr, action. */
const struct cst_formula *cst_gen_pflog_word(struct cst_gen *g, const struct ast *word);

#endif
