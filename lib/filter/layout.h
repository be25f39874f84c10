/* layout.h - how the frames of each link type are laid out: one row a link type, nothing but facts. */
#ifndef CST_FILTER_LAYOUT_H
#define CST_FILTER_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

/* How a frame names the protocol that it carries; linkproto.c has a function for each. */
enum cst_naming {
	NAMING_NONE,	 /* it doesn't, or nobody told us: only raw bytes can be tested */
	NAMING_ETHERNET, /* 16 bits at `type`: an EtherType above 1500, else a length and an LLC header follows */
	NAMING_ETHERTYPE, /* 16 bits at `type`, always an EtherType; small numbers stand for themselves */
	NAMING_LLC,    /* an LLC header begins the payload, with SNAP for EtherTypes; on 802.11 in data frames only */
	NAMING_SUNATM, /* the same, in cells whose traffic type says so */
	NAMING_SLL,    /* 16 bits at `type`: an EtherType, or a number of Linux's for 802.2 and for Novell's framing */
	NAMING_PPP,    /* 16 bits at `type`: PPP's numbers */
	NAMING_PPP_BSDOS,  /* the same, where IP may be compressed */
	NAMING_C_HDLC,	   /* 16 bits at `type`: an EtherType, or Cisco's number for ISO */
	NAMING_IP_VERSION, /* the first four bits of the packet are 4 or 6 */
	NAMING_ONLY_IPV4,
	NAMING_ONLY_IPV6,
	NAMING_NULL,	/* 32 bits at `link`: AF_ number in the byte order of the capturing host */
	NAMING_LOOP,	/* 32 bits at `link`: AF_ number, big-endian */
	NAMING_PFLOG,	/* octet 1: AF_ number */
	NAMING_ARCNET,	/* an octet at `type`: ARCnet's numbers */
	NAMING_LTALK,	/* AppleTalk and nothing else */
	NAMING_FRELAY,	/* 16 bits at `type`: control octet and NLPID (RFC 2427) */
	NAMING_IPNET,	/* octet 1: Solaris's AF_ number */
	NAMING_JUNIPER, /* not told apart: three octets that begin the header stand for every protocol */
	NAMING_MPLS, /* behind a label: four bits at `net` are 4 or 6, if the label before it is the last of the stack
		      */
};

/* The addresses of the link layer. */
enum cst_address_form {
	ADDRESS_NONE,
	ADDRESS_MAC,   /* 6 octets; the last bit of the first one says multicast */
	ADDRESS_OCTET, /* 1 octet; `broadcast` is the one for all */
};

struct cst_layout {
	int16_t dlt;
	enum cst_naming naming;
	bool is_wlan; /* 802.11: the places below are wlan_header.c's to tell */
	bool llc;	   /* `llc` can be tested */
	int8_t link;	   /* where the link-layer header begins, in octets from the packet's begin */
	int8_t type;	   /* where the field that names the protocol is; unused by some namings */
	int8_t payload;	   /* where the link-layer header ends */
	int8_t net;	   /* from there to the network header, */
	int8_t net_nosnap; /* and for protocols that follow an LLC header directly */
	enum cst_address_form address;
	uint8_t destination, source; /* the addresses, from `link` on */
	uint8_t broadcast;	     /* ADDRESS_OCTET */
	bool has_multicast;	     /* ADDRESS_OCTET: the broadcast is a multicast too */
};

/* The row of `dlt` (DLT_*); NULL when no filter is compiled for this number. */
const struct cst_layout *cst_layout_find(int dlt);

#endif
