/* oid_netlink.c - the questions behind OIDs that go over netlink, through libnl: rtnetlink(7) about the link and its queue,
 * ethtool's family about IEEE 802.3's counters, nl80211 about Wi-Fi. */
#include "npcap/oid.h"

#include <errno.h>
#include <linux/ethtool_netlink.h>
#include <linux/nl80211.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <sys/socket.h>

/* asm/socket.h has it since Linux 5.14. */
#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

/* One exchange: where the attributes of the answers go, and what the kernel refused with. */
struct exchange {
	void (*take)(void *to, struct nlmsghdr *message);
	void *to;
	int error; /* errno value */
	bool over;
};

static int on_answer(struct nl_msg *message, void *arg)
{
	struct exchange *x = arg;

	x->take(x->to, nlmsg_hdr(message));
	return NL_OK;
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *e, void *arg)
{
	struct exchange *x = arg;

	(void)from;
	x->error = -e->error;
	x->over = true;
	return NL_STOP;
}

/* Behind the answer to one question, or if there was none; and behind the last of many. */
static int on_end(struct nl_msg *message, void *arg)
{
	struct exchange *x = arg;

	(void)message;
	x->over = true;
	return NL_STOP;
}

/* A thread that moved to another network namespace after it opened the handle would ask there about a stranger. */
static bool same_namespace(int one, int other)
{
	uint64_t cookies[2];
	socklen_t bytes = sizeof(cookies[0]), others = sizeof(cookies[1]);

	if (getsockopt(one, SOL_SOCKET, SO_NETNS_COOKIE, &cookies[0], &bytes) < 0 ||
	    getsockopt(other, SOL_SOCKET, SO_NETNS_COOKIE, &cookies[1], &others) < 0)
		return true;
	return cookies[0] == cookies[1];
}

static uint32_t open_netlink(struct oid_subject *s, int protocol, struct nl_sock **sock)
{
	*sock = nl_socket_alloc();
	if (!*sock)
		return cst_oid_fail(s, CODE_NO_MEMORY, "no memory for a netlink socket");
	int status = nl_connect(*sock, protocol);
	uint32_t code = 0;
	if (status < 0)
		code = cst_oid_fail(s, CODE_GENERAL_FAILURE, "opening a netlink socket: %s", nl_geterror(status));
	else if (!same_namespace(nl_socket_get_fd(*sock), s->p->fd))
		code = cst_oid_fail(s, CODE_GENERAL_FAILURE,
				    "this thread has left the network namespace that the handle was opened in");
	if (code) {
		nl_socket_free(*sock);
		*sock = NULL;
	}
	return code;
}

/* Send `message`, which is freed, and have `take` called for each answer. */
static uint32_t ask(struct oid_subject *s, struct nl_sock *sock, struct nl_msg *message, const char *what,
		    void (*take)(void *, struct nlmsghdr *), void *to)
{
	struct exchange x = { .take = take, .to = to };

	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, on_answer, &x);
	nl_socket_modify_err_cb(sock, NL_CB_CUSTOM, on_error, &x);
	nl_socket_modify_cb(sock, NL_CB_ACK, NL_CB_CUSTOM, on_end, &x);
	nl_socket_modify_cb(sock, NL_CB_FINISH, NL_CB_CUSTOM, on_end, &x);
	int status = nl_send_auto(sock, message);
	nlmsg_free(message);
	while (status >= 0 && !x.over)
		status = nl_recvmsgs_default(sock);
	if (x.error)
		return cst_oid_fail_errno(s, x.error, what);
	/* A list that changed while it was told has what we look for all the same. */
	if (status < 0 && !x.over)
		return cst_oid_fail(s, CODE_GENERAL_FAILURE, "%s: %s", what, nl_geterror(status));
	return 0;
}

/* For the questions below there is always room in a message of libnl's, which is a page; so putting something into it does
 * not fail. */
static uint32_t no_message(struct oid_subject *s)
{
	return cst_oid_fail(s, CODE_NO_MEMORY, "no memory for a netlink message");
}

static void take_link(void *to, struct nlmsghdr *message)
{
	struct oid_link *link = to;

	if (message->nlmsg_type != RTM_NEWLINK || !nlmsg_valid_hdr(message, sizeof(struct ifinfomsg)))
		return;
	link->flags = ((struct ifinfomsg *)nlmsg_data(message))->ifi_flags;
	cst_oid_parse_link(link, nlmsg_attrdata(message, sizeof(struct ifinfomsg)),
			   nlmsg_attrlen(message, sizeof(struct ifinfomsg)));
}

/* Who asked for all multicast, where netlink does not tell: the interface's flags as the kernel has them inside. */
static uint32_t wants_all_multicast(const char *name)
{
	const unsigned int all_multicast = 0x200; /* IFF_ALLMULTI; net/if.h and linux/if.h do not agree */
	char path[64];
	unsigned int flags = 0;

	snprintf(path, sizeof(path), "/sys/class/net/%s/flags", name);
	FILE *file = fopen(path, "re");
	if (!file)
		return 0;
	if (fscanf(file, "%x", &flags) != 1)
		flags = 0;
	fclose(file);
	return (flags & all_multicast) != 0;
}

uint32_t cst_oid_read_link(struct oid_subject *s)
{
	struct ifinfomsg header = { .ifi_index = (int)s->ifindex };
	struct nl_msg *message;
	struct nl_sock *sock;
	uint32_t code = open_netlink(s, NETLINK_ROUTE, &sock);

	if (code)
		return code;
	message = nlmsg_alloc_simple(RTM_GETLINK, 0);
	if (message) {
		nlmsg_append(message, &header, sizeof(header), NLMSG_ALIGNTO);
		code = ask(s, sock, message, "asking the kernel for the interface's state", take_link, &s->link);
	} else {
		code = no_message(s);
	}
	nl_socket_free(sock);
	if (code == 0 && !s->link.knows_all_multicast)
		s->link.all_multicast = wants_all_multicast(s->name);
	return code;
}

struct root_queue {
	int ifindex;
	uint32_t packets;
};

static void take_queue(void *to, struct nlmsghdr *message)
{
	struct root_queue *root = to;
	const struct tcmsg *header = nlmsg_data(message);

	if (message->nlmsg_type == RTM_NEWQDISC && nlmsg_valid_hdr(message, sizeof(*header)) &&
	    header->tcm_ifindex == root->ifindex && header->tcm_parent == TC_H_ROOT)
		root->packets = cst_oid_parse_queue_length(nlmsg_attrdata(message, sizeof(*header)),
							   nlmsg_attrlen(message, sizeof(*header)));
}

/* The root of the queues counts for all; an interface that is down has none, and nothing waits. The question is about all
 * interfaces: one about a single queue would be answered to everyone who watches queues. */
uint32_t cst_oid_read_queue_length(struct oid_subject *s, uint32_t *packets)
{
	struct tcmsg header = { .tcm_family = AF_UNSPEC };
	struct root_queue root = { .ifindex = (int)s->ifindex };
	struct nl_msg *message;
	struct nl_sock *sock;
	uint32_t code = open_netlink(s, NETLINK_ROUTE, &sock);

	*packets = 0;
	if (code)
		return code;
	message = nlmsg_alloc_simple(RTM_GETQDISC, NLM_F_DUMP);
	if (message) {
		nlmsg_append(message, &header, sizeof(header), NLMSG_ALIGNTO);
		code = ask(s, sock, message, "asking the kernel for the queue", take_queue, &root);
	} else {
		code = no_message(s);
	}
	nl_socket_free(sock);
	*packets = root.packets;
	return code;
}

/* A socket to a family of generic netlink, and its number; the caller frees the socket. */
static uint32_t open_family(struct oid_subject *s, const char *name, struct nl_sock **sock, int *family)
{
	uint32_t code = open_netlink(s, NETLINK_GENERIC, sock);

	if (code)
		return code;
	*family = genl_ctrl_resolve(*sock, name);
	if (*family >= 0)
		return 0;
	nl_socket_free(*sock);
	return cst_oid_fail(s, CODE_NOT_SUPPORTED, "the kernel has no netlink family %s", name);
}

static void take_mac(void *to, struct nlmsghdr *message)
{
	if (genlmsg_valid_hdr(message, 0))
		cst_oid_parse_mac(to, genlmsg_attrdata(genlmsg_hdr(message), 0), genlmsg_attrlen(genlmsg_hdr(message), 0));
}

static struct nl_msg *mac_question(const struct oid_subject *s, int family)
{
	const uint32_t groups = 1u << ETHTOOL_STATS_ETH_MAC;
	struct nl_msg *m = nlmsg_alloc();
	struct nlattr *nest;

	if (!m)
		return NULL;
	genlmsg_put(m, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, 0, ETHTOOL_MSG_STATS_GET, ETHTOOL_GENL_VERSION);
	nest = nla_nest_start(m, ETHTOOL_A_STATS_HEADER | NLA_F_NESTED);
	nla_put_u32(m, ETHTOOL_A_HEADER_DEV_INDEX, s->ifindex);
	nla_nest_end(m, nest);
	nest = nla_nest_start(m, ETHTOOL_A_STATS_GROUPS | NLA_F_NESTED);
	nla_put_flag(m, ETHTOOL_A_BITSET_NOMASK);
	nla_put_u32(m, ETHTOOL_A_BITSET_SIZE, ETHTOOL_STATS_ETH_MAC + 1);
	nla_put_u32(m, ETHTOOL_A_BITSET_VALUE, groups);
	nla_nest_end(m, nest);
	return m;
}

uint32_t cst_oid_read_mac(struct oid_subject *s)
{
	struct nl_sock *sock;
	int family;
	uint32_t code = open_family(s, ETHTOOL_GENL_NAME, &sock, &family);

	if (code)
		return code;
	struct nl_msg *message = mac_question(s, family);
	code = message ? ask(s, sock, message, "asking the driver for its counters", take_mac, &s->mac) : no_message(s);
	nl_socket_free(sock);
	return code;
}

static void take_wifi(void *to, struct nlmsghdr *message)
{
	if (genlmsg_valid_hdr(message, 0))
		cst_oid_parse_wifi(to, genlmsg_attrdata(genlmsg_hdr(message), 0), genlmsg_attrlen(genlmsg_hdr(message), 0));
}

static uint32_t ask_wifi(struct oid_subject *s, struct nl_sock *sock, int family, uint8_t command)
{
	const bool all = command == NL80211_CMD_GET_SCAN, station = command == NL80211_CMD_GET_STATION;
	struct nl_msg *m = nlmsg_alloc();

	if (!m)
		return no_message(s);
	genlmsg_put(m, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, all ? NLM_F_DUMP : 0, command, 0);
	nla_put_u32(m, NL80211_ATTR_IFINDEX, s->ifindex);
	if (station)
		nla_put(m, NL80211_ATTR_MAC, sizeof(s->wifi.bssid), s->wifi.bssid);
	return ask(s, sock, m, "asking nl80211", take_wifi, &s->wifi);
}

/* The interface has to be known to nl80211; what else there is to know depends on driver and network. */
uint32_t cst_oid_read_wifi(struct oid_subject *s)
{
	static const uint8_t commands[] = { NL80211_CMD_GET_WIPHY, NL80211_CMD_GET_SCAN, NL80211_CMD_GET_POWER_SAVE,
					    NL80211_CMD_GET_REG };
	struct nl_sock *sock;
	int family;
	uint32_t code = open_family(s, NL80211_GENL_NAME, &sock, &family);

	if (code)
		return code;
	code = ask_wifi(s, sock, family, NL80211_CMD_GET_INTERFACE);
	for (size_t i = 0; code == 0 && i < sizeof(commands); i++)
		ask_wifi(s, sock, family, commands[i]);
	if (code == 0 && s->wifi.has_bss)
		ask_wifi(s, sock, family, NL80211_CMD_GET_STATION);
	nl_socket_free(sock);
	return code;
}
