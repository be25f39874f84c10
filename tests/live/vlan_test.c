/* vlan_test.c - the kernel takes VLAN tags out of received frames; the library puts them back where they were. */
#include "capture.h"

#include <unistd.h>

struct tags {
	const char *what;
	size_t bytes;
	uint8_t tags[8]; /* what stands between the addresses and the ethertype */
};

static const struct tags kinds[] = {
	{ "none", 0, { 0 } },
	{ "802.1Q", 4, { 0x81, 0x00, 0x20, 0x2a } },
	{ "802.1Q with priority, DEI and the last VLAN", 4, { 0x81, 0x00, 0xff, 0xfe } },
	{ "priority tag with TCI 0", 4, { 0x81, 0x00, 0x00, 0x00 } },
	{ "802.1ad", 4, { 0x88, 0xa8, 0x00, 0x07 } },
	{ "802.1ad around 802.1Q", 8, { 0x88, 0xa8, 0x00, 0x07, 0x81, 0x00, 0x00, 0x08 } },
	{ "802.1Q around 802.1Q", 8, { 0x81, 0x00, 0x00, 0x01, 0x81, 0x00, 0x00, 0x00 } },
};
#define KINDS (sizeof(kinds) / sizeof(*kinds))

/* A numbered frame of `bytes` bytes with tags in it; its new length. */
static size_t tagged(uint8_t *frame, const struct tags *kind, uint32_t number, size_t bytes)
{
	netlab_fill(frame, bytes, number);
	memmove(frame + 12 + kind->bytes, frame + 12, bytes - 12);
	memcpy(frame + 12, kind->tags, kind->bytes);
	return bytes + kind->bytes;
}

static void check_same(const char *what, const struct pcap_pkthdr *h, const u_char *data, const uint8_t *frame,
		       size_t bytes, size_t caplen)
{
	if (h->len != bytes || h->caplen != caplen)
		fail_msg("%s: %u of %u bytes instead of %zu of %zu", what, h->caplen, h->len, caplen, bytes);
	for (size_t i = 0; i < caplen; i++)
		if (data[i] != frame[i])
			fail_msg("%s, caplen %zu: byte %zu is %02x, not %02x", what, caplen, i, data[i], frame[i]);
}

static void check_all_kinds(struct opening how, const char *from, size_t bytes)
{
	static uint8_t frames[KINDS][NETLAB_LARGEST];
	int sender = netlab_sender(from);
	pcap_t *p = capture_open(&how);
	size_t sizes[KINDS];

	for (size_t i = 0; i < KINDS; i++) {
		sizes[i] = tagged(frames[i], &kinds[i], (uint32_t)i, bytes);
		netlab_send(sender, frames[i], sizes[i]);
	}
	for (size_t i = 0; i < KINDS; i++) {
		struct pcap_pkthdr *h;
		const u_char *data;

		capture_next(p, &h, &data);
		check_same(kinds[i].what, h, data, frames[i], sizes[i],
			   how.snaplen && (size_t)how.snaplen < sizes[i] ? (size_t)how.snaplen : sizes[i]);
	}
	close(sender);
	pcap_close(p);
}

static void received_tags_come_back_byte_for_byte(void **state)
{
	check_all_kinds(*(struct opening *)*state, "left", 100);
	check_all_kinds(*(struct opening *)*state, "left", 1506);
}

static void sent_tags_stay_where_they_are(void **state)
{
	check_all_kinds(*(struct opening *)*state, "right", 100);
}

static void snaplen_may_cut_before_in_and_after_the_tag(void **state)
{
	struct opening how = *(struct opening *)*state;

	for (how.snaplen = 1; how.snaplen <= 24; how.snaplen++)
		check_all_kinds(how, "left", 100);
	for (how.snaplen = 98; how.snaplen <= 109; how.snaplen++)
		check_all_kinds(how, "left", 100);
}

static void giant_frames_have_their_tags_too(void **state)
{
	struct opening how = *(struct opening *)*state;

	netlab_add_pair("giant", "giant2");
	netlab_run("ip link set giant mtu 65535 && ip link set giant2 mtu 65535");
	how.device = "giant2";
	how.buffer_bytes = 4 << 20;
	check_all_kinds(how, "giant", 60000);
	netlab_run("ip link del giant");
}

static void a_vlan_device_gets_frames_without_its_tag(void **state)
{
	struct opening how = *(struct opening *)*state;
	const struct tags in_vlan_42 = { "802.1Q", 4, { 0x81, 0x00, 0x00, 0x2a } };
	uint8_t frame[200];

	if (!netlab_try("ip link add link right name right.42 type vlan id 42 && ip link set right.42 arp off up")) {
		print_message("this kernel has no VLAN devices\n");
		skip();
	}
	int left = netlab_sender("left");
	how.device = "right.42";
	pcap_t *p = capture_open(&how);
	netlab_send(left, frame, tagged(frame, &in_vlan_42, 9, 100));
	capture_expect(p, 9, 1, 100);
	close(left);
	pcap_close(p);
	netlab_run("ip link del right.42");
}

/* In the cooked header the tag's protocol takes the place of the packet's, which follows the TCI. Stacked tags are left
 * out: since Linux 6.10 the kernel names the innermost protocol there, and the type of the tag between is lost. */
static void any_puts_the_tag_behind_the_cooked_header(void **state)
{
	struct opening how = *(struct opening *)*state;
	uint8_t frame[200];
	int left = netlab_sender("left");
	struct pcap_pkthdr *h;
	const u_char *data;

	how.device = "any";
	pcap_t *p = capture_open(&how);
	assert_int_equal(pcap_setdirection(p, PCAP_D_IN), 0);
	for (size_t i = 0; i < KINDS; i++) {
		const struct tags *kind = &kinds[i];
		size_t bytes = tagged(frame, kind, 3, 100);

		if (kind->bytes > 4)
			continue;
		netlab_send(left, frame, bytes);
		capture_next(p, &h, &data);
		check_same(kind->what, &(struct pcap_pkthdr){ .caplen = h->caplen - 14, .len = h->len - 14 }, data + 14,
			   frame + 12, bytes - 12, bytes - 12);
	}
	close(left);
	pcap_close(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH_RINGS(received_tags_come_back_byte_for_byte),
		BOTH_RINGS(sent_tags_stay_where_they_are),
		BOTH_RINGS(snaplen_may_cut_before_in_and_after_the_tag),
		BOTH_RINGS(giant_frames_have_their_tags_too),
		BOTH_RINGS(a_vlan_device_gets_frames_without_its_tag),
		BOTH_RINGS(any_puts_the_tag_behind_the_cooked_header),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
