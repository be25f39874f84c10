/* user_counter.c - statistics mode where the kernel cannot count: a second handle captures what the filter accepts, no
 * more of each packet than must be, and its packets are counted. The first one's ring stays as it is meanwhile. */
#include "linux/packet_source.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <sys/socket.h>

/* Room for what comes while nobody reads: 65,536 packets of which no more than the header is kept. */
#define RING_BYTES (16 << 20)

/* An EtherType that no frame has, for a socket that is bound and yet receives nothing. */
#define NO_PROTOCOL 0x00ff

static bool is_cut(const pcap_t *user, const pcap_t *p)
{
	return user->snaplen < p->snaplen;
}

/* Can the kernel run the filter for sure? Then a packet's bytes are of no use here. */
static bool kernel_filters(const pcap_t *p, const struct bpf_program *program)
{
	struct bpf_program copy;

	if (!cst_packet_filter_for_kernel(p, program, &copy))
		return false;
	bool short_enough = copy.bf_len <= BPF_MAXINSNS;
	pcap_freecode(&copy);
	return short_enough;
}

/* What p captures, `user` is to capture from now on. */
static int follow(pcap_t *p, pcap_t *user, const struct bpf_program *program)
{
	const struct packet_source *s = p->source;
	struct packet_source *u = user->source;
	const bool kernel_did = !user->filter_in_user;
	struct bpf_program borrowed = *program;
	int status;

	if ((user->dlt != p->dlt && (status = pcap_set_datalink(user, p->dlt)) < 0) ||
	    (status = pcap_setdirection(user, s->direction)) < 0 || (status = pcap_setfilter(user, &borrowed)) < 0)
		return cst_fail(p, status, "%s", user->errbuf);
	u->left_out = s->left_out;
	cst_packet_choose_frames(user, u);
	/* Each packet in the ring has met one filter, the old or the new, and that decides. */
	if (kernel_did && !user->filter_in_user)
		u->ring.recheck = 0;
	return 0;
}

static int start(pcap_t *p, pcap_t *user)
{
	const struct packet_source *u = user->source;
	const int protocol = p->options.linux_protocol ? p->options.linux_protocol : ETH_P_ALL;
	const struct sockaddr_ll address = { .sll_family = AF_PACKET,
					     .sll_protocol = htons((uint16_t)protocol),
					     .sll_ifindex = (int)u->ifindex };

	if (bind(u->fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return 0;
	return cst_fail_errno(p, PCAP_ERROR, "%s: binding to the interface, to count its packets", p->device);
}

/* Does it keep too little of each packet for the filter, which the kernel did not take after all? */
static bool sees_too_little(const pcap_t *user, const pcap_t *p)
{
	return user->filter_in_user && is_cut(user, p);
}

/* A handle that captures `snaplen` bytes, or all, of what `program` accepts, from now on. NULL: the text is in place, and
 * *status says what. */
static pcap_t *open_second(pcap_t *p, const struct bpf_program *program, int snaplen, int *status)
{
	const struct packet_source *s = p->source;
	char errbuf[PCAP_ERRBUF_SIZE], name[IF_NAMESIZE] = "any";

	if (s->ifindex != 0 && cst_interface_name(s, name) < 0) {
		*status = cst_fail(p, PCAP_ERROR, "%s: the interface disappeared", p->device);
		return NULL;
	}
	pcap_t *user = pcap_create(name, errbuf);

	if (!user) {
		*status = cst_fail(p, PCAP_ERROR, "%s", errbuf);
		return NULL;
	}
	pcap_set_snaplen(user, snaplen);
	pcap_set_buffer_size(user, RING_BYTES);
	pcap_set_immediate_mode(user, 1);
	pcap_set_protocol_linux(user, NO_PROTOCOL);
	pcap_setnonblock(user, 1, errbuf);
	*status = pcap_activate(user);
	if (*status < 0)
		cst_fail(p, *status, "%s", user->errbuf);
	else if ((*status = follow(p, user, program)) == 0 && !sees_too_little(user, p) && (*status = start(p, user)) == 0)
		return user;
	const bool again = *status == 0;
	pcap_close(user);
	return again ? open_second(p, program, p->snaplen, status) : NULL;
}

static int accept_nothing(pcap_t *p)
{
	struct bpf_insn reject = { .code = BPF_RET | BPF_K, .k = 0 };
	int status = cst_packet_set_filter(p, &(struct bpf_program){ 1, &reject });

	if (status == 0)
		return cst_fail(p, PCAP_ERROR, "%s: the kernel takes no filter that would keep packets out of the ring",
				p->device);
	return status < 0 ? status : 0;
}

static void add(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct cst_tally *sum = (struct cst_tally *)(void *)user;

	(void)data;
	sum->packets++;
	sum->bytes += h->len;
}

int cst_user_counter_drain(pcap_t *p)
{
	struct packet_counter *c = &((struct packet_source *)p->source)->counter;
	const struct packet_source *u = c->user->source;

	/* Once around the ring at most: packets may come as fast as we count. */
	int status = pcap_dispatch(c->user, (int)u->ring.units, add, (u_char *)&c->in_user);
	return status < 0 ? cst_fail(p, status, "%s", c->user->errbuf) : 0;
}

/* What it has captured is counted still. */
static void retire(struct packet_source *s, pcap_t *user)
{
	struct packet_source *u = user->source;

	accept_nothing(user);
	if (!user->filter_in_user)
		u->ring.recheck = 0;
	pcap_dispatch(user, -1, add, (u_char *)&s->counter.in_user);
	cst_packet_count(user);
	s->counter.seen_in_user += u->received - u->unwanted - u->dropped;
	s->received += u->dropped;
	s->dropped += u->dropped;
	pcap_close(user);
}

void cst_user_counter_stop(pcap_t *p)
{
	struct packet_source *s = p->source;
	pcap_t *user = s->counter.user;

	s->counter.user = NULL;
	if (user)
		retire(s, user);
}

int cst_user_counter_start(pcap_t *p, const struct bpf_program *program)
{
	struct packet_source *s = p->source;
	pcap_t *former = s->counter.user;
	int status;

	/* The same handle goes on, unless it keeps too little of the packets: so none is lost and none counted twice. */
	if (former && (!is_cut(former, p) || kernel_filters(p, program))) {
		cst_user_counter_drain(p);
		if ((status = follow(p, former, program)) < 0 || !sees_too_little(former, p))
			return status;
	}
	pcap_t *user = open_second(p, program, kernel_filters(p, program) ? 1 : p->snaplen, &status);
	if (!user)
		return status;
	/* From the new one's first packet to here, which are microseconds, packets come to both. */
	s->counter.user = user;
	if (former) {
		retire(s, former);
	} else if ((status = accept_nothing(p)) < 0) {
		s->counter.user = NULL;
		pcap_close(user);
		return status;
	}
	return 0;
}
