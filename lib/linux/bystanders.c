/* bystanders.c - who has a part in what leaves an interface.
 *
 * A frame from a packet socket passes the netfilter egress hook, tc's egress filters, copies for packet sockets that
 * listen, and a queueing discipline (__dev_queue_xmit() of the kernel). XDP frames pass none of them. */
#include "linux/bystanders.h"

#include "base/clock.h"
#include "linux/ask_kernel.h"
#include "linux/xdp_live.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Newer than the headers that we may be built with: linux/netdev.h of Linux 6.3, linux/netfilter.h of 5.16. */
#define NETDEV_FAMILY "netdev"
enum { NETDEV_DEV_GET = 1, NETDEV_IFINDEX = 1, NETDEV_XDP_FEATURES = 3, NETDEV_XDP_NDO_XMIT = 4 };
enum { NETDEV_EGRESS_HOOK = 1 };

#define LOOK_AGAIN_NS (10 * CST_NS_PER_MS)

struct request {
	struct nlmsghdr header;
	uint8_t body[64];
};

/* Put `bytes` behind what is there. */
static void append(struct request *r, const void *data, size_t bytes)
{
	memcpy((uint8_t *)r + r->header.nlmsg_len, data, bytes);
	r->header.nlmsg_len += (uint32_t)NLMSG_ALIGN(bytes);
}

static struct request begin(uint16_t type, uint16_t flags, const void *fixed, size_t bytes)
{
	struct request r = { .header = { .nlmsg_len = NLMSG_HDRLEN, .nlmsg_type = type, .nlmsg_flags = flags } };

	append(&r, fixed, bytes);
	return r;
}

static void append_attribute(struct request *r, uint16_t type, const void *data, size_t bytes)
{
	const struct nlattr attribute = { .nla_type = type, .nla_len = (uint16_t)(NLA_HDRLEN + bytes) };

	append(r, &attribute, sizeof(attribute));
	append(r, data, bytes);
}

static void read_family(void *context, const struct nlmsghdr *m)
{
	const struct nlattr *id = cst_netlink_attribute(m, GENL_HDRLEN, CTRL_ATTR_FAMILY_ID);

	if (id && cst_netlink_bytes(id) == sizeof(uint16_t))
		memcpy(context, cst_netlink_data(id), sizeof(uint16_t));
}

static uint16_t find_netdev_family(int generic)
{
	const struct genlmsghdr get = { .cmd = CTRL_CMD_GETFAMILY, .version = 1 };
	struct request r = begin(GENL_ID_CTRL, 0, &get, sizeof(get));
	uint16_t family = 0;

	append_attribute(&r, CTRL_ATTR_FAMILY_NAME, NETDEV_FAMILY, sizeof(NETDEV_FAMILY));
	return cst_netlink_ask(generic, &r.header, read_family, &family) < 0 ? 0 : family;
}

int cst_namespace_of(int socket, ino_t *number)
{
	struct stat st;
	int namespace = ioctl(socket, SIOCGSKNS);

	if (namespace < 0)
		return -1;
	int status = fstat(namespace, &st);
	close(namespace);
	*number = st.st_ino;
	return status;
}

bool cst_in_namespace(ino_t number)
{
	struct stat st;

	return stat("/proc/thread-self/ns/net", &st) == 0 && st.st_ino == number;
}

const char *cst_bystanders_open(struct cst_bystanders *b, unsigned int ifindex, int own_socket)
{
	struct stat st;

	*b = (struct cst_bystanders){
		.ifindex = ifindex, .listeners = -1, .route = -1, .generic = -1, .netfilter = -1
	};
	if (fstat(own_socket, &st) < 0 || cst_namespace_of(own_socket, &b->namespace) < 0)
		return "asking for the network namespace";
	b->own_socket = st.st_ino;
	const char *elsewhere = cst_bystander_elsewhere(b);
	if (elsewhere) {
		errno = ENXIO;
		return elsewhere;
	}
	if ((b->listeners = open("/proc/thread-self/net/packet", O_RDONLY | O_CLOEXEC)) < 0)
		return "opening the list of packet sockets";
	if ((b->route = cst_netlink_open(NETLINK_ROUTE)) < 0 || (b->generic = cst_netlink_open(NETLINK_GENERIC)) < 0)
		return "opening netlink";
	b->netfilter = cst_netlink_open(NETLINK_NETFILTER); /* a kernel without has no hooks either */
	b->netdev = find_netdev_family(b->generic);
	return NULL;
}

void cst_bystanders_close(struct cst_bystanders *b)
{
	int *const fds[] = { &b->listeners, &b->route, &b->generic, &b->netfilter };

	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

const char *cst_bystander_elsewhere(const struct cst_bystanders *b)
{
	return cst_in_namespace(b->namespace) ? NULL : "the calling thread is in another network namespace";
}

/* One line of the list: does that socket hear what leaves here? */
static bool hears(const struct cst_bystanders *b, const char *line)
{
	unsigned int protocol, ifindex;
	unsigned long inode;

	/* Columns: address, references, type, protocol, interface, running, memory, user, inode. What is no socket, the
	 * headline, does not fit. Only those for all protocols hear what leaves. */
	if (sscanf(line, "%*s %*d %*d %x %u %*d %*u %*u %lu", &protocol, &ifindex, &inode) != 3)
		return false;
	return protocol == ETH_P_ALL && (ifindex == 0 || ifindex == b->ifindex) && inode != b->own_socket;
}

const char *cst_bystander_listening(const struct cst_bystanders *b)
{
	char text[4096];
	size_t kept = 0;
	ssize_t bytes;

	if (lseek(b->listeners, 0, SEEK_SET) < 0)
		return "the list of packet sockets cannot be read";
	while ((bytes = read(b->listeners, text + kept, sizeof(text) - 1 - kept)) > 0) {
		char *line = text, *end;
		text[kept + (size_t)bytes] = '\0';
		for (; (end = strchr(line, '\n')); line = end + 1) {
			*end = '\0';
			if (hears(b, line))
				return "a packet socket listens there, which would miss the frames";
		}
		kept = strlen(line);
		memmove(text, line, kept);
	}
	return bytes < 0 ? "the list of packet sockets cannot be read" : NULL;
}

struct look {
	const struct cst_bystanders *b;
	const char *found;
};

/* Disciplines that pass on what comes as soon as it can leave. */
static bool passes_on(const char *kind)
{
	static const char *const kinds[] = { "noqueue", "pfifo_fast", "pfifo", "bfifo", "fq_codel", "mq", "ingress" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kind, kinds[i]) == 0)
			return true;
	return false;
}

static void look_at_discipline(void *context, const struct nlmsghdr *m)
{
	struct look *look = context;
	const struct nlattr *kind = cst_netlink_attribute(m, sizeof(struct tcmsg), TCA_KIND);
	struct tcmsg tc;

	if (m->nlmsg_len < NLMSG_LENGTH(sizeof(tc)))
		return;
	memcpy(&tc, cst_netlink_body(m), sizeof(tc));
	if (tc.tcm_ifindex != (int)look->b->ifindex || !kind)
		return;
	const char *name = cst_netlink_text(kind);
	if (!name || !passes_on(name))
		look->found = "tc shapes or filters what leaves there";
}

static const char *look_at_tc(const struct cst_bystanders *b)
{
	const struct tcmsg every = { .tcm_family = AF_UNSPEC };
	struct request r = begin(RTM_GETQDISC, NLM_F_DUMP, &every, sizeof(every));
	struct look look = { .b = b };

	if (cst_netlink_ask(b->route, &r.header, look_at_discipline, &look) < 0)
		return "the kernel does not tell how what leaves is queued";
	return look.found;
}

static void look_at_chain(void *context, const struct nlmsghdr *m)
{
	struct look *look = context;
	const struct nlattr *hook = cst_netlink_attribute(m, sizeof(struct nfgenmsg), NFTA_CHAIN_HOOK);
	const struct nlattr *number = hook ? cst_netlink_nested(hook, NFTA_HOOK_HOOKNUM) : NULL;

	if (number && cst_netlink_number(number) == htonl(NETDEV_EGRESS_HOOK))
		look->found = "nftables filters what leaves an interface";
}

/* Chains of the family netdev, whatever interface they are for. */
static const char *look_at_netfilter(const struct cst_bystanders *b)
{
	const struct nfgenmsg family = { .nfgen_family = NFPROTO_NETDEV, .version = NFNETLINK_V0 };
	struct request r = begin(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN, NLM_F_DUMP, &family, sizeof(family));
	struct look look = { .b = b };

	/* A kernel that does not know the question has no chains. */
	if (b->netfilter >= 0)
		cst_netlink_ask(b->netfilter, &r.header, look_at_chain, &look);
	return look.found;
}

const char *cst_bystander_on_the_way(struct cst_bystanders *b)
{
	const int64_t now = cst_now_ns();

	if (b->looked_ns != 0 && now - b->looked_ns < LOOK_AGAIN_NS)
		return b->on_the_way;
	b->looked_ns = now;
	b->on_the_way = look_at_tc(b);
	if (!b->on_the_way && cst_xdp_egress_programs(b->ifindex))
		b->on_the_way = "an eBPF program filters what leaves there";
	if (!b->on_the_way)
		b->on_the_way = look_at_netfilter(b);
	return b->on_the_way;
}

static void read_features(void *context, const struct nlmsghdr *m)
{
	const struct nlattr *features = cst_netlink_attribute(m, GENL_HDRLEN, NETDEV_XDP_FEATURES);

	if (features)
		*(uint64_t *)context = cst_netlink_number(features);
}

const char *cst_bystander_driver(const struct cst_bystanders *b)
{
	const struct genlmsghdr get = { .cmd = NETDEV_DEV_GET, .version = 1 };
	struct request r = begin(b->netdev, 0, &get, sizeof(get));
	uint64_t features = 0;

	if (!b->netdev)
		return NULL;
	append_attribute(&r, NETDEV_IFINDEX, &b->ifindex, sizeof(b->ifindex));
	if (cst_netlink_ask(b->generic, &r.header, read_features, &features) == 0 && features & NETDEV_XDP_NDO_XMIT)
		return NULL;
	return "the driver sends no XDP frames now (a veth does while its other end has GRO on, or an XDP program)";
}
