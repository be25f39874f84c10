/* counters.c - what pcap_stats(3PCAP) tells of a packet socket. */
#include "linux/packet_source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

static uint64_t read_counter(const char *device, const char *name)
{
	char path[128];
	unsigned long long value = 0;

	snprintf(path, sizeof(path), "/sys/class/net/%s/statistics/%s", device, name);
	FILE *file = fopen(path, "re");
	if (!file)
		return 0;
	if (fscanf(file, "%llu", &value) != 1)
		value = 0;
	fclose(file);
	return value;
}

/* What the adapter lost before any socket could see it. A counter that cannot be read counts nothing. */
uint64_t cst_missed_by_adapter(const char *device)
{
	return read_counter(device, "rx_missed_errors") + read_counter(device, "rx_fifo_errors");
}

int cst_packet_count(pcap_t *p)
{
	struct packet_source *s = p->source;
	struct tpacket_stats_v3 now = { 0 };
	socklen_t bytes = sizeof(now);

	/* The kernel starts again from 0 with each question, and tp_packets has the dropped ones in it. */
	if (getsockopt(s->fd, SOL_PACKET, PACKET_STATISTICS, &now, &bytes) < 0)
		return cst_fail_errno(p, PCAP_ERROR, "%s: asking the kernel for statistics", p->device);
	s->received += now.tp_packets;
	s->dropped += now.tp_drops;
	return 0;
}

/* What statistics mode has counted in the kernel since the handle was activated. */
static uint64_t counted_in_kernel(const struct packet_source *s)
{
	struct cst_tally counted = { 0 };

	if (s->counter.tally >= 0)
		cst_tally_read(s->counter.tally, &counted);
	return counted.packets;
}

/* A file that cannot be read, as of an interface that is gone, takes nothing back. */
static void look_at_adapter(struct packet_source *s)
{
	char name[IF_NAMESIZE];

	if (s->ifindex == 0 || cst_interface_name(s, name) < 0)
		return;
	const uint64_t now = cst_missed_by_adapter(name);
	if (now > s->missed_before + s->missed)
		s->missed = now - s->missed_before;
}

void cst_packet_forget_counts(pcap_t *p)
{
	struct packet_source *s = p->source;

	cst_packet_count(p);
	s->received = s->dropped = s->unwanted = s->counter.seen_in_user = 0;
	s->counter.forgotten = counted_in_kernel(s);
	look_at_adapter(s);
	s->missed_before += s->missed;
	s->missed = 0;
}

int cst_packet_stats(pcap_t *p, struct pcap_stat *stat)
{
	struct packet_source *s = p->source;
	int status = cst_packet_count(p);
	struct pcap_stat user;

	if (status < 0)
		return status;
	stat->ps_recv = s->received - s->unwanted;
	stat->ps_drop = s->dropped;
	/* In statistics mode the packets go another way, and into no buffer. */
	stat->ps_capt = stat->ps_recv - stat->ps_drop;
	stat->ps_recv += (u_int)(counted_in_kernel(s) - s->counter.forgotten) + s->counter.seen_in_user;
	if (s->counter.user && pcap_stats(s->counter.user, &user) == 0) {
		stat->ps_recv += user.ps_recv;
		stat->ps_drop += user.ps_drop;
	}
	look_at_adapter(s);
	stat->ps_ifdrop = (u_int)s->missed;
	return 0;
}
