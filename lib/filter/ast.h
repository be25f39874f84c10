/* ast.h - what the parser understood: a tree of primitives, every one with its full qualifiers.
 * The words are pcap-filter(7)'s. Nothing here depends on a link type, and no name has been looked up yet.
 * All of a tree lives in the arena that it was parsed into. */
#ifndef CST_FILTER_AST_H
#define CST_FILTER_AST_H

#include <stddef.h>
#include <stdint.h>

/* Where in the expression: what errors point at. */
struct ast_span {
	uint32_t start, length; /* bytes */
};

/* Protocol qualifiers and protocol words; PROTO_LINK is ether, fddi, tr, wlan, ppp, slip and link alike. */
enum ast_proto {
	PROTO_NONE,
	PROTO_LINK,
	PROTO_IP,
	PROTO_IP6,
	PROTO_ARP,
	PROTO_RARP,
	PROTO_ATALK,
	PROTO_AARP,
	PROTO_DECNET,
	PROTO_LAT,
	PROTO_MOPDL,
	PROTO_MOPRC,
	PROTO_SCA,
	PROTO_ISO,
	PROTO_ESIS,
	PROTO_ISIS,
	PROTO_CLNP,
	PROTO_STP,
	PROTO_IPX,
	PROTO_NETBEUI,
	PROTO_TCP,
	PROTO_UDP,
	PROTO_SCTP,
	PROTO_ICMP,
	PROTO_ICMP6,
	PROTO_IGMP,
	PROTO_IGRP,
	PROTO_PIM,
	PROTO_VRRP,
	PROTO_CARP,
	PROTO_AH,
	PROTO_ESP,
	PROTO_ISIS_L1, /* the abbreviations of IS-IS PDU types */
	PROTO_ISIS_L2,
	PROTO_ISIS_IIH,
	PROTO_ISIS_LSP,
	PROTO_ISIS_SNP,
	PROTO_ISIS_CSNP,
	PROTO_ISIS_PSNP,
	PROTO_RADIO, /* radio[n] only */
};

enum ast_dir {
	DIR_NONE, /* none given: either, as DIR_SRC_OR_DST */
	DIR_SRC,
	DIR_DST,
	DIR_SRC_OR_DST,
	DIR_SRC_AND_DST,
	DIR_ADDR1,
	DIR_ADDR2,
	DIR_ADDR3,
	DIR_ADDR4,
	DIR_RA,
	DIR_TA,
};

enum ast_type {
	TYPE_NONE, /* none given: a host, as TYPE_HOST; errors tell the two apart */
	TYPE_HOST,
	TYPE_NET,
	TYPE_PORT,
	TYPE_PORTRANGE,
	TYPE_PROTO,
	TYPE_PROTOCHAIN,
	TYPE_GATEWAY,
};

/* How the identifier of a primitive was written. */
enum ast_id_form {
	ID_NAME,   /* a word, a backslash before it taken away */
	ID_NUMBER, /* decimal, octal or hexadecimal, 32 bits */
	ID_DOTTED, /* 2 to 4 numbers with dots */
	ID_IPV6,
	ID_MAC,
	ID_ARCNET, /* $xx */
};

struct ast_id {
	enum ast_id_form form;
	struct ast_span at;
	const char *text; /* ID_NAME: the word; the others: as written. Ends in NUL. */
	union {
		uint32_t number; /* ID_NUMBER; also a named constant such as tcp-syn */
		struct {
			uint32_t value; /* the parts as they stand, not shifted: 10.1 is 0x0a01 */
			/* 2 to 4; decimal, 0-255 each. Behind `decnet` they may be greater: read the text. */
			uint8_t parts;
		} dotted;
		uint8_t ipv6[16]; /* network order */
		uint8_t mac[6];
		uint8_t arcnet;
	};
};

/* protocol, direction, type and identifier: `tcp src port 80`, `net 10.0.0.0/8`, `host a`. */
struct ast_match {
	enum ast_proto proto;
	enum ast_dir dir;
	enum ast_type type;
	struct ast_id id;
	enum { MASK_NONE, MASK_LENGTH, MASK_ADDRESS } mask_form;
	uint32_t mask_length;   /* MASK_LENGTH: as written, not yet checked */
	struct ast_id mask;     /* MASK_ADDRESS: ID_DOTTED */
};

/* The relations of arithmetic and of field tests. */
enum ast_relation { REL_EQ, REL_NE, REL_GT, REL_GE, REL_LT, REL_LE };

enum ast_operator { OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_MOD, OP_AND, OP_OR, OP_XOR, OP_LSH, OP_RSH };

struct ast_arith {
	enum { ARITH_NUMBER, ARITH_LEN, ARITH_LOAD, ARITH_NEG, ARITH_BINARY } kind;
	struct ast_span at;
	union {
		uint32_t number; /* also a named constant: tcpflags, tcp-syn, icmptype, icmp-echo, ... */
		struct {
			enum ast_proto proto;
			uint32_t size; /* 1, 2 or 4 */
			struct ast_arith *index;
		} load; /* proto[index:size] */
		struct ast_arith *inner; /* ARITH_NEG */
		struct {
			enum ast_operator op;
			struct ast_arith *left, *right;
		} binary;
	};
};

/* Primitives that are a word of their own, most with an argument or none. */
enum ast_word {
	WORD_INBOUND,
	WORD_OUTBOUND,
	WORD_IFINDEX, /* number */
	WORD_VLAN,    /* [number] */
	WORD_MPLS,    /* [number] */
	WORD_PPPOED,
	WORD_PPPOES, /* [number] */
	WORD_GENEVE, /* [number] */
	WORD_VXLAN,  /* [number] */
	WORD_LESS,   /* number: len <= number */
	WORD_GREATER, /* number: len >= number */
	WORD_BYTE,    /* byte number relation number2: see struct ast_byte */
	WORD_LLC,     /* [text]: i s u rr rnr rej ui ua disc dm sabme test xid frmr, not yet checked */
	WORD_WLAN_TYPE,    /* text or number; args[1]: none, or the text or number of its subtype */
	WORD_WLAN_SUBTYPE, /* text */
	WORD_WLAN_DIR,     /* text or number */
	WORD_PF_IFNAME,    /* text */
	WORD_PF_RULESET,   /* text */
	WORD_PF_RULENUM,   /* number */
	WORD_PF_SUBRULENUM, /* number */
	WORD_PF_REASON,     /* text or number */
	WORD_PF_ACTION,     /* text */
	WORD_ATM_LANE,
	WORD_ATM_METAC,
	WORD_ATM_BCC,
	WORD_ATM_SC,
	WORD_ATM_ILMIC,
	WORD_ATM_OAM,
	WORD_ATM_OAMF4,
	WORD_ATM_OAMF4EC,
	WORD_ATM_OAMF4SC,
	WORD_ATM_CONNECTMSG,
	WORD_ATM_METACONNECT,
	WORD_MTP2_FISU,
	WORD_MTP2_LSSU,
	WORD_MTP2_MSU,
	WORD_MTP2_HFISU,
	WORD_MTP2_HLSSU,
	WORD_MTP2_HMSU,
};

struct ast_argument {
	enum { ARG_NONE, ARG_NUMBER, ARG_TEXT } kind;
	struct ast_span at;
	uint32_t number;
	const char *text;
};

/* A field with a relation: vpi, vci, sio, opc, dpc, sls and their h-forms. A list is an AST_OR/AST_AND of these. */
enum ast_field {
	FIELD_VPI,
	FIELD_VCI,
	FIELD_SIO,
	FIELD_OPC,
	FIELD_DPC,
	FIELD_SLS,
	FIELD_HSIO,
	FIELD_HOPC,
	FIELD_HDPC,
	FIELD_HSLS,
};

enum ast_kind {
	AST_EMPTY, /* the blank expression: every packet */
	AST_AND,   /* list; two kids or more, in the order written */
	AST_OR,
	AST_NOT,
	AST_MATCH,     /* qualifiers and an identifier */
	AST_PROTOCOL,  /* a protocol's word alone: `tcp`, `ip6`, `stp` */
	AST_BROADCAST, /* [proto] broadcast */
	AST_MULTICAST, /* [proto] multicast */
	AST_COMPARE,   /* arithmetic relation arithmetic */
	AST_WORD,
	AST_FIELD,
};

struct ast {
	enum ast_kind kind;
	struct ast_span at;
	union {
		struct {
			struct ast **kids;
			size_t count;
		} list;            /* AST_AND, AST_OR */
		struct ast *inner; /* AST_NOT */
		struct ast_match match;
		enum ast_proto proto; /* AST_PROTOCOL, AST_BROADCAST, AST_MULTICAST */
		struct {
			enum ast_relation relation;
			struct ast_arith *left, *right;
		} compare;
		struct {
			enum ast_word word;
			struct ast_argument args[2];
			/* WORD_BYTE: args[0] is the index, args[1] the value, and this what lies between:
			 * a relation, or & or |. */
			enum { BYTE_EQ, BYTE_GT, BYTE_LT, BYTE_AND, BYTE_OR } byte_operator;
		} word;
		struct {
			enum ast_field field;
			enum ast_relation relation;
			uint32_t number;
		} field;
	};
};

#endif
