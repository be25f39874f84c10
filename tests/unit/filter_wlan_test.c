/* filter_wlan_test.c - `type`, `subtype` and `dir` of 802.11 frames: which frames they mean, and how what is none of
 * them is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pcap/pcap.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static pcap_t *wlan;

static int open_wlan(void **state)
{
	(void)state;
	wlan = pcap_open_dead(DLT_IEEE802_11, 65535);
	return wlan ? 0 : -1;
}

static int close_wlan(void **state)
{
	(void)state;
	pcap_close(wlan);
	return 0;
}

/* Does the expression accept a frame whose control field begins with these two bytes? */
static int accepts(const char *expression, uint8_t type, uint8_t flags)
{
	const uint8_t frame[64] = { type, flags };
	const struct pcap_pkthdr h = { .caplen = sizeof(frame), .len = sizeof(frame) };
	struct bpf_program program;

	if (pcap_compile(wlan, &program, expression, 1, PCAP_NETMASK_UNKNOWN) < 0)
		fail_msg("'%s': %s", expression, pcap_geterr(wlan));
	int accepted = pcap_offline_filter(&program, &h, frame) != 0;
	pcap_freecode(&program);
	return accepted;
}

static void types_are_the_bits_of_the_frame(void **state)
{
	static const struct {
		const char *expression;
		uint8_t type, other;
	} rows[] = {
		{ "type mgt", 0x80, 0x84 },		    { "type 0", 0xc0, 0x08 },
		{ "type ctl", 0xd4, 0x80 },		    { "type 4", 0xa4, 0x88 },
		{ "type data", 0x88, 0x80 },		    { "type 8", 0x08, 0x04 },
		{ "type 12", 0x0c, 0x08 },		    { "type mgt subtype beacon", 0x80, 0x90 },
		{ "type mgt subtype 0x80", 0x80, 0x88 },    { "type data subtype qos-data", 0x88, 0x08 },
		{ "type ctl subtype 208", 0xd4, 0xb4 },	    { "subtype ack", 0xd4, 0xd8 },
		{ "subtype deauth", 0xc0, 0xa0 },	    { "type 12 subtype 0xf0", 0xfc, 0x0c },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (!accepts(rows[i].expression, rows[i].type, 0) || accepts(rows[i].expression, rows[i].other, 0))
			fail_msg("'%s'", rows[i].expression);
	}
}

static void directions_are_two_bits(void **state)
{
	static const char *const rows[4][2] = {
		{ "dir nods", "dir 0" }, { "dir tods", "dir 1" }, { "dir fromds", "dir 2" }, { "dir dstods", "dir 3" },
	};

	(void)state;
	for (uint8_t i = 0; i < 4; i++) {
		for (uint8_t flags = 0; flags < 8; flags++) {
			assert_int_equal(accepts(rows[i][0], 0x08, flags), (flags & 3) == i);
			assert_int_equal(accepts(rows[i][1], 0x08, flags), (flags & 3) == i);
		}
	}
}

static void what_is_none_of_them_is_refused_at_its_place(void **state)
{
	static const struct {
		const char *expression, *words, *place;
	} rows[] = {
		{ "type 3", "frame type 3 is not one of 0 (mgt), 4 (ctl), 8 (data) and 12", "at column 6" },
		{ "type 0x100", "frame type 256 is not one of", "at column 6" },
		{ "type managment", "'managment' is no 802.11 frame type", "at column 6" },
		{ "type mgt subtype 3", "frame subtype 3 is no multiple of 16", "at column 18" },
		{ "type mgt subtype 0x100", "frame subtype 256 is no multiple of 16", "at column 18" },
		{ "type data subtype beacon", "'beacon' is one of type mgt, not of type data", "at column 19" },
		{ "type 12 subtype ack", "'ack' is one of type ctl, not of type 12", "at column 17" },
		{ "type mgt subtype becon", "did you mean 'beacon'?", "at column 18" },
		{ "subtype becon", "did you mean 'beacon'?", "at column 9" },
		{ "subtype 0x80", "expected an 802.11 frame subtype such as beacon", "at column 9" },
		{ "dir 4", "direction 4 is above 3", "at column 5" },
		{ "dir up", "'up' is no 802.11 direction", "at column 5" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bpf_program program;

		if (pcap_compile(wlan, &program, rows[i].expression, 1, PCAP_NETMASK_UNKNOWN) != PCAP_ERROR)
			fail_msg("'%s' was compiled", rows[i].expression);
		if (!strstr(pcap_geterr(wlan), rows[i].words) || !strstr(pcap_geterr(wlan), rows[i].place))
			fail_msg("'%s': \"%s\" lacks \"%s\" or \"%s\"", rows[i].expression, pcap_geterr(wlan), rows[i].words,
				 rows[i].place);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_are_the_bits_of_the_frame),
		cmocka_unit_test(directions_are_two_bits),
		cmocka_unit_test(what_is_none_of_them_is_refused_at_its_place),
	};
	return cmocka_run_group_tests(tests, open_wlan, close_wlan);
}
