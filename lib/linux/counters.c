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

int cst_packet_stats(pcap_t *p, struct pcap_stat *stat)
{
	struct packet_source *s = p->source;
	struct tpacket_stats_v3 now = { 0 };
	socklen_t bytes = sizeof(now);

	/* The kernel starts again from 0 with each question, and tp_packets has the dropped ones in it. */
	if (getsockopt(s->fd, SOL_PACKET, PACKET_STATISTICS, &now, &bytes) < 0)
		return cst_fail_errno(p, PCAP_ERROR, "%s: asking the kernel for statistics", p->device);
	s->received += now.tp_packets;
	s->dropped += now.tp_drops;
	stat->ps_recv = s->received - s->unwanted;
	stat->ps_drop = s->dropped;
	stat->ps_ifdrop = s->ifindex ? (u_int)(cst_missed_by_adapter(p->device) - s->missed_before) : 0;
	return 0;
}
