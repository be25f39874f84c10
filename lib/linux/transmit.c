/* transmit.c - many frames out of a handle: by the engine that was demanded, or else the best that takes them.
 *
 * An engine that declines in mid-way has lost nothing: the socket goes on with the frame it stopped at. The order stays,
 * since frames that wait in the socket's queue are seen out before another engine starts. */
#include "linux/transmit.h"

#include "base/clock.h"
#include "handle/engine.h"
#include "handle/pause.h"

#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>

/* Best first; the last takes everything that can be sent at all. */
static const struct transmit_engine *const engines[] = { &cst_transmit_socket };

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

	while (ioctl(s->fd, SIOCOUTQ, &waiting) == 0 && waiting > 0) {
		int64_t now = cst_now_ns();
		if (now >= give_up)
			return 0;
		int status = cst_pause(p, -1, 0, now + CST_NS_PER_MS / 10);
		if (status < 0)
			return status;
	}
	return 1;
}

int cst_packet_transmit(pcap_t *p, struct cst_transmission *t)
{
	const char *demanded = cst_engine_demanded(p, CAPSTAN_TRANSMIT);

	t->sent = 0;
	int status = cst_packet_can_send(p);
	if (status < 0)
		return status;
	const struct transmit_engine *engine = demanded ? named(p, demanded) : t->prompt ? FALLBACK : best(p);
	if (!engine)
		return PCAP_ERROR;
	if (engine != FALLBACK) {
		status = socket_is_idle(p);
		if (status < 0)
			return status;
		if (status == 0 && demanded)
			return cst_fail(p, PCAP_ERROR, "%s: frames sent before still wait in the interface's queue, and the "
					"engine \"%s\" would overtake them", p->device, engine->name);
		status = status == 0 ? ENGINE_DECLINES : engine->send(p, t);
		if (status != ENGINE_DECLINES)
			return status;
		if (demanded)
			return PCAP_ERROR;
	}
	return FALLBACK->send(p, t);
}

void cst_packet_transmit_close(struct packet_source *s)
{
	for (size_t i = 0; i < ENGINES; i++)
		if (engines[i]->close)
			engines[i]->close(s);
}
