/* packet_socket.c - opening and closing a capture on one interface, or on all of them, through AF_PACKET (packet(7)).
 *
 * The order of the steps matters for speed: an unbound socket with protocol 0 receives nothing, so the ring can be set
 * up on it without the kernel waiting for packets under way; binding comes last and starts the capture. */
#include "linux/devices.h"
#include "linux/frame.h"
#include "linux/linktype.h"
#include "linux/packet_source.h"
#include "linux/sources.h"
#include "linux/transmit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <pcap/sll.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define DEFAULT_RING_BYTES (2u << 20)
#define SMALLEST_RING      (64u << 10)

/* Only x86-64 knows this wish. */
#ifdef MAP_32BIT
#define BELOW_4GIB MAP_32BIT
#else
#define BELOW_4GIB 0
#endif

static bool claims_any(const char *device)
{
	return strcmp(device, "any") == 0;
}

/* Whatever has no other owner is taken for the name of an interface, there or not: the kernel knows better. */
static bool claims_interface(const char *device)
{
	(void)device;
	return true;
}

static int no_such_device(pcap_t *p)
{
	return cst_fail(p, PCAP_ERROR_NO_SUCH_DEVICE,
			"%.100s: no such interface; pcap_findalldevs() and `capstan list` tell what there is", p->device);
}

/* Index, hardware type and MTU of p->device. */
static int look_up(pcap_t *p, struct packet_source *s, int *arphrd)
{
	struct ifreq ifr = { 0 };

	if (p->device[0] == '\0' || strlen(p->device) >= sizeof(ifr.ifr_name))
		return no_such_device(p);
	strcpy(ifr.ifr_name, p->device);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return cst_fail_errno(p, PCAP_ERROR, "%s: opening a socket to look the interface up", p->device);
	int status = 0;
	if (ioctl(fd, SIOCGIFINDEX, &ifr) < 0) {
		status = errno == ENODEV ? no_such_device(p) :
			 cst_fail_errno(p, PCAP_ERROR, "%s: asking for the interface's index", p->device);
	} else {
		s->ifindex = (unsigned int)ifr.ifr_ifindex;
		if (ioctl(fd, SIOCGIFHWADDR, &ifr) < 0)
			status = cst_fail_errno(p, PCAP_ERROR, "%s: asking for the hardware type", p->device);
		*arphrd = ifr.ifr_hwaddr.sa_family;
		if (ioctl(fd, SIOCGIFMTU, &ifr) == 0)
			s->mtu = (unsigned int)ifr.ifr_mtu;
	}
	close(fd);
	return status;
}

static void choose_linktype(pcap_t *p, struct packet_source *s, const struct cst_hardware *hardware)
{
	p->dlt = hardware->dlts[0];
	for (p->dlt_count = 0; hardware->dlts[p->dlt_count] >= 0; p->dlt_count++)
		p->dlts[p->dlt_count] = hardware->dlts[p->dlt_count];
	s->cooked = hardware->cooked;
	/* Programs look into a cooked header without asking whether all of it is there. */
	const int least = (int)sizeof(struct sll2_header) + 1;
	if (s->cooked && p->snaplen < least)
		p->snaplen = least;
}

/* Where a tag that the adapter took out belongs. A link type without a place for it loses it, as libpcap's does. */
static int tag_offset(int dlt)
{
	switch (dlt) {
	case DLT_EN10MB: return 2 * ETH_ALEN;
	case DLT_LINUX_SLL: return 14; /* the cooked header's protocol field; the old value follows the tag */
	default: return -1;
	}
}

int cst_packet_open_socket(pcap_t *p)
{
	struct packet_source *s = p->source;

	s->fd = socket(AF_PACKET, (s->cooked ? SOCK_DGRAM : SOCK_RAW) | SOCK_CLOEXEC, 0);
	if (s->fd >= 0)
		return 0;
	if (errno == EPERM || errno == EACCES) {
		char program[160];
		ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);
		program[n > 0 ? n : 0] = '\0';
		return cst_fail(p, PCAP_ERROR_PERM_DENIED,
				"%s: capturing needs CAP_NET_RAW: run as root, or: setcap cap_net_raw+ep %s", p->device,
				n > 0 ? program : "PROGRAM");
	}
	return cst_fail_errno(p, PCAP_ERROR, "%s: opening a packet socket", p->device);
}

static int set_option(pcap_t *p, int option, int value, const char *what)
{
	const struct packet_source *s = p->source;

	if (setsockopt(s->fd, SOL_PACKET, option, &value, sizeof(value)) < 0)
		return cst_fail_errno(p, PCAP_ERROR, "%s: %s", p->device, what);
	return 0;
}

/* The ring in the size asked for, or, when the kernel has no memory for that and a smaller one will do, in half of it, and
 * so on. */
int cst_packet_make_ring(pcap_t *p, bool or_smaller)
{
	struct packet_source *s = p->source;
	struct ring *r = &s->ring;
	size_t bytes = s->budget > 0 ? s->ring_ops->bytes_for(p, s->budget) : s->asked;
	int status;

	if ((status = set_option(p, PACKET_VERSION, s->ring_ops->version, "choosing the version of the ring")) < 0 ||
	    (status = set_option(p, PACKET_RESERVE, CST_RING_RESERVE, "reserving room for headers in the ring")) < 0)
		return status;
	while (s->ring_ops->request(p, bytes) < 0) {
		if (errno != ENOMEM || bytes <= SMALLEST_RING || !or_smaller)
			return cst_fail_errno(p, PCAP_ERROR, "%s: asking for a ring of %u times %u bytes", p->device, r->units,
					      r->unit_bytes);
		bytes /= 2;
	}
	r->bytes = (size_t)r->units * r->unit_bytes;
	int where = cst_want_rings_below_4gib() ? BELOW_4GIB : 0;
	void *map = mmap(NULL, r->bytes, PROT_READ | PROT_WRITE, MAP_SHARED | where, s->fd, 0);
	if (map == MAP_FAILED)
		return cst_fail_errno(p, PCAP_ERROR, "%s: mapping a ring of %zu bytes", p->device, r->bytes);
	r->map = map;
	p->buffer_bytes = r->bytes > INT32_MAX ? INT32_MAX : (int)r->bytes;
	return 0;
}

void cst_packet_drop_ring(struct packet_source *s)
{
	if (s->ring.map)
		munmap(s->ring.map, s->ring.bytes);
	free(s->ring.big);
	/* Filters outlast rings. */
	s->ring = (struct ring){ .recheck_before_ns = s->ring.recheck_before_ns };
}

int64_t cst_packet_capacity(const pcap_t *p)
{
	const struct packet_source *s = p->source;

	return (int64_t)(s->budget > 0 ? s->budget : s->asked);
}

/* PCAP_WARNING_PROMISC_NOTSUP where the interface has no such mode; on "any" the wish is ignored, as libpcap does. */
static int make_promiscuous(pcap_t *p, struct packet_source *s)
{
	struct packet_mreq mreq = { .mr_ifindex = (int)s->ifindex, .mr_type = PACKET_MR_PROMISC };

	if (!p->options.promisc || s->ifindex == 0)
		return 0;
	s->promiscuous = setsockopt(s->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mreq, sizeof(mreq)) == 0;
	if (s->promiscuous)
		return 0;
	if (errno == EOPNOTSUPP)
		return cst_fail(p, PCAP_WARNING_PROMISC_NOTSUP, "%s has no promiscuous mode", p->device);
	if (errno == EPERM || errno == EACCES)
		return cst_fail(p, PCAP_ERROR_PROMISC_PERM_DENIED, "%s: no permission for promiscuous mode", p->device);
	return cst_fail_errno(p, PCAP_ERROR, "%s: switching promiscuous mode on", p->device);
}

/* Bind, and the packets begin to come. */
int cst_packet_start(pcap_t *p)
{
	const struct packet_source *s = p->source;
	int protocol = p->options.linux_protocol ? p->options.linux_protocol : ETH_P_ALL;
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_protocol = htons((uint16_t)protocol),
				       .sll_ifindex = (int)s->ifindex };
	int error = 0;
	socklen_t bytes = sizeof(error);

	if (bind(s->fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &bytes) < 0)
		error = errno;
	switch (error) {
	case 0:
		return 0;
	case ENETDOWN:
		return cst_fail(p, PCAP_ERROR_IFACE_NOT_UP, "%s: the interface is down; ip link set %s up", p->device,
				p->device);
	case ENODEV:
		return no_such_device(p);
	default:
		errno = error;
		return cst_fail_errno(p, PCAP_ERROR, "%s: binding to the interface", p->device);
	}
}

/* Let the kernel leave out what would be thrown away here. The look at the sender does so again, for packets that are in
 * the ring already, for "any", whose interfaces differ, and for a kernel that cannot. */
void cst_packet_choose_frames(const pcap_t *p, struct packet_source *s)
{
	bool on_loopback = s->ifindex != 0 && s->ifindex == s->loopback_ifindex;
	int ignore = s->direction == PCAP_D_IN || (on_loopback && s->direction == PCAP_D_INOUT) ||
		     s->left_out & 1u << PACKET_OUTGOING;

	setsockopt(s->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &ignore, sizeof(ignore));
	s->look_at_sender = s->direction != PCAP_D_INOUT || s->ifindex == 0 || on_loopback ||
			    p->dlt == DLT_CAN_SOCKETCAN || s->left_out != 0;
}

/* Without its number what passes there would be delivered twice, so not to know is no answer. */
static int find_loopback(pcap_t *p, struct packet_source *s)
{
	s->loopback_ifindex = if_nametoindex("lo");
	if (s->loopback_ifindex == 0 && errno != ENODEV)
		return cst_fail_errno(p, PCAP_ERROR, "%s: asking for the index of the loopback interface", p->device);
	return 0;
}

static int open_source(pcap_t *p, struct packet_source *s)
{
	int arphrd = 0, status, warning;
	const struct cst_hardware *hardware;

	if (claims_any(p->device)) {
		static const struct cst_hardware all = { -1, true, true, { DLT_LINUX_SLL, DLT_LINUX_SLL2, -1 } };
		hardware = &all;
		s->mtu = ETH_DATA_LEN;
	} else {
		if ((status = look_up(p, s, &arphrd)) < 0)
			return status;
		hardware = cst_hardware_find(arphrd);
	}
	choose_linktype(p, s, hardware);
	s->tag_offset = tag_offset(p->dlt);
	if ((status = find_loopback(p, s)) < 0 ||
	    (s->ifindex != 0 && (status = cst_packet_count_missed(p, p->device)) < 0))
		return status;
	s->missed_before = s->missed;
	if ((status = cst_packet_open_socket(p)) < 0 || (status = cst_packet_make_ring(p, true)) < 0 ||
	    (status = cst_packet_limit_snaplen(p)) < 0)
		return status;
	cst_packet_choose_frames(p, s);
	if ((warning = status = make_promiscuous(p, s)) < 0 || (status = cst_packet_start(p)) < 0)
		return status;
	p->fd = p->select_fd = s->fd;
	if (!hardware->listed && warning == 0)
		cst_fail(p, 0, "%s: hardware type %d is not known; packets have a cooked header", p->device, arphrd);
	return warning;
}

static void close_source(pcap_t *p)
{
	struct packet_source *s = p->source;

	cst_packet_transmit_close(s);
	cst_packet_drop_ring(s);
	cst_aside_free(&s->aside);
	cst_to_receive_close(s);
	if (s->fd >= 0)
		cst_close_in_background(s->fd);
	if (s->filter_map >= 0)
		close(s->filter_map);
	cst_packet_counter_close(&s->counter);
	free(s->groups);
	free(s);
	p->source = NULL;
}

static int set_direction(pcap_t *p, pcap_direction_t direction)
{
	struct packet_source *s = p->source;

	s->direction = direction;
	cst_packet_choose_frames(p, s);
	return 0;
}

/* Only "any" offers a choice that changes more than a number: the one cooked header or the other, and the packets of
 * the batch have the old one. So does the filter, which the caller has to set anew. */
static int set_datalink(pcap_t *p, int dlt)
{
	struct packet_source *s = p->source;

	s->tag_offset = tag_offset(dlt);
	for (unsigned int i = p->batch.next; i < p->batch.count; i++)
		cst_frame_change_header(p, &p->batch.packets[i], dlt);
	return 0;
}

int cst_packet_nothing(pcap_t *p)
{
	struct packet_source *s = p->source;

	if (s->state == IFACE_FINE)
		return 0;
	/* The kernel says nothing more when an interface that is down goes for good. */
	if (!cst_interface_is_there(s))
		return cst_fail(p, PCAP_ERROR, "%s: the interface disappeared", p->device);
	if (s->state == IFACE_FAILED) {
		s->state = IFACE_WAS_DOWN;
		return cst_fail(p, PCAP_ERROR, "%s: the interface went down", p->device);
	}
	return 0;
}

bool cst_packet_interface_failed(struct packet_source *s, int error)
{
	if (error != ENETDOWN && error != ENODEV)
		return false;
	s->state = IFACE_FAILED;
	return true;
}

/* How long the kernel may sit on packets of a block that is not full; 0: there are none. Nobody is in a hurry here. */
static int longest_hold_ms(pcap_t *p)
{
	const int spare = 40, ms = cst_packet_held_back_ms(p);

	return ms > 0 ? ms + spare : 0;
}

int cst_packet_take_error(pcap_t *p)
{
	struct packet_source *s = p->source;
	int error = 0;
	socklen_t bytes = sizeof(error);

	if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &bytes) < 0)
		error = errno;
	if (error == 0 || cst_packet_interface_failed(s, error))
		return error != 0;
	errno = error;
	return cst_fail_errno(p, PCAP_ERROR, "%s: receiving packets", p->device);
}

/* The interface failed. First hand over what came before: the kernel may still hold some of it in an unfinished block
 * for as long as the read timeout. Then read_batch tells. */
static int wait_failed(pcap_t *p)
{
	struct packet_source *s = p->source;
	struct pollfd fds[2] = { { .fd = s->fd, .events = POLLIN }, { .fd = p->wake_fd, .events = POLLIN } };
	int status = cst_packet_take_error(p);

	if (status == 0) /* Whoever asked this descriptor for more than we did: its messages would keep poll() from waiting. */
		recv(s->fd, NULL, 0, MSG_ERRQUEUE | MSG_DONTWAIT);
	if (status <= 0)
		return status;
	poll(fds, 2, longest_hold_ms(p));
	return atomic_load(&p->break_loop) ? PCAP_ERROR_BREAK : 1;
}

static const char *engine(pcap_t *p, enum capstan_job job)
{
	switch (job) {
	case CAPSTAN_CAPTURE: return ((struct packet_source *)p->source)->ring_ops == &cst_ring_v2 ? "ring-v2" : "ring-v3";
	case CAPSTAN_TRANSMIT: return cst_packet_transmit_engine(p);
	case CAPSTAN_STATISTICS: return cst_packet_counting_engine(p);
	}
	return NULL;
}

static int read_batch(pcap_t *p, struct cst_batch *b)
{
	const struct packet_source *s = p->source;

	if (cst_aside_any(&s->aside)) {
		int n = cst_aside_read(p, b);
		if (n > 0)
			return n;
	}
	return s->ring_ops->read_batch(p, b);
}

static void release(pcap_t *p)
{
	struct packet_source *s = p->source;

	s->ring_ops->release(p);
	if (s->aside.first || s->aside.batch)
		cst_aside_release(&s->aside);
}

static bool at_hand(pcap_t *p)
{
	const struct cst_batch *b = &p->batch;

	return cst_aside_any(&((struct packet_source *)p->source)->aside) ||
	       (b->next < b->count && b->packets[b->next].flags & CST_PKT_ASIDE);
}

static struct source_ops packet_ops(const struct ring_ops *ring)
{
	return (struct source_ops){ .name = ring->name,
				    .read_batch = read_batch,
				    .release = release,
				    .gather = cst_packet_gather,
				    .held_back_ms = cst_packet_held_back_ms,
				    .at_hand = at_hand,
				    .set_buffer = cst_packet_set_buffer,
				    .set_min_to_copy = cst_packet_set_min_to_copy,
				    .describe = cst_frame_describe,
				    .finish = cst_frame_finish,
				    .wait_failed = wait_failed,
				    .inject = cst_packet_inject,
				    .transmit = cst_packet_transmit,
				    .set_send_to_rx = cst_packet_set_send_to_rx,
				    .set_filter = cst_packet_set_filter,
				    .set_direction = set_direction,
				    .set_datalink = set_datalink,
				    .set_reception = cst_packet_set_reception,
				    .stats = cst_packet_stats,
				    .engine = engine,
				    .start_counting = cst_packet_start_counting,
				    .read_counts = cst_packet_read_counts,
				    .stop_counting = cst_packet_stop_counting,
				    .close = close_source };
}

static int activate(pcap_t *p)
{
	struct packet_source *s = calloc(1, sizeof(*s));

	if (!s)
		return cst_fail_errno(p, PCAP_ERROR, "%s: allocating the capture's state", p->device);
	s->fd = s->filter_map = s->counter.tally = s->counter.former_map = -1;
	s->direction = PCAP_D_INOUT;
	p->source = s;
	s->ring_ops = p->min_to_copy == 0 ? &cst_ring_v2 : &cst_ring_v3;
	s->asked = p->options.buffer_bytes > 0 ? (size_t)p->options.buffer_bytes : DEFAULT_RING_BYTES;
	if (p->options.min_to_copy >= 0)
		s->budget = p->options.buffer_bytes > 0 ? s->asked : CST_NPCAP_BUFFER_BYTES;
	s->ops = packet_ops(s->ring_ops);
	p->ops = &s->ops;
	if (p->options.rfmon)
		return cst_fail(p, PCAP_ERROR_RFMON_NOTSUP,
				"%s: this version does not switch monitor mode on; do it before: iw dev %s set type monitor",
				p->device, p->device);
	return open_source(p, s);
}

const struct live_source cst_interface_source = {
	.name = "interface",
	.claims = claims_interface,
	.activate = activate,
	.list = cst_interface_list,
	.lookupnet = cst_interface_lookupnet,
};

static int list_any(struct cst_device_list *list, char *errbuf)
{
	const bpf_u_int32 flags = PCAP_IF_UP | PCAP_IF_RUNNING | PCAP_IF_CONNECTION_STATUS_NOT_APPLICABLE;

	return cst_device_add(list, "any", "Pseudo-device that captures on all interfaces", flags, errbuf) ? 0 :
													     PCAP_ERROR;
}

const struct live_source cst_any_source = {
	.name = "any",
	.claims = claims_any,
	.activate = activate,
	.list = list_any,
};
