/* reception.c - what the interface is to receive for this socket, by packet memberships (packet(7)), which go with the
 * socket; and the kinds of frames that are left out although they are received. */
#include "linux/frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static int change_membership(const struct packet_source *s, int change, unsigned short type, const uint8_t *address)
{
	struct packet_mreq mreq = { .mr_ifindex = (int)s->ifindex, .mr_type = type };

	if (address) {
		mreq.mr_alen = ETH_ALEN;
		memcpy(mreq.mr_address, address, ETH_ALEN);
	}
	return setsockopt(s->fd, SOL_PACKET, change, &mreq, sizeof(mreq));
}

static bool has_group(const uint8_t (*groups)[ETH_ALEN], unsigned int count, const uint8_t *address)
{
	for (unsigned int i = 0; i < count; i++)
		if (memcmp(groups[i], address, ETH_ALEN) == 0)
			return true;
	return false;
}

/* Of what one side has and the other lacks. */
struct difference {
	bool promiscuous, all_multicast;
	const uint8_t (*groups)[ETH_ALEN], (*others)[ETH_ALEN];
	unsigned int group_count, other_count;
};

/* What `more` has in addition: of its groups only the first `groups` are looked at. */
static void drop(const struct packet_source *s, const struct difference *more, unsigned int groups)
{
	for (unsigned int i = 0; i < groups; i++)
		if (!has_group(more->others, more->other_count, more->groups[i]))
			change_membership(s, PACKET_DROP_MEMBERSHIP, PACKET_MR_MULTICAST, more->groups[i]);
	if (more->all_multicast)
		change_membership(s, PACKET_DROP_MEMBERSHIP, PACKET_MR_ALLMULTI, NULL);
	if (more->promiscuous)
		change_membership(s, PACKET_DROP_MEMBERSHIP, PACKET_MR_PROMISC, NULL);
}

static int refused(pcap_t *p, const char *what)
{
	if (errno == EOPNOTSUPP)
		return cst_fail(p, PCAP_WARNING_PROMISC_NOTSUP, "%s: the interface has no %s", p->device, what);
	if (errno == EPERM || errno == EACCES)
		return cst_fail(p, PCAP_ERROR_PROMISC_PERM_DENIED, "%s: no permission for %s", p->device, what);
	if (errno == ENODEV)
		return cst_fail(p, PCAP_ERROR_NO_SUCH_DEVICE, "%s: the interface disappeared", p->device);
	return cst_fail_errno(p, PCAP_ERROR, "%s: asking for %s", p->device, what);
}

/* All of it, or, when the kernel refuses a part, nothing. */
static int add(pcap_t *p, const struct packet_source *s, const struct difference *more)
{
	struct difference done = { .groups = more->groups, .others = more->others, .other_count = more->other_count };
	unsigned int groups = 0;
	int status = 0;

	if (more->promiscuous) {
		if (change_membership(s, PACKET_ADD_MEMBERSHIP, PACKET_MR_PROMISC, NULL) < 0)
			return refused(p, "promiscuous mode");
		done.promiscuous = true;
	}
	if (more->all_multicast) {
		done.all_multicast = change_membership(s, PACKET_ADD_MEMBERSHIP, PACKET_MR_ALLMULTI, NULL) == 0;
		if (!done.all_multicast)
			status = refused(p, "reception of all multicast");
	}
	for (; status == 0 && groups < more->group_count; groups++)
		if (!has_group(more->others, more->other_count, more->groups[groups]) &&
		    change_membership(s, PACKET_ADD_MEMBERSHIP, PACKET_MR_MULTICAST, more->groups[groups]) < 0) {
			status = refused(p, "reception of a multicast address");
			break;
		}
	if (status != 0)
		drop(s, &done, groups);
	return status;
}

/* Frames of kinds that this table does not know (the loopback's own, the kernel's) are left out with all others only. */
static uint8_t frames_left_out(unsigned int delivered)
{
	static const unsigned int kinds[] = { [PACKET_HOST] = CST_TO_US,
					      [PACKET_BROADCAST] = CST_TO_ALL,
					      [PACKET_MULTICAST] = CST_TO_GROUP,
					      [PACKET_OTHERHOST] = CST_TO_OTHERS,
					      [PACKET_OUTGOING] = CST_OUTGOING };
	unsigned int bits = delivered ? 0 : UINT8_MAX;

	for (unsigned int type = 0; type < sizeof(kinds) / sizeof(*kinds); type++)
		if (!(delivered & kinds[type]))
			bits |= 1u << type;
	return (uint8_t)bits;
}

/* The packets that the loop has not delivered yet were made while other frames were wanted. */
static void look_through_batch(pcap_t *p, struct packet_source *s)
{
	struct cst_batch *b = &p->batch;
	unsigned int kept = b->next;

	if (!s->look_at_sender)
		return;
	for (unsigned int i = b->next; i < b->count; i++)
		if (cst_frame_wanted(s, cst_frame_decode(s, &b->packets[i]).sender))
			b->packets[kept++] = b->packets[i];
	b->count = kept;
}

int cst_packet_set_reception(pcap_t *p, const struct cst_reception *wanted)
{
	struct packet_source *s = p->source;
	const uint8_t (*held)[ETH_ALEN] = (const uint8_t (*)[ETH_ALEN])s->groups;
	struct difference more = { .promiscuous = wanted->promiscuous && !s->promiscuous,
				   .all_multicast = wanted->all_multicast && !s->all_multicast,
				   .groups = wanted->groups,
				   .group_count = wanted->group_count,
				   .others = held,
				   .other_count = s->group_count };
	struct difference less = { .promiscuous = s->promiscuous && !wanted->promiscuous,
				   .all_multicast = s->all_multicast && !wanted->all_multicast,
				   .groups = held,
				   .group_count = s->group_count,
				   .others = wanted->groups,
				   .other_count = wanted->group_count };
	uint8_t (*groups)[ETH_ALEN] = NULL;

	if (s->ifindex == 0 && (wanted->promiscuous || wanted->all_multicast || wanted->group_count))
		return cst_fail(p, PCAP_ERROR, "\"any\" is all interfaces at once: what one is to receive can be chosen "
				"only on a named one");
	if (wanted->group_count) {
		groups = malloc(wanted->group_count * sizeof(*groups));
		if (!groups)
			return cst_fail_errno(p, PCAP_ERROR, "%s: noting %u multicast addresses", p->device,
					      wanted->group_count);
		memcpy(groups, wanted->groups, wanted->group_count * sizeof(*groups));
	}
	int status = add(p, s, &more);
	if (status != 0) {
		free(groups);
		return status;
	}
	drop(s, &less, less.group_count);
	free(s->groups);
	s->groups = groups;
	s->group_count = wanted->group_count;
	s->promiscuous = wanted->promiscuous;
	s->all_multicast = wanted->all_multicast;
	s->left_out = frames_left_out(wanted->delivered);
	cst_packet_choose_frames(p, s);
	look_through_batch(p, s);
	return 0;
}
