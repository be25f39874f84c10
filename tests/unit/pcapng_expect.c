/* pcapng_expect.c - a pcapng file made by hand, opened and read: what is expected of it. */
#include "pcapng_expect.h"

#include <string.h>

pcap_t *open_file(const struct ng_file *f, u_int precision)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	pcap_t *p = pcap_fopen_offline_with_tstamp_precision(ng_stream(f), precision, errbuf);

	if (!p)
		print_message("%s\n", errbuf);
	assert_non_null(p);
	return p;
}

void expect_part(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" does not say \"%s\"", text, part);
}

void expect_no_opening(const struct ng_file *f, const char *part)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	FILE *stream = ng_stream(f);

	assert_null(pcap_fopen_offline(stream, errbuf));
	fclose(stream);
	expect_part(errbuf, part);
}

void expect_lengths(pcap_t *p, time_t seconds, long fraction, uint32_t caplen, uint32_t len)
{
	struct pcap_pkthdr *h;
	const u_char *data;
	const int status = pcap_next_ex(p, &h, &data);

	if (status != 1)
		fail_msg("%d: %s", status, pcap_geterr(p));
	assert_int_equal(h->ts.tv_sec, seconds);
	assert_int_equal(h->ts.tv_usec, fraction);
	assert_int_equal(h->caplen, caplen);
	assert_int_equal(h->len, len);
	for (uint32_t i = 0; i < caplen; i++)
		assert_int_equal(data[i], (uint8_t)(caplen + i));
}

void expect_packet(pcap_t *p, time_t seconds, long fraction, uint32_t caplen)
{
	expect_lengths(p, seconds, fraction, caplen, caplen + 100);
}

void expect_end(pcap_t *p)
{
	struct pcap_pkthdr *h;
	const u_char *data;

	assert_int_equal(pcap_next_ex(p, &h, &data), PCAP_ERROR_BREAK);
}

void expect_error(pcap_t *p, const char *part)
{
	for (int i = 0; i < 2; i++) {
		struct pcap_pkthdr *h;
		const u_char *data;

		const int status = pcap_next_ex(p, &h, &data);
		if (status != PCAP_ERROR)
			fail_msg("%d, where an error should say \"%s\"", status, part);
		expect_part(pcap_geterr(p), part);
	}
}

void expect_error_behind_packet(struct ng_file *f, const char *part)
{
	pcap_t *p = open_file(f, MICRO);

	expect_packet(p, 1, 5, 8);
	expect_error(p, part);
	pcap_close(p);
	ng_free(f);
}

struct ng_file begun_with_packet(void)
{
	struct ng_file f = ng_begun(false);

	ng_enhanced(&f, 0, 1000005, 8);
	return f;
}
