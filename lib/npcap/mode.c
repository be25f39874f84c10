/* mode.c - pcap_setmode(): which modes there are, and going from one to another as a whole or not at all. */
#include "npcap/mode.h"

#include <string.h>

#define NS_PER_US 1000

void cst_batch_change_precision(struct cst_batch *b, int from, int to)
{
	for (unsigned int i = b->next; i < b->count && from != to; i++) {
		struct timeval *ts = &b->packets[i].h.ts;
		ts->tv_usec = to == PCAP_TSTAMP_PRECISION_NANO ? ts->tv_usec * NS_PER_US : ts->tv_usec / NS_PER_US;
	}
}

static int change_nano(pcap_t *p, bool on)
{
	const int precision = on ? PCAP_TSTAMP_PRECISION_NANO : PCAP_TSTAMP_PRECISION_MICRO;

	/* What waits in the ring gets its time stamp when it is read, what waits in the batch has it. */
	cst_batch_change_precision(&p->batch, p->options.tstamp_precision, precision);
	p->options.tstamp_precision = precision;
	return 0;
}

static const char *refuse_send_to_rx(pcap_t *p, int mode)
{
	if (mode & MODE_SENDTORX_CLEAR)
		return "asks for the receive path and for the wire";
	return p->ops->set_send_to_rx ? NULL : "asks for the receive path, which this kind of device does not have";
}

static int change_send_to_rx(pcap_t *p, bool on)
{
	return p->ops->set_send_to_rx ? p->ops->set_send_to_rx(p, on) : 0;
}

/* There is no other default than the wire, which the lack of MODE_SENDTORX has chosen already. */
static int change_send_to_rx_clear(pcap_t *p, bool on)
{
	(void)p;
	(void)on;
	return 0;
}

/* One row a bit. They come and go in this order. */
static const struct mode_bit {
	int bit;
	/* Can p have a mode with this bit? `mode` is all of it. NULL: yes; or how a sentence goes on that begins with the
	 * mode ("asks for two things at once"). No function: always. */
	const char *(*refusal)(pcap_t *p, int mode);
	/* Called by each pcap_setmode() with what the bit is to be, which may be what it is. 0; or PCAP_ERROR_* with the
	 * text in place, and nothing has changed. */
	int (*change)(pcap_t *p, bool on);
} bits[] = {
	{ MODE_STAT, cst_statistics_refusal, cst_statistics_change },
	{ MODE_SENDTORX, refuse_send_to_rx, change_send_to_rx },
	{ MODE_SENDTORX_CLEAR, NULL, change_send_to_rx_clear },
	{ PACKET_MODE_NANO, NULL, change_nano }, /* the last: what never fails need not be undone */
};
#define BITS (sizeof(bits) / sizeof(bits[0]))

/* NULL: `mode` is one that p can have. */
static const char *refusal(pcap_t *p, int mode)
{
	int unknown = mode;

	for (size_t i = 0; i < BITS; i++)
		unknown &= ~bits[i].bit;
	if (unknown)
		return unknown == MODE_MON ? "is WinPcap's network monitor, which Npcap does not have either" :
					     "has bits that mean nothing";
	for (size_t i = 0; i < BITS; i++) {
		const char *reason = mode & bits[i].bit && bits[i].refusal ? bits[i].refusal(p, mode) : NULL;
		if (reason)
			return reason;
	}
	return NULL;
}

int pcap_setmode(pcap_t *p, int mode)
{
	if (!p)
		return PCAP_ERROR;
	int status = cst_need_source(p, p->kind == CST_LIVE, "choosing a working mode");
	size_t done = 0;

	if (status < 0)
		return status;
	const char *reason = refusal(p, mode);
	if (reason)
		return cst_fail(p, PCAP_ERROR, "%s: " CST_MODE_NOT_RECOGNIZED ": 0x%x %s", p->device, (unsigned int)mode, reason);
	while (done < BITS && (status = bits[done].change(p, mode & bits[done].bit)) == 0)
		done++;
	if (status == 0) {
		p->mode = mode & ~PACKET_MODE_NANO;
		return 0;
	}
	/* Back to what was; the text is to tell of the first failure. */
	char text[sizeof(p->errbuf)];
	memcpy(text, p->errbuf, sizeof(text));
	while (done-- > 0)
		bits[done].change(p, p->mode & bits[done].bit);
	memcpy(p->errbuf, text, sizeof(text));
	return status;
}
