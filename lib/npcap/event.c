/* event.c - a handle's event, for programs that wait for several things at once: Npcap's call, and ours on what it
 * returns. */
#include "handle/event.h"

#include <capstan/event.h>

void *pcap_getevent(pcap_t *p)
{
	if (!p || cst_need_source(p, p->kind == CST_LIVE, "waiting for an event") < 0)
		return INVALID_HANDLE_VALUE;
	struct cst_event *event = cst_event_of(p);
	return event ? (void *)event : INVALID_HANDLE_VALUE;
}

int capstan_event_fd(void *event)
{
	const struct cst_event *e = cst_event_check(event);

	return e ? cst_event_fd(e) : -1;
}

int capstan_event_set(void *event)
{
	struct cst_event *e = cst_event_check(event);

	if (!e)
		return -1;
	cst_event_set(e);
	return 0;
}

int capstan_event_reset(void *event)
{
	struct cst_event *e = cst_event_check(event);

	if (!e)
		return -1;
	cst_event_reset(e);
	return 0;
}
