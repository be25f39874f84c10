/* vlan_filter_test.c - `vlan` on a live capture asks the kernel for tags that it keeps aside: a filter takes the frames
 * that the same expression takes from a savefile, where all tags are inside. */
#include "capture.h"

#include <unistd.h>

enum { FRAME_BYTES = 100, MOST_TAGS = 3 };

/* Frames from the outermost tag's type on: tags, a network protocol, and enough of it for the expressions below. */
struct stack {
	const char *what;
	size_t tag_bytes;
	uint8_t tags[4 * MOST_TAGS];
	uint16_t ethertype;
};

static const struct stack stacks[] = {
	{ "IPv4", 0, { 0 }, 0x0800 },
	{ "IPv6", 0, { 0 }, 0x86dd },
	{ "another protocol", 0, { 0 }, 0x88b5 },
	{ "IPv4 in VLAN 5", 4, { 0x81, 0x00, 0x00, 0x05 }, 0x0800 },
	{ "IPv6 in VLAN 5, with priority and DEI", 4, { 0x81, 0x00, 0xf0, 0x05 }, 0x86dd },
	{ "IPv4 with a priority tag", 4, { 0x81, 0x00, 0xe0, 0x00 }, 0x0800 },
	{ "IPv4 in service VLAN 5", 4, { 0x88, 0xa8, 0x00, 0x05 }, 0x0800 },
	{ "IPv4 in VLAN 4094", 4, { 0x81, 0x00, 0x0f, 0xfe }, 0x0800 },
	{ "IPv4 in VLAN 6 in VLAN 5", 8, { 0x81, 0x00, 0x00, 0x05, 0x81, 0x00, 0x00, 0x06 }, 0x0800 },
	{ "IPv6 in VLAN 5 in service VLAN 6", 8, { 0x88, 0xa8, 0x00, 0x06, 0x81, 0x00, 0x00, 0x05 }, 0x86dd },
	{ "IPv4 in VLANs 5, 6, 5", 12, { 0x88, 0xa8, 0, 5, 0x81, 0, 0, 6, 0x81, 0, 0, 5 }, 0x0800 },
	{ "a label in VLAN 5", 4, { 0x81, 0x00, 0x00, 0x05 }, 0x8847 },
	{ "a session in VLAN 5", 4, { 0x81, 0x00, 0x00, 0x05 }, 0x8864 },
};
#define STACKS (sizeof(stacks) / sizeof(*stacks))

/* All begin with `vlan`: what comes before it is about the frame as the kernel shows it, without the tag. */
static const char *const expressions[] = {
	"vlan",
	"vlan 5",
	"vlan 0",
	"not vlan 5",
	"vlan and ip",
	"vlan 5 and ip",
	"vlan 5 or ip",
	"vlan 6 or ip6",
	"not vlan and ip",
	"vlan and not ip",
	"vlan and vlan",
	"vlan 5 and vlan 6",
	"vlan 5 and vlan 6 and ip",
	"vlan 6 or vlan 5 or ip",
	"vlan and vlan and vlan 5 and ip",
	"(vlan 5 or len > 5) and ip",
	"(vlan 4094 or ip6) and not udp",
	"vlan 5 and udp port 7",
	"vlan and ip[9] = 17",
	"vlan 5 and mpls 3 and ip",
	"vlan 5 and pppoes 9 and ip",
	"vlan and ether src 02:00:00:00:00:01",
};
#define EXPRESSIONS (sizeof(expressions) / sizeof(*expressions))

static void build(uint8_t frame[static FRAME_BYTES], const struct stack *stack)
{
	static const uint8_t label[] = { 0x00, 0x00, 0x31, 0x40 }, session[] = { 0x11, 0, 0, 9, 0, 60, 0, 0x21 };
	uint8_t *at = frame + 12;

	netlab_fill(frame, FRAME_BYTES, 0);
	memset(at, 0, FRAME_BYTES - 12);
	memcpy(at, stack->tags, stack->tag_bytes);
	at += stack->tag_bytes;
	*at++ = (uint8_t)(stack->ethertype >> 8);
	*at++ = (uint8_t)stack->ethertype;
	if (stack->ethertype == 0x8847) {
		memcpy(at, label, sizeof(label));
		at += sizeof(label);
	}
	if (stack->ethertype == 0x8864) {
		memcpy(at, session, sizeof(session));
		at += sizeof(session);
	}
	at[0] = stack->ethertype == 0x86dd ? 0x60 : 0x45;
	at[stack->ethertype == 0x86dd ? 6 : 9] = 17;
	at[stack->ethertype == 0x86dd ? 43 : 23] = 7; /* the destination port */
}

static void compile(pcap_t *p, struct bpf_program *program, const char *expression, int optimize)
{
	if (pcap_compile(p, program, expression, optimize, PCAP_NETMASK_UNKNOWN) < 0)
		fail_msg("%s: %s", expression, pcap_geterr(p));
}

/* Send one of each kind; what comes must be what the filter takes when it sees the frames whole. */
static void check(struct opening how, const char *from, const char *expression, int optimize)
{
	static uint8_t frames[STACKS][FRAME_BYTES];
	pcap_t *p = capture_open(&how), *dead = pcap_open_dead(DLT_EN10MB, 262144);
	int sender = netlab_sender(from);
	struct bpf_program live, whole;
	struct pcap_pkthdr *h;
	const u_char *data;

	compile(p, &live, expression, optimize);
	compile(dead, &whole, expression, 0);
	assert_int_equal(pcap_setfilter(p, &live), 0);
	for (size_t i = 0; i < STACKS; i++) {
		build(frames[i], &stacks[i]);
		netlab_send(sender, frames[i], FRAME_BYTES);
	}
	for (size_t i = 0; i < STACKS; i++) {
		struct pcap_pkthdr sent = { .caplen = FRAME_BYTES, .len = FRAME_BYTES };

		if (!pcap_offline_filter(&whole, &sent, frames[i]))
			continue;
		capture_next(p, &h, &data);
		if (h->caplen != FRAME_BYTES || memcmp(data, frames[i], FRAME_BYTES) != 0)
			fail_msg("'%s' from %s: %s did not come, or another frame before it", expression, from,
				 stacks[i].what);
	}
	capture_expect_none(p);
	pcap_freecode(&live);
	pcap_freecode(&whole);
	close(sender);
	pcap_close(dead);
	pcap_close(p);
}

static void tags_kept_aside_are_seen(void **state)
{
	(void)state;
	for (size_t i = 0; i < EXPRESSIONS; i++)
		check(capture_immediate, "left", expressions[i], (int)i % 2);
}

static void tags_left_inside_are_seen(void **state)
{
	(void)state;
	for (size_t i = 0; i < EXPRESSIONS; i++)
		check(capture_immediate, "right", expressions[i], (int)(i + 1) % 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags_kept_aside_are_seen),
		cmocka_unit_test(tags_left_inside_are_seen),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
