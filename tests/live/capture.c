/* capture.c - opening handles in live tests, and holding what they deliver against the frames sent. */
#include "capture.h"

#define PATIENCE_MS 10000

struct opening capture_gathered = { .timeout_ms = 10 };
struct opening capture_immediate = { .timeout_ms = 10, .immediate = true };

pcap_t *capture_open(const struct opening *how)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	pcap_t *p = pcap_create(how->device ? how->device : "right", errbuf);

	if (!p)
		fail_msg("pcap_create: %s", errbuf);
	assert_int_equal(pcap_set_snaplen(p, how->snaplen), 0);
	assert_int_equal(pcap_set_timeout(p, how->timeout_ms), 0);
	assert_int_equal(pcap_set_buffer_size(p, how->buffer_bytes), 0);
	assert_int_equal(pcap_set_tstamp_precision(p, how->precision), 0);
	assert_int_equal(pcap_set_immediate_mode(p, how->immediate), 0);
	assert_int_equal(pcap_set_promisc(p, how->promisc), 0);
	assert_int_equal(pcap_setnonblock(p, how->nonblock, errbuf), 0);
	int status = pcap_activate(p);
	if (status != 0)
		fail_msg("pcap_activate: %d: %s", status, pcap_geterr(p));
	return p;
}

pcap_t *capture_open_empty_file(void)
{
	static uint8_t header[24] = { 0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, [18] = 4, [20] = 1 };
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	FILE *file = fmemopen(header, sizeof(header), "rb");

	assert_non_null(file);
	pcap_t *p = pcap_fopen_offline(file, errbuf);
	if (!p)
		fail_msg("pcap_fopen_offline: %s", errbuf);
	return p;
}

void capture_next(pcap_t *p, struct pcap_pkthdr **h, const u_char **data)
{
	int64_t end = netlab_now_ms() + PATIENCE_MS;
	int status;

	while ((status = pcap_next_ex(p, h, data)) == 0)
		if (netlab_now_ms() > end)
			fail_msg("no packet in %d ms", PATIENCE_MS);
	if (status != 1)
		fail_msg("pcap_next_ex: %d: %s", status, pcap_geterr(p));
}

void capture_check(const struct pcap_pkthdr *h, const u_char *data, uint32_t number, size_t bytes, size_t caplen)
{
	static uint8_t expected[NETLAB_LARGEST];

	assert_int_equal(h->len, bytes);
	assert_int_equal(h->caplen, caplen);
	netlab_fill(expected, bytes, number);
	assert_memory_equal(data, expected, caplen);
}

void capture_expect(pcap_t *p, uint32_t first, uint32_t count, size_t bytes)
{
	struct pcap_pkthdr *h;
	const u_char *data;

	for (uint32_t i = 0; i < count; i++) {
		capture_next(p, &h, &data);
		capture_check(h, data, first + i, bytes, bytes);
	}
}

void capture_expect_none(pcap_t *p)
{
	struct pcap_pkthdr *h;
	const u_char *data;

	/* Longer than a block of the ring takes to be handed over. */
	for (int64_t end = netlab_now_ms() + 60; netlab_now_ms() < end;) {
		int status = pcap_next_ex(p, &h, &data);
		if (status != 0)
			fail_msg("pcap_next_ex: %d with %u bytes instead of nothing", status, status == 1 ? h->len : 0);
		netlab_sleep_ms(1);
	}
}

void capture_expect_error(pcap_t *p, const char *word)
{
	if (!strstr(pcap_geterr(p), word))
		fail_msg("\"%s\" does not speak of %s", pcap_geterr(p), word);
}
