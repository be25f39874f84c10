/* npcap_unavailable_test.c - what the API has and this system or release has not: each function says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pcap/pcap.h>
#include <string.h>

static char errbuf[PCAP_ERRBUF_SIZE];

static void expect_text(const char *words)
{
	if (!strstr(errbuf, words))
		fail_msg("\"%s\" lacks \"%s\"", errbuf, words);
	errbuf[0] = '\0';
}

static void hosts_cannot_offer_themselves_yet(void **state)
{
	struct pcap_rmtauth auth = { .type = RPCAP_RMTAUTH_NULL };
	char host[RPCAP_HOSTLIST_SIZE] = "unchanged";

	(void)state;
	assert_int_equal(pcap_remoteact_accept(NULL, NULL, NULL, host, &auth, errbuf), -1);
	expect_text("pcap_remoteact_accept() comes with a later release");
	assert_int_equal(pcap_remoteact_accept_ex("127.0.0.1", "2003", "a b", host, &auth, 1, errbuf), -1);
	expect_text("comes with a later release");
	assert_int_equal(pcap_remoteact_list(host, ' ', sizeof(host), errbuf), PCAP_ERROR);
	expect_text("pcap_remoteact_list() comes with a later release");
	assert_int_equal(pcap_remoteact_close("127.0.0.1", errbuf), PCAP_ERROR);
	expect_text("pcap_remoteact_close() comes with a later release");
	assert_string_equal(host, "unchanged");
	pcap_remoteact_cleanup();
}

/* Programs call them and go on only if they succeed. */
static void winsock_needs_no_start(void **state)
{
	(void)state;
	assert_int_equal(wsockinit(), 0);
	assert_int_equal(pcap_wsockinit(), 0);
}

static void there_is_no_oem_edition(void **state)
{
	(void)state;
	assert_int_equal(pcap_start_oem(errbuf, 0), -1);
	expect_text("pcap_start_oem()");
}

static void nothing_dumps_inside_the_library(void **state)
{
	pcap_t *p = pcap_open_dead(DLT_EN10MB, 65535);
	char name[] = "/nowhere";

	(void)state;
	assert_int_equal(pcap_live_dump(p, name, 0, 0), PCAP_ERROR);
	assert_non_null(strstr(pcap_geterr(p), "pcap_open_dead()"));
	assert_int_equal(pcap_live_dump_ended(p, 0), PCAP_ERROR);
	assert_int_equal(pcap_live_dump(NULL, name, 0, 0), PCAP_ERROR);
	assert_int_equal(pcap_live_dump_ended(NULL, 1), PCAP_ERROR);
	pcap_close(p);
}

static void there_is_no_airpcap_adapter(void **state)
{
	pcap_t *p = pcap_open_dead(DLT_EN10MB, 65535);

	(void)state;
	assert_null(pcap_get_airpcap_handle(p));
	assert_non_null(strstr(pcap_geterr(p), "AirPcap"));
	assert_null(pcap_get_airpcap_handle(NULL));
	pcap_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_cannot_offer_themselves_yet),
		cmocka_unit_test(winsock_needs_no_start),
		cmocka_unit_test(there_is_no_oem_edition),
		cmocka_unit_test(nothing_dumps_inside_the_library),
		cmocka_unit_test(there_is_no_airpcap_adapter),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
