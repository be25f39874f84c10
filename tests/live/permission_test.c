/* permission_test.c - a caller without privileges learns which one is missing, and how to get it. */
#include "capture.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* In a user namespace of ours only one user exists, so the capabilities go by themselves, too. */
static void drop_privileges(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { { 0 } };

	if (setresgid(65534, 65534, 65534) == 0 && setresuid(65534, 65534, 65534) != 0)
		_exit(100);
	if (syscall(SYS_capset, &header, none) != 0)
		_exit(101);
}

/* Run `what` in a child without privileges; it returns 0 or the number of the check that failed. */
static void check_unprivileged(int (*what)(void))
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		drop_privileges();
		_exit(what());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
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
	return strstr(errbuf, "CAP_NET_RAW") ? 0 : 5;
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
	return found == 3 ? 0 : 2;
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
		cmocka_unit_test(a_device_that_is_not_there_is_still_told_as_such),
		cmocka_unit_test(listing_needs_no_privilege),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
