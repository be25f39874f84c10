/* npcap_refusals_test.c - Npcap's functions on handles that are not live, and on none: the failure that the contract
 * names, and a sentence that says what is wrong with the handle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <capstan/oid.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Each returns what tells success from failure, as a number. */

static intptr_t set_buff(pcap_t *p)
{
	return pcap_setbuff(p, 1000000);
}

static intptr_t set_mode(pcap_t *p)
{
	return pcap_setmode(p, MODE_STAT);
}

static intptr_t set_min_to_copy(pcap_t *p)
{
	return pcap_setmintocopy(p, 16000);
}

static intptr_t set_user_buffer(pcap_t *p)
{
	return pcap_setuserbuffer(p, 256000);
}

static intptr_t get_event(pcap_t *p)
{
	return (intptr_t)pcap_getevent(p);
}

static intptr_t stats_ex(pcap_t *p)
{
	int size = 0;
	intptr_t result = (intptr_t)pcap_stats_ex(p, &size);

	assert_int_equal(size, sizeof(struct pcap_stat));
	assert_ptr_equal(pcap_stats_ex(p, NULL), NULL);
	return result;
}

static intptr_t oid_get(pcap_t *p)
{
	uint32_t value = 4711;
	size_t bytes = sizeof(value);
	int status = pcap_oid_get_request(p, OID_GEN_CURRENT_PACKET_FILTER, &value, &bytes);

	assert_int_equal(value, 4711);
	assert_int_equal(bytes, sizeof(value));
	return status;
}

static intptr_t oid_set(pcap_t *p)
{
	uint32_t value = 1;
	size_t bytes = sizeof(value);
	int status = pcap_oid_set_request(p, OID_GEN_CURRENT_PACKET_FILTER, &value, &bytes);

	assert_int_equal(bytes, sizeof(value));
	return status;
}

static intptr_t transmit(pcap_t *p)
{
	struct pcap_pkthdr h = { .caplen = 60, .len = 60 };
	static const u_char frame[60];
	pcap_send_queue *q = pcap_sendqueue_alloc(100);

	assert_int_equal(pcap_sendqueue_queue(q, &h, frame), 0);
	u_int plain = pcap_sendqueue_transmit(p, q, 0);
	u_int paced = pcap_sendqueue_transmit(p, q, 1);
	pcap_sendqueue_destroy(q);
	return (intptr_t)plain + paced;
}

static intptr_t live_dump(pcap_t *p)
{
	char name[] = "/nonexistent/file";

	return pcap_live_dump(p, name, 0, 0);
}

static intptr_t live_dump_ended(pcap_t *p)
{
	return pcap_live_dump_ended(p, 1);
}

static const struct row {
	const char *name;
	intptr_t (*call)(pcap_t *p);
	intptr_t failed, not_activated;
} rows[] = {
	{ "pcap_setbuff", set_buff, PCAP_ERROR, PCAP_ERROR_NOT_ACTIVATED },
	{ "pcap_setmode", set_mode, PCAP_ERROR, PCAP_ERROR_NOT_ACTIVATED },
	{ "pcap_setmintocopy", set_min_to_copy, PCAP_ERROR, PCAP_ERROR_NOT_ACTIVATED },
	{ "pcap_setuserbuffer", set_user_buffer, PCAP_ERROR, PCAP_ERROR_NOT_ACTIVATED },
	{ "pcap_getevent", get_event, -1, -1 },
	{ "pcap_stats_ex", stats_ex, 0, 0 },
	{ "pcap_oid_get_request", oid_get, PCAP_ERROR, PCAP_ERROR_NOT_ACTIVATED },
	{ "pcap_oid_set_request", oid_set, PCAP_ERROR, PCAP_ERROR_NOT_ACTIVATED },
	{ "pcap_sendqueue_transmit", transmit, 0, 0 },
	{ "pcap_live_dump", live_dump, PCAP_ERROR, PCAP_ERROR_NOT_ACTIVATED },
	{ "pcap_live_dump_ended", live_dump_ended, PCAP_ERROR, PCAP_ERROR_NOT_ACTIVATED },
};
#define ROWS (sizeof(rows) / sizeof(*rows))

static void forget_text(pcap_t *p)
{
	pcap_geterr(p)[0] = '\0';
}

/* And closes it. */
static void all_refuse(pcap_t *p, bool activated, const char *word)
{
	assert_non_null(p);
	for (size_t i = 0; i < ROWS; i++) {
		const intptr_t expected = activated ? rows[i].failed : rows[i].not_activated;

		forget_text(p);
		intptr_t result = rows[i].call(p);
		if (result != expected || !strstr(pcap_geterr(p), word))
			fail_msg("%s: %ld, \"%s\"", rows[i].name, (long)result, pcap_geterr(p));
	}
	pcap_close(p);
}

static void a_dead_handle_is_named(void **state)
{
	(void)state;
	all_refuse(pcap_open_dead(DLT_EN10MB, 65535), true, "pcap_open_dead()");
}

static void a_savefile_is_named(void **state)
{
	static uint8_t header[24] = { 0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, [18] = 4, [20] = 1 };
	char errbuf[PCAP_ERRBUF_SIZE];

	(void)state;
	all_refuse(pcap_fopen_offline(fmemopen(header, sizeof(header), "rb"), errbuf), true, "savefile");
}

static void a_handle_that_is_not_activated_is_told_so(void **state)
{
	char errbuf[PCAP_ERRBUF_SIZE];

	(void)state;
	all_refuse(pcap_create("lo", errbuf), false, "pcap_activate()");
}

static void no_handle_is_a_failure_too(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].call(NULL) != rows[i].failed)
			fail_msg("%s", rows[i].name);
	assert_null(pcap_get_airpcap_handle(NULL));
}

static void there_is_no_airpcap_adapter(void **state)
{
	pcap_t *p = pcap_open_dead(DLT_EN10MB, 65535);

	(void)state;
	assert_null(pcap_get_airpcap_handle(p));
	assert_non_null(strstr(pcap_geterr(p), "AirPcap"));
	pcap_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_dead_handle_is_named),
		cmocka_unit_test(a_savefile_is_named),
		cmocka_unit_test(a_handle_that_is_not_activated_is_told_so),
		cmocka_unit_test(no_handle_is_a_failure_too),
		cmocka_unit_test(there_is_no_airpcap_adapter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
