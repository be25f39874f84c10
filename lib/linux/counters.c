/* counters.c - what pcap_stats(3PCAP) tells of a packet socket. */
#include "linux/packet_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Not there, or not ours to see. The last two say of an open file that its interface is about to go, or has gone. */
static bool counts_nothing(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
	case EACCES:
	case EPERM:
	case EINVAL:
	case ENODEV:
		return true;
	default:
		return false;
	}
}

/* Adds a counter of the interface to *sum, if it can be had. 0; PCAP_ERROR with errno. */
static int add_counter(const char *device, const char *name, uint64_t *sum)
{
	char text[128];

	snprintf(text, sizeof(text), "/sys/class/net/%s/statistics/%s", device, name);
	int fd = open(text, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return counts_nothing(errno) ? 0 : PCAP_ERROR;
	const ssize_t bytes = read(fd, text, sizeof(text) - 1);
	const int error = errno;
	close(fd);
	errno = error;
	if (bytes < 0)
		return counts_nothing(error) ? 0 : PCAP_ERROR;
	text[bytes] = '\0';
	*sum += strtoull(text, NULL, 10);
	return 0;
}

/* What the adapter lost before any socket could see it. */
int cst_packet_count_missed(pcap_t *p, const char *name)
{
	struct packet_source *s = p->source;
	uint64_t missed = 0;

	if (add_counter(name, "rx_missed_errors", &missed) < 0 || add_counter(name, "rx_fifo_errors", &missed) < 0)
		return cst_fail_errno(p, PCAP_ERROR, "%s: asking what the adapter missed", p->device);
	if (missed > s->missed)
		s->missed = missed;
	return 0;
}

/* An interface that is gone takes nothing back, and loses nothing more. */
static int look_at_adapter(pcap_t *p)
{
	const struct packet_source *s = p->source;
	char name[IF_NAMESIZE];

	if (s->ifindex == 0)
		return 0;
	if (cst_interface_name(s, name) == 0)
		return cst_packet_count_missed(p, name);
	return errno == ENODEV ? 0 : cst_fail_errno(p, PCAP_ERROR, "%s: asking for the interface's name", p->device);
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
static int counted_in_kernel(pcap_t *p, uint64_t *packets)
{
	const struct packet_source *s = p->source;
	struct cst_tally counted = { 0 };

	if (s->counter.tally >= 0 && cst_tally_read(s->counter.tally, &counted) < 0)
		return cst_fail_errno(p, PCAP_ERROR, "%s: reading what the kernel counted", p->device);
	*packets = counted.packets;
	return 0;
}

void cst_packet_forget_counts(pcap_t *p)
{
	struct packet_source *s = p->source;

	cst_packet_count(p);
	look_at_adapter(p);
	s->received = s->dropped = s->unwanted = s->counter.seen_in_user = 0;
	counted_in_kernel(p, &s->counter.forgotten);
	s->missed_before = s->missed;
}

int cst_packet_stats(pcap_t *p, struct pcap_stat *stat)
{
	const struct packet_source *s = p->source;
	struct pcap_stat user;
	uint64_t in_kernel;
	int status;

	if ((status = cst_packet_count(p)) < 0 || (status = look_at_adapter(p)) < 0 ||
	    (status = counted_in_kernel(p, &in_kernel)) < 0)
		return status;
	stat->ps_recv = s->received - s->unwanted;
	stat->ps_drop = s->dropped;
	/* In statistics mode the packets go another way, and into no buffer. */
	stat->ps_capt = stat->ps_recv - stat->ps_drop;
	stat->ps_recv += (u_int)(in_kernel - s->counter.forgotten) + s->counter.seen_in_user;
	if (s->counter.user) {
		if (pcap_stats(s->counter.user, &user) < 0)
			return cst_fail(p, PCAP_ERROR, "%s", pcap_geterr(s->counter.user));
		stat->ps_recv += user.ps_recv;
		stat->ps_drop += user.ps_drop;
	}
	stat->ps_ifdrop = (u_int)(s->missed - s->missed_before);
	return 0;
}
