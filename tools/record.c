/* record.c - packets of a live handle into files: each begins with what the capture is and ends with what it counted. */
#include "record.h"

#include "expression.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct capstan_time now_realtime(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (struct capstan_time){ .seconds = now.tv_sec, .nanoseconds = (uint32_t)now.tv_nsec };
}

static bool begin_pcapng(struct recording *r)
{
	struct capstan_pcapng_section section = origin_section(&r->origin);
	struct capstan_pcapng_interface iface;

	if (capstan_pcapng_describe(r->p, &iface) < 0) {
		snprintf(r->sink.error, sizeof(r->sink.error), "%s", pcap_geterr(r->p));
		return false;
	}
	iface.description = r->origin.description;
	iface.filter = *r->filter ? r->filter : NULL;
	iface.os = section.os;
	return sink_begin_pcapng(&r->sink, &section) &&
	       sink_check(&r->sink, capstan_pcapng_add_interface(r->sink.writer, &iface));
}

/* The sink knows why. It is told at the end, when no counter stands on the terminal any more. */
static bool fail(struct recording *r)
{
	r->failed = true;
	return false;
}

static bool fail_to_name(struct recording *r)
{
	r->sink = (struct sink){ .path = r->rotation.pattern, .name = r->rotation.pattern };
	snprintf(r->sink.error, sizeof(r->sink.error), "no name for the file: %s", strerror(errno));
	return fail(r);
}

static bool open_file(struct recording *r)
{
	if (sink_open(&r->sink, r->rotation.name, &r->kind, NULL) &&
	    (r->kind.pcapng ? begin_pcapng(r) : sink_begin_pcap(&r->sink, r->p)))
		return true;
	sink_close(&r->sink);
	return fail(r);
}

/* What the interface counted since the capture began. The kernel counts packets that the filter accepts, so without one
 * these are all that the interface received. */
static bool put_statistics(struct recording *r)
{
	struct pcap_stat stat;
	struct capstan_pcapng_statistics statistics = { 0 };

	if (pcap_stats(r->p, &stat) < 0)
		return true; /* the device has gone; the packets are what counts */
	statistics.present = CAPSTAN_PCAPNG_ISB_STARTTIME | CAPSTAN_PCAPNG_ISB_ENDTIME | CAPSTAN_PCAPNG_ISB_IFDROP |
			     CAPSTAN_PCAPNG_ISB_FILTERACCEPT | CAPSTAN_PCAPNG_ISB_OSDROP | CAPSTAN_PCAPNG_ISB_USRDELIV;
	if (!*r->filter)
		statistics.present |= CAPSTAN_PCAPNG_ISB_IFRECV;
	statistics.ts = now_realtime();
	statistics.starttime = r->began;
	statistics.endtime = statistics.ts;
	statistics.ifrecv = stat.ps_recv;
	statistics.filteraccept = stat.ps_recv;
	statistics.ifdrop = stat.ps_ifdrop;
	statistics.osdrop = stat.ps_drop;
	statistics.usrdeliv = r->saved;
	return sink_check(&r->sink, capstan_pcapng_put_statistics(r->sink.writer, &statistics));
}

/* Closes in any case, so that what can be complete is. */
static bool close_file(struct recording *r)
{
	bool good = !r->sink.writer || put_statistics(r);

	if (!sink_close(&r->sink))
		good = false;
	return good || fail(r);
}

static bool next_file(struct recording *r, time_t now)
{
	if (!close_file(r))
		return false;
	return rotation_turn(&r->rotation, now) ? open_file(r) : fail_to_name(r);
}

bool recording_begin(struct recording *r, pcap_t *p, const char *path, int filter_count, char **filter)
{
	struct capstan_pcapng_interface iface;

	r->p = p;
	r->began = now_realtime();
	r->filter = expression_join(filter_count, filter);
	if (r->kind.pcapng && capstan_pcapng_describe(p, &iface) == 0)
		origin_find(&r->origin, iface.name ? iface.name : "");
	return rotation_begin(&r->rotation, path) && r->filter ? open_file(r) : fail_to_name(r);
}

bool recording_take_last(struct recording *r, const struct pcap_pkthdr *h, const u_char *data)
{
	if (r->failed)
		return false;
	if (!sink_put(&r->sink, 0, h, data))
		return fail(r);
	r->saved++;
	return !r->each_packet || sink_flush(&r->sink) || fail(r);
}

enum recording_verdict recording_take(struct recording *r, const struct pcap_pkthdr *h, const u_char *data)
{
	bool rotates = r->rotation.seconds || r->rotation.bytes;

	if (rotates && !r->failed) {
		time_t now = time(NULL);

		switch (rotation_look(&r->rotation, now, sink_size(&r->sink))) {
		case ROTATION_END:
			return RECORDING_OVER;
		case ROTATION_NEXT:
			if (!next_file(r, now))
				return RECORDING_FAILED;
			break;
		case ROTATION_STAY:
			break;
		}
	}
	return recording_take_last(r, h, data) ? RECORDING_TAKEN : RECORDING_FAILED;
}

bool recording_pause(struct recording *r)
{
	if (r->failed)
		return false;
	return (r->sink.awaited && !r->sink.compressed ? sink_flush(&r->sink) : sink_flush_in_time(&r->sink)) || fail(r);
}

time_t recording_ends_at(const struct recording *r)
{
	return rotation_end(&r->rotation);
}

bool recording_end(struct recording *r)
{
	close_file(r);
	if (r->failed)
		sink_complain(&r->sink, r->command);
	rotation_free(&r->rotation);
	origin_free(&r->origin);
	free(r->filter);
	r->filter = NULL;
	return !r->failed;
}
