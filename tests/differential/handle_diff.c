/* handle_diff.c - every call on a handle, in every state that a handle can be in, asked of both libraries: the same
 * return values, outputs and presence of an error text. What is meant to differ stands in tables with the reason. */
#include "twin.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_tun.h>
#include <linux/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void count_packet(u_char *user, const struct pcap_pkthdr *h, const u_char *bytes)
{
	(void)h;
	(void)bytes;
	++*(int *)(void *)user;
}

/* ---- the questions ---- */

static void ask_list(const char *question, int count, const int *list)
{
	char text[256] = "";
	size_t used = 0;

	for (int i = 0; i < count && used < sizeof(text) - 16; i++)
		used += (size_t)sprintf(text + used, " %d", list[i]);
	twin_tell(question, "%d:%s", count, text);
}

static void ask_getters(const struct twin *lib, pcap_t *p)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	int *list = NULL;

	TWIN_ASK(lib, p, datalink);
	TWIN_ASK(lib, p, datalink_ext);
	TWIN_ASK(lib, p, snapshot);
	TWIN_ASK(lib, p, is_swapped);
	TWIN_ASK(lib, p, major_version);
	TWIN_ASK(lib, p, minor_version);
	TWIN_ASK(lib, p, get_tstamp_precision);
	TWIN_ASK(lib, p, can_set_rfmon);
	int bufsize = lib->bufsize(p);
	twin_tell("bufsize()", bufsize > 0 ? "some" : "%d", bufsize);
	twin_tell("file()", "%s", lib->file(p) ? "a file" : "none");
	twin_tell("fileno()", "%s", lib->fileno(p) >= 0 ? "a descriptor" : "none");
	twin_tell("get_selectable_fd()", "%s", lib->get_selectable_fd(p) >= 0 ? "a descriptor" : "none");
	twin_tell("get_required_select_timeout()", "%s", lib->get_required_select_timeout(p) ? "some" : "none");
	int nonblock = lib->getnonblock(p, errbuf);
	twin_tell("getnonblock()", "%d%s", nonblock, errbuf[0] ? " and says why" : "");
	int count = lib->list_datalinks(p, &list);
	ask_list("list_datalinks()", count, list);
	if (count > 0)
		lib->free_datalinks(list);
	count = lib->list_tstamp_types(p, &list);
	ask_list("list_tstamp_types()", count, list);
	if (count > 0)
		lib->free_tstamp_types(list);
}

static void ask_setters(const struct twin *lib, pcap_t *p)
{
	static const int values[] = { INT_MIN, -1, 0, 1, 2, 65535, 262144, 262145, INT_MAX };

	for (size_t i = 0; i < COUNT(values); i++) {
		char question[64];
#define ASK_SETTER(name) do { \
			lib->geterr(p)[0] = '\0'; \
			int answer = lib->name(p, values[i]); \
			snprintf(question, sizeof(question), #name "(%d)", values[i]); \
			twin_tell(question, "%d%s", answer, lib->geterr(p)[0] ? " and says why" : ""); \
		} while (0)
		ASK_SETTER(set_snaplen);
		ASK_SETTER(set_promisc);
		ASK_SETTER(set_rfmon);
		ASK_SETTER(set_timeout);
		ASK_SETTER(set_immediate_mode);
		ASK_SETTER(set_buffer_size);
		ASK_SETTER(set_tstamp_type);
		ASK_SETTER(set_tstamp_precision);
		ASK_SETTER(set_protocol_linux);
#undef ASK_SETTER
	}
	TWIN_ASK(lib, p, get_tstamp_precision);
}

static void ask_filters(const struct twin *lib, pcap_t *p)
{
	struct bpf_insn all[] = { BPF_STMT(BPF_RET | BPF_K, UINT32_MAX) };
	struct bpf_insn outside[] = { BPF_JUMP(BPF_JMP | BPF_JA, 17, 0, 0), BPF_STMT(BPF_RET | BPF_K, 0) };
	struct bpf_insn endless[] = { BPF_STMT(BPF_LD | BPF_IMM, 0) };
	struct bpf_program good = { 1, all }, jumps_out = { 2, outside }, no_end = { 1, endless }, none = { 0, all };

	TWIN_ASK(lib, p, setfilter, &jumps_out);
	TWIN_ASK(lib, p, setfilter, &no_end);
	TWIN_ASK(lib, p, setfilter, &none);
	TWIN_ASK(lib, p, setfilter, NULL);
	TWIN_ASK(lib, p, setfilter, &good);
}

static void ask_actions(const struct twin *lib, pcap_t *p, int frame_bytes)
{
	static const u_char frame[70000] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xb5 };
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	struct pcap_pkthdr *header = NULL, one;
	struct pcap_stat stat = { .ps_recv = 77 };
	const u_char *data = NULL;
	int packets = 0;
	u_char *user = (u_char *)&packets;

	TWIN_ASK(lib, p, setdirection, PCAP_D_IN);
	TWIN_ASK(lib, p, setdirection, PCAP_D_OUT);
	TWIN_ASK(lib, p, setdirection, PCAP_D_INOUT);
	TWIN_ASK(lib, p, setdirection, (pcap_direction_t)3);
	TWIN_ASK(lib, p, setdirection, (pcap_direction_t)-1);
	ask_filters(lib, p);
	int status = lib->setnonblock(p, 1, errbuf);
	twin_tell("setnonblock(1)", "%d%s", status, errbuf[0] ? " and says why" : "");
	errbuf[0] = '\0';
	status = lib->getnonblock(p, errbuf);
	twin_tell("getnonblock() after 1", "%d%s", status, errbuf[0] ? " and says why" : "");
	TWIN_ASK(lib, p, stats, &stat);
	twin_tell("ps_recv", "%u", stat.ps_recv);
	TWIN_ASK(lib, p, next_ex, &header, &data);
	lib->geterr(p)[0] = '\0';
	data = lib->next(p, &one);
	twin_tell("next()", "%s%s", data ? "a packet" : "none", lib->geterr(p)[0] ? " and says why" : "");
	TWIN_ASK(lib, p, dispatch, 0, count_packet, user);
	TWIN_ASK(lib, p, dispatch, -1, count_packet, user);
	TWIN_ASK(lib, p, dispatch, 5, count_packet, user);
	errbuf[0] = '\0';
	status = lib->setnonblock(p, 0, errbuf);
	twin_tell("setnonblock(0)", "%d%s", status, errbuf[0] ? " and says why" : "");
	/* Only now: in non-blocking mode libpcap's loop looks at the break with packets alone, and runs on without. */
	lib->breakloop(p);
	TWIN_ASK(lib, p, loop, -1, count_packet, user);
	lib->breakloop(p);
	TWIN_ASK(lib, p, dispatch, -1, count_packet, user);
	lib->breakloop(p);
	TWIN_ASK(lib, p, next_ex, &header, &data);
	twin_tell("packets", "%d", packets);
	TWIN_ASK(lib, p, inject, frame, frame_bytes);
	TWIN_ASK(lib, p, inject, frame, 0);
	TWIN_ASK(lib, p, inject, frame, 1);
	TWIN_ASK(lib, p, inject, frame, sizeof(frame));
	TWIN_ASK(lib, p, inject, frame, (size_t)INT_MAX + 1);
	TWIN_ASK(lib, p, sendpacket, frame, frame_bytes);
	TWIN_ASK(lib, p, sendpacket, frame, 0);
	TWIN_ASK(lib, p, sendpacket, frame, (int)sizeof(frame));
	TWIN_ASK(lib, p, sendpacket, frame, -1);
}

static void ask_datalinks(const struct twin *lib, pcap_t *p)
{
	static const int dlts[] = { -1, DLT_NULL, DLT_EN10MB, DLT_DOCSIS, DLT_LINUX_SLL2, DLT_LINUX_SLL, DLT_RAW, 9999 };

	for (size_t i = 0; i < COUNT(dlts); i++) {
		char question[64];
		lib->geterr(p)[0] = '\0';
		int status = lib->set_datalink(p, dlts[i]);
		snprintf(question, sizeof(question), "datalink after set_datalink(%d)", dlts[i]);
		twin_tell(question, "%d, %d%s", status, lib->datalink(p), lib->geterr(p)[0] ? " and says why" : "");
	}
}

static void ask_everything(const struct twin *lib, pcap_t *p)
{
	ask_getters(lib, p);
	ask_actions(lib, p, 60);
	ask_datalinks(lib, p);
	ask_getters(lib, p);
}

/* ---- the states ---- */

static void created_and_asked(const struct twin *lib, const char *device)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	pcap_t *p = lib->create(device, errbuf);

	twin_about("created %s", device ? device : "NULL");
	twin_tell("create()", "%s%s", p ? "a handle" : "none", errbuf[0] ? " and says why" : "");
	if (!p)
		return;
	ask_everything(lib, p);
	ask_setters(lib, p);
	lib->close(p);
}

static void activated_and_asked(const struct twin *lib, const char *device)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	pcap_t *p = lib->create(device, errbuf);

	twin_about("activated %s", device ? device : "NULL");
	lib->set_timeout(p, 10);
	TWIN_ASK(lib, p, activate);
	ask_everything(lib, p);
	ask_setters(lib, p);
	TWIN_ASK(lib, p, activate);
	lib->close(p);
}

/* A second activation is asked of us alone, below. */
static void failed_and_asked(const struct twin *lib, const char *arg)
{
	static const char *const devices[] = {
		"down0", "nosuch0", "", "abcdefghijklmnop", "a name that is much longer than any interface's", "lo ", "lo:1",
		"a/b", "..", "1",
	};

	(void)arg;
	for (size_t i = 0; i < COUNT(devices); i++) {
		char errbuf[PCAP_ERRBUF_SIZE] = "";
		pcap_t *p = lib->create(devices[i], errbuf);

		twin_about("failed \"%.20s\"", devices[i]);
		lib->set_timeout(p, 10);
		TWIN_ASK(lib, p, activate);
		ask_getters(lib, p);
		lib->close(p);
		errbuf[0] = '\0';
		p = lib->open_live(devices[i], 100, 1, 10, errbuf);
		twin_tell("open_live()", "%s%s", p ? "a handle" : "none", errbuf[0] ? " and says why" : "");
	}
}

static void dead_and_asked(const struct twin *lib, const char *arg)
{
	static const struct {
		int dlt, snaplen;
		u_int precision;
	} deads[] = { { DLT_EN10MB, 65535, 0 }, { DLT_RAW, 0, 1 }, { -1, -1, 0 }, { 9999, INT_MAX, 1 }, { 1, 1, 2 } };

	(void)arg;
	for (size_t i = 0; i < COUNT(deads); i++) {
		twin_about("dead %d %d %u", deads[i].dlt, deads[i].snaplen, deads[i].precision);
		pcap_t *p = lib->open_dead_with_tstamp_precision(deads[i].dlt, deads[i].snaplen, deads[i].precision);
		twin_tell("open_dead_with_tstamp_precision()", "%s", p ? "a handle" : "none");
		if (!p)
			continue;
		ask_everything(lib, p);
		ask_setters(lib, p);
		TWIN_ASK(lib, p, activate);
		lib->close(p);
	}
}

/* ---- options, boundary values included, and what comes of them ---- */

struct option {
	const char *name;
	int (*set)(const struct twin *lib, pcap_t *p, int value);
	int values[12]; /* up to ENOUGH */
};

#define ENOUGH 777777

#define OPTION(name) \
	static int option_##name(const struct twin *lib, pcap_t *p, int value) \
	{ \
		return lib->set_##name(p, value); \
	}
OPTION(snaplen)
OPTION(promisc)
OPTION(rfmon)
OPTION(timeout)
OPTION(immediate_mode)
OPTION(buffer_size)
OPTION(tstamp_type)
OPTION(tstamp_precision)
OPTION(protocol_linux)

static const struct option options[] = {
	{ "snaplen", option_snaplen,
	  { INT_MIN, -1, 0, 1, 13, 14, 59, 60, 65536, 262145, INT_MAX, ENOUGH } },
	{ "promisc", option_promisc, { INT_MIN, -1, 0, 1, 2, ENOUGH } },
	{ "rfmon", option_rfmon, { -1, 0, 1, ENOUGH } },
	{ "timeout", option_timeout, { 0, 1, 100, 65536, INT_MAX, -1, INT_MIN, ENOUGH } },
	{ "immediate_mode", option_immediate_mode, { -1, 0, 1, ENOUGH } },
	{ "buffer_size", option_buffer_size, { INT_MIN, -1, 0, 1, 4096, 300000, 1 << 27, ENOUGH } },
	{ "tstamp_type", option_tstamp_type,
	  { -1, PCAP_TSTAMP_HOST, PCAP_TSTAMP_HOST_LOWPREC, PCAP_TSTAMP_HOST_HIPREC, PCAP_TSTAMP_ADAPTER,
	    PCAP_TSTAMP_ADAPTER_UNSYNCED, PCAP_TSTAMP_HOST_HIPREC_UNSYNCED, 6, ENOUGH } },
	{ "tstamp_precision", option_tstamp_precision, { -1, 0, 1, 2, ENOUGH } },
	{ "protocol_linux", option_protocol_linux, { -1, 0, 1, ETH_P_ALL, 0x88b5, 0x88b6, 65536, INT_MAX, ENOUGH } },
};

/* A frame sent by the handle itself: what comes back of it. */
static void ask_for_own_frame(const struct twin *lib, pcap_t *p)
{
	static const u_char frame[60] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xb5, 1, 2, 3 };
	struct pcap_pkthdr *header;
	const u_char *data;
	char errbuf[PCAP_ERRBUF_SIZE];
	int status = 0;

	TWIN_ASK(lib, p, inject, frame, sizeof(frame));
	lib->setnonblock(p, 1, errbuf);
	/* Longer than a block lies in the ring before its time is up. */
	for (int tries = 0; status == 0 && tries < 40; tries++) {
		usleep(tries ? 10000 : 0);
		status = lib->next_ex(p, &header, &data);
	}
	if (status == 1)
		twin_tell("own frame", "%u of %u bytes, fraction below a million: %s", header->caplen, header->len,
			  header->ts.tv_usec < 1000000 ? "maybe" : "no");
	else
		twin_tell("own frame", "%d", status);
}

static void option_and_asked(const struct twin *lib, const char *name)
{
	for (const struct option *o = options; o < options + COUNT(options); o++) {
		for (const int *value = o->values; strcmp(o->name, name) == 0 && *value != ENOUGH; value++) {
			char errbuf[PCAP_ERRBUF_SIZE] = "";
			pcap_t *p = lib->create("lo", errbuf);

			twin_about("%s %d", name, *value);
			lib->set_timeout(p, 20);
			twin_tell("set", "%d", o->set(lib, p, *value));
			TWIN_ASK(lib, p, activate);
			TWIN_ASK(lib, p, snapshot);
			TWIN_ASK(lib, p, get_tstamp_precision);
			TWIN_ASK(lib, p, datalink);
			twin_tell("getnonblock()", "%d", lib->getnonblock(p, errbuf));
			/* These hold the frame back for long, and a nanosecond may look like a micro. */
			if (lib->fileno(p) >= 0 && !(o->set == option_timeout && (*value > 100 || *value <= 0)) &&
			    o->set != option_tstamp_precision)
				ask_for_own_frame(lib, p);
			lib->close(p);
		}
	}
}

/* ---- link types by hardware type ---- */

static void set_up(int control, const char *name, bool up)
{
	struct ifreq ifr = { 0 };

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	ifr.ifr_flags = up ? IFF_UP : 0;
	assert_int_equal(ioctl(control, SIOCSIFFLAGS, &ifr), 0);
}

static const int hardware_types[] = {
	ARPHRD_NETROM, ARPHRD_ETHER, ARPHRD_EETHER, ARPHRD_AX25, ARPHRD_PRONET, ARPHRD_CHAOS, ARPHRD_IEEE802,
	ARPHRD_ARCNET, ARPHRD_APPLETLK, ARPHRD_DLCI, 18, ARPHRD_ATM, ARPHRD_METRICOM, ARPHRD_IEEE1394, ARPHRD_EUI64,
	ARPHRD_INFINIBAND, ARPHRD_SLIP, ARPHRD_CSLIP, ARPHRD_SLIP6, ARPHRD_CSLIP6, ARPHRD_RSRVD, ARPHRD_ADAPT,
	ARPHRD_ROSE, ARPHRD_X25, ARPHRD_HWX25, ARPHRD_CAN, ARPHRD_MCTP, ARPHRD_PPP, ARPHRD_CISCO, ARPHRD_LAPB,
	ARPHRD_DDCMP, ARPHRD_RAWHDLC, ARPHRD_RAWIP, ARPHRD_TUNNEL, ARPHRD_TUNNEL6, ARPHRD_FRAD, ARPHRD_SKIP,
	ARPHRD_LOOPBACK, ARPHRD_LOCALTLK, ARPHRD_FDDI, ARPHRD_BIF, ARPHRD_SIT, ARPHRD_IPDDP, ARPHRD_IPGRE,
	ARPHRD_PIMREG, ARPHRD_HIPPI, ARPHRD_ASH, ARPHRD_ECONET, ARPHRD_IRDA, ARPHRD_FCPP, ARPHRD_FCAL, ARPHRD_FCPL,
	ARPHRD_FCFABRIC, ARPHRD_IEEE802_TR, ARPHRD_IEEE80211, ARPHRD_IEEE80211_PRISM, ARPHRD_IEEE80211_RADIOTAP,
	ARPHRD_IEEE802154, ARPHRD_IEEE802154_MONITOR, ARPHRD_PHONET, ARPHRD_PHONET_PIPE, ARPHRD_CAIF, ARPHRD_IP6GRE,
	ARPHRD_NETLINK, ARPHRD_6LOWPAN, ARPHRD_VSOCKMON, ARPHRD_VOID, ARPHRD_NONE, 0x1234,
};

static void hardware_and_asked(const struct twin *lib, const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int tun = open("/dev/net/tun", O_RDWR), control = socket(AF_INET, SOCK_DGRAM, 0), *list;

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	assert_int_equal(ioctl(tun, TUNSETIFF, &ifr), 0);
	for (size_t i = 0; i < COUNT(hardware_types); i++) {
		char errbuf[PCAP_ERRBUF_SIZE];
		int status;

		set_up(control, name, false);
		twin_about("hardware type %d", hardware_types[i]);
		status = ioctl(tun, TUNSETLINK, hardware_types[i]);
		twin_tell("taken on", "%d", status);
		set_up(control, name, true);
		pcap_t *p = lib->create(name, errbuf);
		lib->set_promisc(p, 1);
		lib->set_snaplen(p, 1);
		TWIN_ASK(lib, p, activate);
		TWIN_ASK(lib, p, snapshot);
		TWIN_ASK(lib, p, datalink);
		int count = lib->list_datalinks(p, &list);
		ask_list("list_datalinks()", count, list);
		for (int k = 0; k < count; k++) {
			TWIN_ASK(lib, p, set_datalink, list[k]);
			TWIN_ASK(lib, p, datalink);
		}
		if (count > 0)
			lib->free_datalinks(list);
		lib->close(p);
	}
	close(tun);
}

/* ---- the ways in that stand apart ---- */

static void open_live_and_asked(const struct twin *lib, const char *arg)
{
	static const struct {
		const char *device;
		int snaplen, promisc, timeout_ms;
	} asked[] = {
		{ "lo", 65535, 1, 100 }, { "lo", 0, 0, 0 }, { "lo", -1, -1, -1 }, { "lo", INT_MAX, 2, INT_MAX },
		{ "any", 100, 1, 10 }, { NULL, 100, 0, 10 }, { "up0", 1, 1, 1 },
	};

	(void)arg;
	for (size_t i = 0; i < COUNT(asked); i++) {
		char errbuf[PCAP_ERRBUF_SIZE] = "old";
		pcap_t *p = lib->open_live(asked[i].device, asked[i].snaplen, asked[i].promisc, asked[i].timeout_ms, errbuf);

		twin_about("open_live %zu", i);
		twin_tell("open_live()", "%s, text \"%s\"", p ? "a handle" : "none", errbuf);
		ask_getters(lib, p);
		lib->close(p);
	}
}

static void drop_privileges(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct nothing[2] = { { 0 } };

	assert_int_equal(syscall(SYS_capset, &header, nothing), 0);
}

static void unprivileged_and_asked(const struct twin *lib, const char *arg)
{
	static const char *const devices[] = { "lo", "any", "down0", "nosuch0", "" };

	(void)arg;
	drop_privileges();
	for (size_t i = 0; i < COUNT(devices); i++) {
		char errbuf[PCAP_ERRBUF_SIZE] = "";
		pcap_t *p = lib->create(devices[i], errbuf);

		twin_about("unprivileged \"%s\"", devices[i]);
		TWIN_ASK(lib, p, can_set_rfmon);
		TWIN_ASK(lib, p, activate);
		lib->close(p);
		p = lib->open_live(devices[i], 100, 0, 10, errbuf);
		twin_tell("open_live()", "%s%s", p ? "a handle" : "none", errbuf[0] ? " and says why" : "");
	}
}

static void initialised_and_asked(const struct twin *lib, const char *opts)
{
	twin_about("init %s", opts);
	for (const char *at = opts; *at; at++) {
		char errbuf[PCAP_ERRBUF_SIZE] = "", question[32];
		/* '9' stands for options that nobody knows. */
		int status = lib->init(*at == '9' ? 0x80u : (unsigned int)(*at - '0'), errbuf);

		snprintf(question, sizeof(question), "init(%c)", *at);
		twin_tell(question, "%d%s", status, errbuf[0] ? " and says why" : "");
	}
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	const char *device = lib->lookupdev(errbuf);
	twin_tell("lookupdev()", "%s%s", device ? device : "none", errbuf[0] ? " and says why" : "");
	pcap_t *p = lib->open_live("nosuch0", 100, 0, 10, errbuf);
	twin_tell("open_live()", "%s%s", p ? "a handle" : "none", errbuf[0] ? " and says why" : "");
	p = lib->create("lo", errbuf);
	TWIN_ASK(lib, p, activate);
	lib->close(p);
}

/* ---- what is meant to differ ---- */

#define ALWAYS_SAYS_WHY { "*: getnonblock()*", "-3 and says why", "-3", "every failure says why" }

#define NO_RFMON_AFTER_ACTIVATION \
	{ "*: can_set_rfmon()", "-4 and says why", "0", "pcap_can_set_rfmon(3PCAP) is asked before activation" }

static const struct twin_difference none_differs[] = { { NULL, NULL, NULL, NULL } };

static const struct twin_difference activated_differs[] = { NO_RFMON_AFTER_ACTIVATION, { NULL, NULL, NULL, NULL } };

static const struct twin_difference created_differs[] = {
	ALWAYS_SAYS_WHY,
	{ "*: inject(*)", "-3 and says why", "-1 and says why", "the most specific status wins" },
	{ "*: sendpacket(*)", "-3 and says why", "0 and says why", "nothing was sent, so 0 is wrong" },
	{ "*: sendpacket(frame, 0)", "-3 and says why", "-1 and says why", "the most specific status wins" },
	{ "*: datalink after set_datalink(*)", "-3, -3 and says why", "-1, -3 and says why", "pcap_set_datalink(3PCAP)" },
	{ "*: datalink after set_datalink(0)", "-3, -3 and says why", "0, -3", "pcap_set_datalink(3PCAP)" },
	{ "*: set_tstamp_type(*)", "3 and says why", "3", "every failure says why" },
	{ "*: set_tstamp_precision(*)", "-12 and says why", "-12", "every failure says why" },
	{ NULL, NULL, NULL, NULL },
};

/* One of the names, an alias, is activated all the same. */
static const struct twin_difference failed_differs[] = {
	ALWAYS_SAYS_WHY,
	{ "failed \"lo:1\": can_set_rfmon()", "-4 and says why", "0", "as on every activated handle" },
	{ NULL, NULL, NULL, NULL },
};

static const struct twin_difference unprivileged_differs[] = {
	{ "* \"nosuch0\": activate()", "-5 and says why", "-8 and says why", "no privilege would make it exist" },
	{ "* \"\": activate()", "-5 and says why", "-8 and says why", "no privilege would make it exist" },
	{ NULL, NULL, NULL, NULL },
};

/* PCAP_MMAP_32BIT is 2, and came after 1.10.3. */
static const struct twin_difference mmap_32bit_differs[] = {
	{ "*: init([23])", "0", "-1 and says why", "a newer option" },
	{ "*: lookupdev()", "none and says why", "up1", "a newer option" },
	{ NULL, NULL, NULL, NULL },
};

static const struct twin_difference dead_differs[] = {
	{ "*: fileno()", "none", "a descriptor", "descriptor 0 is standard input, not the handle's" },
	{ "*: get_selectable_fd()", "none", "a descriptor", "descriptor 0 is standard input, not the handle's" },
	{ NULL, NULL, NULL, NULL },
};

/* ---- tests ---- */

static void a_created_handle(void **state)
{
	static const char *const devices[] = { "lo", "any", NULL, "nosuch0", "" };

	(void)state;
	for (size_t i = 0; i < COUNT(devices); i++)
		twin_compare(created_and_asked, devices[i], created_differs);
}

static void an_activated_handle(void **state)
{
	static const char *const devices[] = { "lo", "up0", "any", NULL };

	(void)state;
	for (size_t i = 0; i < COUNT(devices); i++)
		twin_compare(activated_and_asked, devices[i], activated_differs);
}

static void a_failed_activation(void **state)
{
	(void)state;
	twin_compare(failed_and_asked, NULL, failed_differs);
}

/* libpcap 1.10.3 uses freed memory here, so it is not asked. */
static void a_failed_activation_can_be_tried_again(void **state)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_create("later0", errbuf);

	(void)state;
	assert_int_equal(pcap_activate(p), PCAP_ERROR_NO_SUCH_DEVICE);
	twin_run("ip link add later0 type veth peer name later1");
	assert_int_equal(pcap_activate(p), PCAP_ERROR_IFACE_NOT_UP);
	assert_int_equal(pcap_set_snaplen(p, 99), 0);
	twin_run("ip link set later0 up");
	assert_int_equal(pcap_activate(p), 0);
	assert_int_equal(pcap_snapshot(p), 99);
	twin_run("ip link del later0");
	pcap_close(p);
}

static void a_dead_handle(void **state)
{
	(void)state;
	twin_compare(dead_and_asked, NULL, dead_differs);
}

static void every_option(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(options); i++)
		twin_compare(option_and_asked, options[i].name, none_differs);
}

static void link_types_of_all_hardware(void **state)
{
	(void)state;
	int tun = open("/dev/net/tun", O_RDWR);
	if (tun < 0) {
		print_message("skipped: /dev/net/tun cannot be opened\n");
		skip();
	}
	close(tun);
	twin_compare(hardware_and_asked, "tun7", none_differs);
}

static void open_live_at_once(void **state)
{
	(void)state;
	twin_compare(open_live_and_asked, NULL, activated_differs);
}

static void without_privilege(void **state)
{
	(void)state;
	twin_compare(unprivileged_and_asked, NULL, unprivileged_differs);
}

static void initialisation(void **state)
{
	static const char *const opts[] = { "", "0", "1", "00", "11", "01", "10", "12", "9", "91" };

	(void)state;
	for (size_t i = 0; i < COUNT(opts); i++)
		twin_compare(initialised_and_asked, opts[i], none_differs);
	twin_compare(initialised_and_asked, "2", mmap_32bit_differs);
	twin_compare(initialised_and_asked, "3", mmap_32bit_differs);
}

/* ---- the world ---- */

static int make_world(void **state)
{
	(void)state;
	twin_run("cd /proc/sys/net/ipv6/conf && echo 1 >all/disable_ipv6 && echo 1 >default/disable_ipv6");
	twin_run("ip link add up0 address 02:00:00:00:00:01 type veth peer name up1 address 02:00:00:00:00:02");
	twin_run("ip link set up0 up && ip link set up1 up");
	twin_run("ip link add down0 type veth peer name down1");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_created_handle),
		cmocka_unit_test(an_activated_handle),
		cmocka_unit_test(a_failed_activation),
		cmocka_unit_test(a_failed_activation_can_be_tried_again),
		cmocka_unit_test(a_dead_handle),
		cmocka_unit_test(every_option),
		cmocka_unit_test(link_types_of_all_hardware),
		cmocka_unit_test(open_live_at_once),
		cmocka_unit_test(without_privilege),
		cmocka_unit_test(initialisation),
	};

	twin_theirs(); /* skips here, before cmocka counts */
	if (!twin_leave_for_own_network())
		return 77;
	return cmocka_run_group_tests(tests, make_world, NULL);
}
