/* binding_diff.c - Capstan and libpcap in one process: each calls itself, never the other or the program. */
#include "oracle.h"

#include <pcap/namedb.h>

#include <dlfcn.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static int program_was_asked;

/* The program's own function of a name that both libraries use for one of theirs. */
int pcap_nametoport(const char *name, int *port, int *proto)
{
	(void)name;
	*port = *proto = 0;
	program_was_asked++;
	return 0;
}

static void check_range(int (*nametoportrange)(const char *, int *, int *, int *))
{
	int port1 = -1, port2 = -1, proto = -1;

	program_was_asked = 0;
	assert_int_equal(nametoportrange("ssh-https", &port1, &port2, &proto), 1);
	assert_int_equal(port1, 22);
	assert_int_equal(port2, 443);
	assert_int_equal(program_was_asked, 0);
}

static void capstan_does_not_call_the_program(void **state)
{
	(void)state;
	check_range(pcap_nametoportrange);
}

static void oracle_does_not_call_the_program(void **state)
{
	(void)state;
	check_range(oracle_symbol("pcap_nametoportrange"));
}

static void oracle_is_not_capstan(void **state)
{
	Dl_info ours, theirs;

	(void)state;
	assert_true(dladdr((void *)(uintptr_t)pcap_nametoportrange, &ours));
	assert_true(dladdr(oracle_symbol("pcap_nametoportrange"), &theirs));
	assert_ptr_not_equal(ours.dli_fbase, theirs.dli_fbase);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(oracle_is_not_capstan),
		cmocka_unit_test(capstan_does_not_call_the_program),
		cmocka_unit_test(oracle_does_not_call_the_program),
	};

	oracle_symbol("pcap_lib_version"); /* skips here, before cmocka counts */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
