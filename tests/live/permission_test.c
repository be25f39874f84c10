/* permission_test.c - a caller without privileges learns which one is missing, and how to get it. */
#include "capture.h"

#include <linux/capability.h>
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
		cmocka_unit_test(a_device_that_is_not_there_is_still_told_as_such),
		cmocka_unit_test(listing_needs_no_privilege),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
