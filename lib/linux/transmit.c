/* transmit.c - many frames out of a handle: by the engine that was demanded, or else the best that takes them.
 *
 * An engine that stops in mid-way has lost nothing: the socket goes on with the frame it stopped at, and where only
 * some frames were not for that engine, it goes on after them. The order stays, since frames that wait in the socket's
 * queue are seen out before another engine starts. */
#include "linux/transmit.h"

#include "base/clock.h"
#include "handle/engine.h"
#include "handle/pause.h"

#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>

/* Best first; the last takes everything that can be sent at all. */
static const struct transmit_engine *const engines[] = { &cst_transmit_xdp, &cst_transmit_socket };

#define ENGINES  (sizeof(engines) / sizeof(*engines))
#define FALLBACK (engines[ENGINES - 1])

static bool accepts(pcap_t *p, const struct transmit_engine *engine)
{
	return !engine->accepts || engine->accepts(p);
}

/* The best of those that can be relied on to say no. */
static const struct transmit_engine *best(pcap_t *p)
{
	for (size_t i = 0; i + 1 < ENGINES; i++)
		if (accepts(p, engines[i]))
			return engines[i];
	return FALLBACK;
}

/* The engine of that name; NULL with a text: this library was built without it. */
static const struct transmit_engine *named(pcap_t *p, const char *name)
{
	for (size_t i = 0; i < ENGINES; i++)
		if (strcmp(engines[i]->name, name) == 0)
			return engines[i];
	cst_fail(p, PCAP_ERROR, "%s: this library was built without the engine \"%s\"", p->device, name);
	return NULL;
}

const char *cst_packet_transmit_engine(pcap_t *p)
{
	const char *demanded = cst_engine_demanded(p, CAPSTAN_TRANSMIT);

	if (cst_packet_can_send(p) < 0)
		return NULL;
	if (((struct packet_source *)p->source)->to_receive)
		return cst_transmit_xdp.name;
	if (!demanded)
		return best(p)->name;
	const struct transmit_engine *engine = named(p, demanded);
	return engine && accepts(p, engine) ? engine->name : NULL;
}

/* Have the frames sent through the socket so far left its queue? They are given a moment to. 1, 0, PCAP_ERROR_*. */
static int socket_is_idle(pcap_t *p)
{
	const struct packet_source *s = p->source;
	const int64_t give_up = cst_now_ns() + 100 * CST_NS_PER_MS;
	int waiting;

	while (ioctl(cst_packet_sender(s), SIOCOUTQ, &waiting) == 0 && waiting > 0) {
		int64_t now = cst_now_ns();
		if (now >= give_up)
			return 0;
		int status = cst_pause(p, -1, 0, now + CST_NS_PER_MS / 10);
		if (status < 0)
			return status;
	}
	return 1;
}

/* The best for which these are enough frames; it may decline yet. */
static const struct transmit_engine *best_for(pcap_t *p, const struct cst_transmission *t)
{
	for (size_t i = 0; i + 1 < ENGINES && !t->prompt; i++)
		if (!engines[i]->is_worth_it || engines[i]->is_worth_it(p, t))
			return engines[i];
	return FALLBACK;
}

/* The next `most` frames, or all that are left. */
static int send_by_socket(pcap_t *p, struct cst_transmission *t, size_t most)
{
	struct cst_transmission part = *t;

	if (most < t->count - t->sent)
		part.count = t->sent + most;
	int status = FALLBACK->send(p, &part);
	t->sent = part.sent;
	return status;
}

/* By one that may say no: what engine_answer says; PCAP_ERROR_*. */
static int send_in_turn(pcap_t *p, const struct transmit_engine *engine, struct cst_transmission *t)
{
	int status = socket_is_idle(p);

	if (status < 0)
		return status;
	if (status > 0)
		return engine->send(p, t);
	return cst_fail(p, ENGINE_DECLINES, "%s: frames sent before still wait in the interface's queue, and the "
			"engine \"%s\" would overtake them", p->device, engine->name);
}

int cst_packet_transmit(pcap_t *p, struct cst_transmission *t)
{
	const char *demanded = cst_engine_demanded(p, CAPSTAN_TRANSMIT);

	t->sent = 0;
	int status = cst_packet_can_send(p);
	if (status < 0)
		return status;
	if (((struct packet_source *)p->source)->to_receive)
		return atomic_load(&p->break_loop) ? PCAP_ERROR_BREAK : cst_to_receive_transmit(p, t);
	const struct transmit_engine *engine = demanded ? named(p, demanded) : best_for(p, t);
	if (!engine)
		return PCAP_ERROR;
	if (engine == FALLBACK)
		return FALLBACK->send(p, t);
	do {
		status = send_in_turn(p, engine, t);
		if (status > 0)
			status = demanded ? PCAP_ERROR : send_by_socket(p, t, (size_t)status);
	} while (status == 0 && t->sent < t->count);
	return status;
}

void cst_packet_transmit_close(struct packet_source *s)
{
	for (size_t i = 0; i < ENGINES; i++)
		if (engines[i]->close)
			engines[i]->close(s);
}
