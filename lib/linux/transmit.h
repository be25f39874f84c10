/* transmit.h - the engines that send many frames at once on an interface, best first.
 *
 *   transmit.c         chooses       transmit_socket.c  sendmmsg(2) on a packet socket: always possible
 *   transmit_xdp.c     XDP live frames: without a socket buffer, several times as fast, where nobody would notice */
#ifndef CST_LINUX_TRANSMIT_H
#define CST_LINUX_TRANSMIT_H

#include "handle/transmit.h"
#include "linux/packet_source.h"

#include <limits.h>

/* What an engine says of the frames it was given. Between the two: so many of the next ones are not for it, and
 * another engine has to send them; then it may be asked again. Nothing is wrong in any case. */
enum engine_answer {
	ENGINE_DONE = 0,           /* all have left */
	ENGINE_DECLINES = INT_MAX, /* no more are for it */
};

struct transmit_engine {
	const char *name; /* as include/capstan/engine.h and `capstan send --engine` call it */
	/* Are these frames enough for what it takes to begin, here and perhaps once a handle? Asked before each
	 * transmission unless the engine is demanded. NULL: always. */
	bool (*is_worth_it)(pcap_t *p, const struct cst_transmission *t);
	/* Would it take frames on p now? False with the reason as the handle's text. NULL: always. */
	bool (*accepts)(pcap_t *p);
	/* Send frames[t->sent..], in order, and move t->sent on. What engine_answer says, but for ENGINE_DONE with the
	 * reason as the handle's text; PCAP_ERROR_* with text; or PCAP_ERROR_BREAK. Whatever it is, no frame behind
	 * t->sent has left, nor will. What it sets up it keeps in its own state in packet_source until `close` (NULL:
	 * nothing). */
	int (*send)(pcap_t *p, struct cst_transmission *t);
	void (*close)(struct packet_source *s);
};

extern const struct transmit_engine cst_transmit_xdp, cst_transmit_socket;

/* transmit.c */
int cst_packet_transmit(pcap_t *p, struct cst_transmission *t); /* source_ops.transmit */
const char *cst_packet_transmit_engine(pcap_t *p);              /* source_ops.engine, of CAPSTAN_TRANSMIT */
void cst_packet_transmit_close(struct packet_source *s);

#endif
