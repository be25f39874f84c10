/* permission_test.c - a caller without privileges learns which one is missing, and how to get it. */
#include "capture.h"

#include <capstan/event.h>
#include <capstan/oid.h>
#include <linux/capability.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* All but `kept`, a set of capabilities. In a user namespace of ours only one user exists, so the capabilities go by
 * themselves, too. */
static void drop_privileges(uint32_t kept)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct some[2] = { { .effective = kept, .permitted = kept } };

	if (prctl(PR_SET_KEEPCAPS, 1) != 0)
		_exit(99);
	if (setresgid(65534, 65534, 65534) == 0 && setresuid(65534, 65534, 65534) != 0)
		_exit(100);
	if (syscall(SYS_capset, &header, some) != 0)
		_exit(101);
}

/* Run `what` in a child with no other privileges; it returns 0 or the number of the check that failed. */
static void check_with(uint32_t kept, int (*what)(void))
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		drop_privileges(kept);
		_exit(what());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void check_unprivileged(int (*what)(void))
{
	check_with(0, what);
}

static int activate(const char *device)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_create(device, errbuf);

	if (!p)
		return 1;
	for (int turn = 0; turn < 2; turn++) {
		if (pcap_activate(p) != PCAP_ERROR_PERM_DENIED)
			return 2;
		if (!strstr(pcap_geterr(p), device) || !strstr(pcap_geterr(p), "CAP_NET_RAW") ||
		    !strstr(pcap_geterr(p), "setcap cap_net_raw+ep") || !strstr(pcap_geterr(p), "permission_live"))
			return 3;
	}
	pcap_close(p);
	if (pcap_open_live(device, 100, 0, 100, errbuf))
		return 4;
	if (!strstr(errbuf, "CAP_NET_RAW"))
		return 5;
	if (pcap_open(device, 100, PCAP_OPENFLAG_PROMISCUOUS, 100, NULL, errbuf))
		return 6;
	return strstr(errbuf, device) && strstr(errbuf, "CAP_NET_RAW") ? 0 : 7;
}

static int activate_right(void)
{
	return activate("right");
}

static int activate_any(void)
{
	return activate("any");
}

static void capturing_is_denied_with_the_capability_and_the_command(void **state)
{
	(void)state;
	check_unprivileged(activate_right);
	check_unprivileged(activate_any);
}

static int open_promiscuous(void)
{
	const int flags = PCAP_OPENFLAG_PROMISCUOUS | PCAP_OPENFLAG_MAX_RESPONSIVENESS;
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	pcap_t *p = pcap_open("rpcap://right", 65535, flags, 100, NULL, errbuf);

	if (!p)
		return 1;
	int status = netlab_promiscuity("right") == 1 ? 0 : 2;
	pcap_close(p);
	return status;
}

static void one_capability_is_enough_to_open_a_source(void **state)
{
	(void)state;
	check_with(1U << CAP_NET_RAW, open_promiscuous);
}

/* Npcap's functions, one after the other, each with an effect that can be seen. */
static int use_extensions(void)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	struct pcap_pkthdr h = { .caplen = 100, .len = 100 }, *header;
	uint8_t frame[100];
	const u_char *data;
	int64_t record[2];
	size_t bytes = sizeof(uint32_t);
	uint32_t filter = NDIS_PACKET_TYPE_PROMISCUOUS;
	int size;
	pcap_t *left = pcap_open_live("left", 65535, 0, 20, errbuf);
	pcap_t *right = pcap_open("rpcap://right", 65535, 0, 20, NULL, errbuf);
	pcap_send_queue *q = pcap_sendqueue_alloc(10 * 116);

	if (!left || !right || !q)
		return 1;
	for (uint32_t i = 0; i < 10; i++) {
		netlab_fill(frame, sizeof(frame), i);
		if (pcap_sendqueue_queue(q, &h, frame) != 0)
			return 2;
	}
	if (pcap_setbuff(right, 2000000) != 0 || pcap_setmintocopy(right, 0) != 0 || pcap_setuserbuffer(right, 5000) != 0)
		return 3;
	struct pollfd event = { .fd = capstan_event_fd(pcap_getevent(right)), .events = POLLIN };
	if (event.fd < 0 || poll(&event, 1, 0) != 0)
		return 4;
	if (pcap_sendqueue_transmit(left, q, 0) != q->len || pcap_sendqueue_transmit(left, q, 1) != q->len)
		return 5;
	if (poll(&event, 1, 5000) != 1)
		return 6;
	capture_expect(right, 0, 10, sizeof(frame));
	capture_expect(right, 0, 10, sizeof(frame));
	const struct pcap_stat *stat = pcap_stats_ex(right, &size);
	if (!stat || stat->ps_recv != 20 || stat->ps_capt != 20)
		return 7;
	if (pcap_oid_set_request(right, OID_GEN_CURRENT_PACKET_FILTER, &filter, &bytes) != 0 ||
	    netlab_promiscuity("right") != 1)
		return 8;
	if (pcap_setmode(right, MODE_STAT) != 0 || pcap_sendqueue_transmit(left, q, 0) != q->len)
		return 9;
	for (int64_t counted = 0; counted < 10; counted += record[0]) {
		if (pcap_next_ex(right, &header, &data) != 1)
			return 10;
		memcpy(record, data, sizeof(record));
	}
	if (pcap_setmode(right, MODE_CAPT) != 0)
		return 11;
	*pcap_setsampling(right) = (struct pcap_samp){ PCAP_SAMP_1_EVERY_N, 10 };
	if (pcap_sendqueue_transmit(left, q, 0) != q->len)
		return 12;
	capture_expect(right, 0, 1, sizeof(frame));
	pcap_sendqueue_destroy(q);
	pcap_close(left);
	pcap_close(right);
	return 0;
}

static void one_capability_is_enough_for_npcaps_functions(void **state)
{
	(void)state;
	check_with(1U << CAP_NET_RAW, use_extensions);
}

static int activate_nowhere(void)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_create("nowhere0", errbuf);

	int status = pcap_activate(p);
	pcap_close(p);
	return status == PCAP_ERROR_NO_SUCH_DEVICE ? 0 : 1;
}

static void a_device_that_is_not_there_is_still_told_as_such(void **state)
{
	(void)state;
	check_unprivileged(activate_nowhere);
}

static int list(void)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_if_t *all;
	int found = 0;

	if (pcap_findalldevs(&all, errbuf) != 0)
		return 1;
	for (const pcap_if_t *d = all; d; d = d->next)
		found += strcmp(d->name, "left") == 0 || strcmp(d->name, "right") == 0 || strcmp(d->name, "lo") == 0;
	pcap_freealldevs(all);
	if (pcap_findalldevs_ex("rpcap://", NULL, &all, errbuf) != 0)
		return 2;
	for (const pcap_if_t *d = all; d; d = d->next)
		found += strcmp(d->name, "rpcap://left") == 0;
	pcap_freealldevs(all);
	return found == 4 ? 0 : 3;
}

static void listing_needs_no_privilege(void **state)
{
	(void)state;
	check_unprivileged(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(capturing_is_denied_with_the_capability_and_the_command),
		cmocka_unit_test(one_capability_is_enough_to_open_a_source),
		cmocka_unit_test(one_capability_is_enough_for_npcaps_functions),
		cmocka_unit_test(a_device_that_is_not_there_is_still_told_as_such),
		cmocka_unit_test(listing_needs_no_privilege),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
