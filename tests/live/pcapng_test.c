/* pcapng_test.c - two devices captured into one pcapng file, and read back: whose packets they are, and what of them. */
#include "capture.h"

#include <capstan/pcapng.h>
#include <stdio.h>
#include <unistd.h>

enum { FRAMES = 20, BYTES = 100 };

static void write_packets(capstan_pcapng_writer *w, pcap_t *p, uint32_t id)
{
	struct pcap_pkthdr *h;
	const u_char *data;

	for (int i = 0; i < FRAMES; i++) {
		capture_next(p, &h, &data);
		assert_int_equal(capstan_pcapng_put_packet(w, id, h, data), 0);
	}
}

static void check_interface(const struct capstan_pcapng_interface *i, const char *name, uint32_t snaplen, int tsresol)
{
	assert_string_equal(i->name, name);
	assert_int_equal(i->datalink, DLT_EN10MB);
	assert_int_equal(i->snaplen, snaplen);
	assert_int_equal(i->tsresol, tsresol);
}

static void two_devices_in_one_file(void **state)
{
	(void)state;
	char errbuf[PCAP_ERRBUF_SIZE];
	struct capstan_pcapng_interface iface;
	struct capstan_pcapng_block block;
	pcap_t *right = capture_open(&(struct opening){ .precision = PCAP_TSTAMP_PRECISION_NANO, .immediate = true });
	pcap_t *left = capture_open(&(struct opening){ .device = "left", .snaplen = 60, .immediate = true });
	FILE *file = tmpfile();
	assert_non_null(file);
	const int copy = dup(fileno(file));
	capstan_pcapng_writer *w = capstan_pcapng_fcreate(file, NULL, errbuf);
	assert_non_null(w);
	assert_int_equal(capstan_pcapng_describe(right, &iface), 0);
	assert_int_equal(capstan_pcapng_add_interface(w, &iface), 0);
	assert_int_equal(capstan_pcapng_describe(left, &iface), 0);
	assert_int_equal(capstan_pcapng_add_interface(w, &iface), 1);
	const int sender = netlab_sender("left");
	netlab_send_numbered(sender, 0, FRAMES, BYTES);
	close(sender);
	write_packets(w, right, 0);
	write_packets(w, left, 1);
	pcap_close(left);
	pcap_close(right);
	assert_int_equal(capstan_pcapng_finish(w, errbuf), 0);

	assert_int_equal(lseek(copy, 0, SEEK_SET), 0);
	capstan_pcapng_reader *r = capstan_pcapng_fopen(fdopen(copy, "rb"), errbuf);
	assert_non_null(r);
	for (int i = 0; i < 3; i++)
		assert_int_equal(capstan_pcapng_next(r, &block), 1);
	check_interface(capstan_pcapng_interface_of(r, 0), "right", 262144, 9);
	check_interface(capstan_pcapng_interface_of(r, 1), "left", 60, 6);
	for (uint32_t i = 0; i < 2 * FRAMES; i++) {
		assert_int_equal(capstan_pcapng_next(r, &block), 1);
		const struct capstan_pcapng_packet *packet = &block.u.packet;
		const struct pcap_pkthdr h = { .caplen = packet->caplen, .len = packet->len };
		assert_int_equal(block.kind, CAPSTAN_PCAPNG_PACKET);
		assert_int_equal(packet->interface_id, i / FRAMES);
		capture_check(&h, packet->data, i % FRAMES, BYTES, i < FRAMES ? BYTES : 60);
	}
	assert_int_equal(capstan_pcapng_next(r, &block), 0);
	capstan_pcapng_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_devices_in_one_file),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
