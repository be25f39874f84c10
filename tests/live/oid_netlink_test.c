/* oid_netlink_test.c - OIDs that come over netlink: of a Wi-Fi adapter, which no test machine has, and on kernels that refuse,
 * know less, or break off. The seam is sendmsg() and recvmsg(): libnl's questions come to the kernel below. */
#include "capture.h"

#include <capstan/oid.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/nl80211.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FAMILY 0x7f80 /* nl80211's number here */
enum { IFLA_ALL_MULTICAST = 61, NETNS_COOKIE = 71, UNKNOWN_ATTRIBUTE = 0x3fff };

static struct {
	bool wifi;          /* "right" is a Wi-Fi interface, and there is nl80211 */
	bool no_family;     /* ... but not the latter */
	bool associated, taciturn;
	int error;          /* nl80211 refuses to tell of the interface */
	bool breaks_off;    /* instead of an answer */
	bool no_sockets;    /* for netlink */
	bool older;         /* no SO_NETNS_COOKIE, before 5.14, and no IFLA_ALLMULTI, before 6.0 */
	bool no_memory_for_socket, no_memory_for_message;
	int messages_before; /* there is none */
	uint64_t asked;     /* bit n: command n of nl80211 */
	uint8_t station[6]; /* that GET_STATION was about */
} kernel;

/* The messages that wait; each is received by itself, as from the kernel. */
static struct {
	_Alignas(struct nlmsghdr) uint8_t bytes[4096];
	size_t length;
} answer;

static void put_message(const struct nl_msg *m, const struct nlmsghdr *question)
{
	struct nlmsghdr *h = nlmsg_hdr((struct nl_msg *)(uintptr_t)m);

	h->nlmsg_seq = question->nlmsg_seq;
	h->nlmsg_pid = question->nlmsg_pid;
	assert_true(answer.length + NLMSG_ALIGN(h->nlmsg_len) <= sizeof(answer.bytes));
	memcpy(answer.bytes + answer.length, h, h->nlmsg_len);
	answer.length += NLMSG_ALIGN(h->nlmsg_len);
}

/* The end of an answer: an acknowledgement, a refusal, or that a list is over. */
static void put_end(const struct nlmsghdr *question, int error)
{
	const bool list = error == 0 && (question->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	struct nlmsgerr e = { .error = -error, .msg = *question };
	struct nl_msg *m = nlmsg_alloc();

	nlmsg_put(m, 0, 0, list ? NLMSG_DONE : NLMSG_ERROR, 0, list ? NLM_F_MULTI : 0);
	nlmsg_append(m, &e, list ? sizeof(e.error) : sizeof(e), NLMSG_ALIGNTO);
	put_message(m, question);
	nlmsg_free(m);
}

static struct nl_msg *begin(uint16_t type, uint8_t command)
{
	struct nl_msg *m = nlmsg_alloc();

	assert_non_null(genlmsg_put(m, 0, 0, type, 0, 0, command, 1));
	return m;
}

static void put_family(const struct nlmsghdr *question)
{
	struct nl_msg *m = begin(GENL_ID_CTRL, CTRL_CMD_NEWFAMILY);

	nla_put_u16(m, CTRL_ATTR_FAMILY_ID, FAMILY);
	nla_put_string(m, CTRL_ATTR_FAMILY_NAME, "nl80211");
	put_message(m, question);
	nlmsg_free(m);
	put_end(question, 0);
}

static void put_interface(struct nl_msg *m)
{
	nla_put_u32(m, NL80211_ATTR_IFTYPE, NL80211_IFTYPE_STATION);
	if (kernel.taciturn)
		return;
	nla_put_u32(m, NL80211_ATTR_WIPHY_FREQ, 5180);
	nla_put(m, NL80211_ATTR_SSID, 4, "home");
}

static void put_network(struct nl_msg *m)
{
	struct nlattr *nest = nla_nest_start(m, NL80211_ATTR_BSS);

	nla_put(m, NL80211_BSS_BSSID, 6, "\x02\x11\x22\x33\x44\x55");
	nla_put_u32(m, NL80211_BSS_FREQUENCY, 5180);
	nla_put_u16(m, NL80211_BSS_BEACON_INTERVAL, 100);
	nla_put_u32(m, NL80211_BSS_STATUS, NL80211_BSS_STATUS_ASSOCIATED);
	nla_nest_end(m, nest);
}

static void put_station(struct nl_msg *m)
{
	struct nlattr *nest = nla_nest_start(m, NL80211_ATTR_STA_INFO), *rate;

	nla_put_u8(m, NL80211_STA_INFO_SIGNAL, (uint8_t)-61);
	rate = nla_nest_start(m, NL80211_STA_INFO_TX_BITRATE);
	nla_put_u32(m, NL80211_RATE_INFO_BITRATE32, 8660);
	nla_nest_end(m, rate);
	nla_nest_end(m, nest);
}

static void answer_wifi(const struct nlmsghdr *question)
{
	const struct genlmsghdr *asked = nlmsg_data(question);
	struct nlattr *mac = genlmsg_len(asked) > 0 ? nla_find(genlmsg_attrdata(asked, 0), genlmsg_attrlen(asked, 0),
							       NL80211_ATTR_MAC) :
						      NULL;
	struct nl_msg *m = begin(FAMILY, asked->cmd);
	int error = 0;

	kernel.asked |= UINT64_C(1) << asked->cmd;
	if (mac)
		memcpy(kernel.station, nla_data(mac), sizeof(kernel.station));
	if (kernel.breaks_off) {
		nlmsg_free(m);
		return;
	}
	if (asked->cmd == NL80211_CMD_GET_INTERFACE) {
		put_interface(m);
		error = kernel.error;
	} else if (kernel.taciturn) {
		error = EOPNOTSUPP;
	} else if (asked->cmd == NL80211_CMD_GET_SCAN && kernel.associated) {
		put_network(m);
	} else if (asked->cmd == NL80211_CMD_GET_STATION) {
		put_station(m);
	}
	if (error == 0)
		put_message(m, question);
	nlmsg_free(m);
	put_end(question, error);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	const struct nlmsghdr *question = message->msg_iov[0].iov_base;

	answer.length = 0;
	if (kernel.wifi && question->nlmsg_type == FAMILY)
		answer_wifi(question);
	else if (kernel.wifi && !kernel.no_family && question->nlmsg_type == GENL_ID_CTRL)
		put_family(question);
	else
		return syscall(SYS_sendmsg, fd, message, flags);
	return (ssize_t)message->msg_iov[0].iov_len;
}

/* As an older kernel would have written it. */
static void leave_out_all_multicast(struct nlmsghdr *h, size_t bytes)
{
	if (bytes < sizeof(*h) || h->nlmsg_type != RTM_NEWLINK)
		return;
	struct nlattr *a = nlmsg_find_attr(h, sizeof(struct ifinfomsg), IFLA_ALL_MULTICAST);
	if (a)
		a->nla_type = UNKNOWN_ATTRIBUTE;
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	struct iovec *to = message->msg_iov;

	if (kernel.wifi && kernel.breaks_off && kernel.asked) {
		errno = ENOBUFS;
		return -1;
	}
	if (answer.length == 0) {
		ssize_t bytes = syscall(SYS_recvmsg, fd, message, flags);
		if (kernel.older && bytes > 0)
			leave_out_all_multicast(to->iov_base, (size_t)bytes);
		return bytes;
	}
	size_t bytes = NLMSG_ALIGN(((const struct nlmsghdr *)(const void *)answer.bytes)->nlmsg_len);
	memcpy(to->iov_base, answer.bytes, bytes < to->iov_len ? bytes : to->iov_len);
	memset(message->msg_name, 0, sizeof(struct sockaddr_nl));
	((struct sockaddr_nl *)message->msg_name)->nl_family = AF_NETLINK;
	message->msg_namelen = sizeof(struct sockaddr_nl);
	message->msg_controllen = 0;
	message->msg_flags = bytes > to->iov_len ? MSG_TRUNC : 0;
	if (!(flags & MSG_PEEK))
		memmove(answer.bytes, answer.bytes + bytes, answer.length -= bytes);
	return (ssize_t)(flags & MSG_TRUNC || bytes < to->iov_len ? bytes : to->iov_len);
}

int socket(int domain, int type, int protocol)
{
	if (kernel.no_sockets && domain == AF_NETLINK) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	return (int)syscall(SYS_socket, domain, type, protocol);
}

int getsockopt(int fd, int level, int option, void *value, socklen_t *bytes)
{
	if (kernel.older && level == SOL_SOCKET && option == NETNS_COOKIE) {
		errno = ENOPROTOOPT;
		return -1;
	}
	return (int)syscall(SYS_getsockopt, fd, level, option, value, bytes);
}

struct nl_sock *nl_socket_alloc(void)
{
	struct nl_sock *(*next)(void) = (struct nl_sock * (*)(void))(uintptr_t)dlsym(RTLD_NEXT, "nl_socket_alloc");

	return kernel.no_memory_for_socket ? NULL : next();
}

struct nl_msg *nlmsg_alloc(void)
{
	struct nl_msg *(*next)(void) = (struct nl_msg * (*)(void))(uintptr_t)dlsym(RTLD_NEXT, "nlmsg_alloc");

	return kernel.no_memory_for_message && kernel.messages_before-- <= 0 ? NULL : next();
}

struct nl_msg *nlmsg_alloc_simple(int type, int flags)
{
	struct nl_msg *(*next)(int, int) =
		(struct nl_msg * (*)(int, int))(uintptr_t)dlsym(RTLD_NEXT, "nlmsg_alloc_simple");

	return kernel.no_memory_for_message && kernel.messages_before-- <= 0 ? NULL : next(type, flags);
}

/* Drivers of Wi-Fi have nothing to say to ethtool. */
int ioctl(int fd, unsigned long request, ...)
{
	va_list ap;

	va_start(ap, request);
	void *argument = va_arg(ap, void *);
	va_end(ap);
	if (kernel.wifi && request == SIOCETHTOOL) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return (int)syscall(SYS_ioctl, fd, request, argument);
}

/* What makes an interface a Wi-Fi one to the library is this folder. */
int access(const char *path, int mode)
{
	if (kernel.wifi && strcmp(path, "/sys/class/net/right/phy80211") == 0)
		return 0;
	return (int)syscall(SYS_faccessat, AT_FDCWD, path, mode);
}

static int forget(void **state)
{
	(void)state;
	memset(&kernel, 0, sizeof(kernel));
	answer.length = 0;
	return 0;
}

static pcap_t *open_right(void)
{
	return capture_open(&(struct opening){ .timeout_ms = 10 });
}

static void expect_answer(pcap_t *p, bpf_u_int32 oid, const void *expected, size_t bytes)
{
	uint8_t data[512];
	size_t room = sizeof(data);

	if (pcap_oid_get_request(p, oid, data, &room) != 0)
		fail_msg("%s", pcap_geterr(p));
	assert_int_equal(room, bytes);
	assert_memory_equal(data, expected, bytes);
}

static void expect_number(pcap_t *p, bpf_u_int32 oid, uint32_t expected)
{
	expect_answer(p, oid, &expected, sizeof(expected));
}

static void expect_refusal(pcap_t *p, bpf_u_int32 oid, const char *word, const char *code)
{
	uint8_t data[512];
	size_t room = sizeof(data);

	assert_int_equal(pcap_oid_get_request(p, oid, data, &room), PCAP_ERROR);
	capture_expect_error(p, word);
	capture_expect_error(p, code);
}

static const char not_supported[] = "(3758096571)", general_failure[] = "(31)";

static void wifi_is_asked_of_nl80211(void **state)
{
	const NDIS_802_11_SSID ssid = { 4, "home" };
	const uint64_t speeds[2] = { 866000000, 866000000 };
	pcap_t *p = open_right();

	(void)state;
	kernel.wifi = kernel.associated = true;
	expect_answer(p, OID_802_11_BSSID, "\x02\x11\x22\x33\x44\x55", 6);
	expect_answer(p, OID_802_11_SSID, &ssid, sizeof(ssid));
	expect_number(p, OID_802_11_RSSI, (uint32_t)-61);
	expect_number(p, OID_DOT11_CURRENT_CHANNEL, 36);
	expect_number(p, OID_GEN_PHYSICAL_MEDIUM, 9);
	/* The signal and the rate are those to the access point. */
	assert_memory_equal(kernel.station, "\x02\x11\x22\x33\x44\x55", 6);
	expect_number(p, OID_GEN_LINK_SPEED, 8660000);
	expect_answer(p, OID_GEN_LINK_SPEED_EX, speeds, sizeof(speeds));
	pcap_close(p);
}

static void wifi_is_listed_as_such(void **state)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_if_t *all;
	int found = 0;

	(void)state;
	kernel.wifi = true;
	assert_int_equal(pcap_findalldevs(&all, errbuf), 0);
	for (const pcap_if_t *d = all; d; d = d->next) {
		assert_int_equal(!!(d->flags & PCAP_IF_WIRELESS), strcmp(d->name, "right") == 0);
		found++;
	}
	assert_true(found >= 3);
	pcap_freealldevs(all);
}

static void wifi_out_of_reach_of_a_network_asks_no_station(void **state)
{
	pcap_t *p = open_right();

	(void)state;
	kernel.wifi = true;
	expect_refusal(p, OID_802_11_BSSID, "no network", "(3758161937)");
	expect_number(p, OID_DOT11_CURRENT_CHANNEL, 36);
	assert_false(kernel.asked & UINT64_C(1) << NL80211_CMD_GET_STATION);
	pcap_close(p);
}

static void a_driver_that_tells_nothing_is_named_as_the_reason(void **state)
{
	static const bpf_u_int32 oids[] = { OID_802_11_NETWORK_TYPE_IN_USE, OID_802_11_TX_POWER_LEVEL,
					    OID_802_11_FRAGMENTATION_THRESHOLD, OID_802_11_RTS_THRESHOLD,
					    OID_802_11_NUMBER_OF_ANTENNAS, OID_802_11_POWER_MODE,
					    OID_802_11_SUPPORTED_RATES, OID_802_11_NETWORK_TYPES_SUPPORTED,
					    OID_802_11_CONFIGURATION, OID_DOT11_CURRENT_CHANNEL,
					    OID_DOT11_CURRENT_REG_DOMAIN };
	pcap_t *p = open_right();

	(void)state;
	kernel.wifi = kernel.taciturn = true;
	for (size_t i = 0; i < sizeof(oids) / sizeof(*oids); i++)
		expect_refusal(p, oids[i], "does not tell", not_supported);
	expect_number(p, OID_802_11_INFRASTRUCTURE_MODE, 1);
	pcap_close(p);
}

static void what_nl80211_refuses_with_has_a_code_of_windows(void **state)
{
	static const bpf_u_int32 oids[] = { OID_802_11_BSSID, OID_802_11_SSID, OID_802_11_RSSI, OID_802_11_SUPPORTED_RATES,
					    OID_802_11_NETWORK_TYPES_SUPPORTED, OID_802_11_CONFIGURATION,
					    OID_DOT11_CURRENT_OPERATION_MODE, OID_DOT11_OPERATION_MODE_CAPABILITY };
	static const struct {
		int error;
		const char *word, *code;
	} rows[] = {
		{ EOPNOTSUPP, "asking nl80211", not_supported }, { ENODEV, "disappeared", "(1617)" },
		{ EPERM, "not permitted", "(5)" },               { EINVAL, "asking nl80211", "(87)" },
		{ ENOMEM, "memory", "(8)" },                     { EIO, "asking nl80211", general_failure },
	};
	pcap_t *p = open_right();

	(void)state;
	kernel.wifi = true;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		kernel.error = rows[i].error;
		for (size_t k = 0; k < sizeof(oids) / sizeof(*oids); k++)
			expect_refusal(p, oids[k], rows[i].word, rows[i].code);
	}
	pcap_close(p);
}

static void an_answer_that_breaks_off_is_a_failure(void **state)
{
	pcap_t *p = open_right();

	(void)state;
	kernel.wifi = kernel.breaks_off = true;
	expect_refusal(p, OID_802_11_SSID, "asking nl80211", general_failure);
	pcap_close(p);
}

static void a_kernel_without_nl80211_is_told_so(void **state)
{
	pcap_t *p = open_right();

	(void)state;
	kernel.wifi = kernel.no_family = true;
	expect_refusal(p, OID_802_11_SSID, "no netlink family nl80211", not_supported);
	pcap_close(p);
}

static void without_netlink_what_needs_it_fails_and_the_rest_answers(void **state)
{
	static const bpf_u_int32 oids[] = { OID_GEN_MAXIMUM_FRAME_SIZE, OID_GEN_MAXIMUM_TOTAL_SIZE, OID_GEN_HARDWARE_STATUS,
					    OID_GEN_MEDIA_CONNECT_STATUS, OID_GEN_PROMISCUOUS_MODE, OID_GEN_ADMIN_STATUS,
					    OID_GEN_OPERATIONAL_STATUS, OID_GEN_ALIAS, OID_GEN_INTERFACE_INFO,
					    OID_GEN_LINK_STATE, OID_GEN_TRANSMIT_BUFFER_SPACE, OID_GEN_XMIT_OK,
					    OID_GEN_RCV_NO_BUFFER, OID_802_3_RCV_OVERRUN, OID_GEN_MULTICAST_FRAMES_RCV,
					    OID_GEN_DIRECTED_FRAMES_RCV, OID_GEN_STATISTICS,
					    OID_GEN_TRANSMIT_QUEUE_LENGTH, OID_GEN_CURRENT_PACKET_FILTER };
	pcap_t *p = open_right();

	(void)state;
	kernel.no_sockets = true;
	for (size_t i = 0; i < sizeof(oids) / sizeof(*oids); i++)
		expect_refusal(p, oids[i], "opening a netlink socket", general_failure);
	expect_number(p, OID_GEN_MEDIA_IN_USE, 0);
	pcap_close(p);
}

static void without_memory_that_is_the_reason(void **state)
{
	static const bpf_u_int32 oids[] = { OID_GEN_MAXIMUM_FRAME_SIZE, OID_GEN_TRANSMIT_QUEUE_LENGTH };
	pcap_t *p = open_right();

	(void)state;
	for (size_t i = 0; i < sizeof(oids) / sizeof(*oids); i++) {
		kernel.no_memory_for_socket = true;
		expect_refusal(p, oids[i], "memory for a netlink socket", "(8)");
		kernel.no_memory_for_socket = false;
		kernel.no_memory_for_message = true;
		expect_refusal(p, oids[i], "memory for a netlink message", "(8)");
		expect_refusal(p, OID_802_3_XMIT_ONE_COLLISION, "memory for a netlink message", "(8)");
		kernel.no_memory_for_message = false;
	}
	/* What the driver counts is less important than what the kernel does: without it, the object is not supported. */
	for (int n = 1; n < 8; n++) {
		kernel.no_memory_for_message = true;
		kernel.messages_before = n;
		expect_refusal(p, OID_802_3_XMIT_ONE_COLLISION, "OID_802_3", n == 1 ? "(" : not_supported);
		kernel.no_memory_for_message = false;
	}
	kernel.wifi = kernel.no_memory_for_socket = true;
	expect_refusal(p, OID_802_11_SSID, "memory for a netlink socket", "(8)");
	pcap_close(p);
}

static void *ask_from_elsewhere(void *p)
{
	uint32_t value;
	size_t bytes = sizeof(value);

	return (void *)(intptr_t)(unshare(CLONE_NEWNET) != 0 ||
				  pcap_oid_get_request(p, OID_GEN_MAXIMUM_FRAME_SIZE, &value, &bytes) == 0);
}

static void a_thread_in_another_namespace_is_refused(void **state)
{
	pcap_t *p = open_right();
	pthread_t thread;
	void *failed;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, ask_from_elsewhere, p), 0);
	pthread_join(thread, &failed);
	assert_null(failed);
	if (!strstr(pcap_geterr(p), "namespace") && !strstr(pcap_geterr(p), "disappeared"))
		fail_msg("\"%s\" says neither", pcap_geterr(p));
	pcap_close(p);
}

static void an_older_kernel_tells_of_all_multicast_through_sys(void **state)
{
	const uint32_t filter = NDIS_PACKET_TYPE_ALL_MULTICAST;
	uint32_t now = 0;
	size_t bytes = sizeof(filter);
	pcap_t *p = open_right();

	(void)state;
	/* That of the namespace, which the test itself is alone to see. */
	if (unshare(CLONE_NEWNS) != 0 || !netlab_try("mount --make-rprivate / && mount -t sysfs sysfs /sys")) {
		print_message("skipped: needs to mount /sys\n");
		pcap_close(p);
		skip();
	}
	kernel.older = true;
	assert_int_equal(pcap_oid_get_request(p, OID_GEN_CURRENT_PACKET_FILTER, &now, &bytes), 0);
	assert_false(now & NDIS_PACKET_TYPE_ALL_MULTICAST);
	netlab_run("ip link set right allmulticast on");
	assert_int_equal(pcap_oid_get_request(p, OID_GEN_CURRENT_PACKET_FILTER, &now, &bytes), 0);
	assert_true(now & NDIS_PACKET_TYPE_ALL_MULTICAST);
	netlab_run("ip link set right allmulticast off");
	pcap_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(wifi_is_asked_of_nl80211, forget),
		cmocka_unit_test_teardown(wifi_is_listed_as_such, forget),
		cmocka_unit_test_teardown(wifi_out_of_reach_of_a_network_asks_no_station, forget),
		cmocka_unit_test_teardown(a_driver_that_tells_nothing_is_named_as_the_reason, forget),
		cmocka_unit_test_teardown(what_nl80211_refuses_with_has_a_code_of_windows, forget),
		cmocka_unit_test_teardown(an_answer_that_breaks_off_is_a_failure, forget),
		cmocka_unit_test_teardown(a_kernel_without_nl80211_is_told_so, forget),
		cmocka_unit_test_teardown(without_netlink_what_needs_it_fails_and_the_rest_answers, forget),
		cmocka_unit_test_teardown(without_memory_that_is_the_reason, forget),
		cmocka_unit_test_teardown(a_thread_in_another_namespace_is_refused, forget),
		cmocka_unit_test_teardown(an_older_kernel_tells_of_all_multicast_through_sys, forget),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
