/* sending_scenarios.c - frames put on the wire, one by one and in queues, by each engine; and back up to the host. */
#include "scenarios.h"

#include "../live/netlab.h"
#include "refuse.h"

#include <capstan/engine.h>

#include <string.h>

enum { BYTES = 100, FRAMES = 40 };

static const struct capture from_left = { .device = "left" };

static void inject(const void *with)
{
	pcap_t *p = scenario_open(&from_left);
	uint8_t frame[BYTES];

	(void)with;
	for (uint32_t i = 1; i <= 3; i++) {
		netlab_fill(frame, sizeof(frame), i);
		TRY(pcap_inject(p, frame, sizeof(frame)) == sizeof(frame), pcap_geterr(p));
	}
	netlab_fill(frame, sizeof(frame), 4);
	TRY(pcap_sendpacket(p, frame, sizeof(frame)) == 0, pcap_geterr(p));
	scenario_expect_arrived(1, 4, sizeof(frame));
	pcap_close(p);
}

static pcap_send_queue *numbered(u_int count)
{
	pcap_send_queue *queue;
	uint8_t frame[BYTES];
	const struct pcap_pkthdr h = { .caplen = BYTES, .len = BYTES };

	TRY((queue = pcap_sendqueue_alloc(count * (16 + BYTES))) != NULL, "no text, as documented");
	for (uint32_t i = 1; i <= count; i++) {
		netlab_fill(frame, sizeof(frame), i);
		TRY(pcap_sendqueue_queue(queue, &h, frame) == 0, "no text, as documented");
	}
	assert_int_equal(queue->len, queue->maxlen);
	return queue;
}

/* What has left is told to the byte, and the rest can be sent after it. */
static void transmit(pcap_t *p, const pcap_send_queue *queue, int sync)
{
	pcap_send_queue rest = *queue;

	while (rest.len > 0) {
		u_int left = pcap_sendqueue_transmit(p, &rest, sync);

		assert_int_equal(left % (16 + BYTES), 0);
		if (left < rest.len)
			trial_told("pcap_sendqueue_transmit", pcap_geterr(p));
		rest.buffer += left;
		rest.len -= left;
		rest.maxlen = rest.len;
	}
}

struct sending {
	const char *engine;
	int sync;
};

static void send_queue(const void *with)
{
	const struct sending *how = with;
	pcap_t *p = scenario_open(&from_left);
	const char *engine;

	assert_int_equal(capstan_set_engine(p, CAPSTAN_TRANSMIT, how->engine), 0);
	engine = capstan_engine(p, CAPSTAN_TRANSMIT);
	if (!engine && !refuse_happened()) {
		print_message("skipped: %s\n", pcap_geterr(p));
		pcap_close(p);
		skip();
	}
	if (!engine)
		trial_told("capstan_engine", pcap_geterr(p));
	pcap_send_queue *queue = numbered(FRAMES);
	transmit(p, queue, how->sync);
	scenario_expect_arrived(1, FRAMES, BYTES);
	pcap_sendqueue_destroy(queue);
	pcap_close(p);
}

static void send_to_receive(const void *with)
{
	const bool in_queue = *(const bool *)with;
	pcap_t *p = scenario_open(&(struct capture){ .device = "right", .immediate = true });
	uint8_t frame[BYTES];

	if (pcap_setmode(p, MODE_SENDTORX) != 0) {
		if (!refuse_happened()) {
			print_message("skipped: %s\n", pcap_geterr(p));
			pcap_close(p);
			skip();
		}
		trial_told("pcap_setmode(p, MODE_SENDTORX)", pcap_geterr(p));
		TRY(pcap_setmode(p, MODE_SENDTORX) == 0, pcap_geterr(p));
	}
	if (in_queue) {
		pcap_send_queue *queue = numbered(4);
		transmit(p, queue, 0);
		pcap_sendqueue_destroy(queue);
	} else {
		for (uint32_t i = 1; i <= 4; i++) {
			netlab_fill(frame, sizeof(frame), i);
			TRY(pcap_inject(p, frame, sizeof(frame)) == sizeof(frame), pcap_geterr(p));
		}
	}
	scenario_expect(p, 1, 4, BYTES);
	scenario_expect_arrived(1, 4, BYTES);
	TRY(pcap_setmode(p, MODE_CAPT) == 0, pcap_geterr(p));
	pcap_close(p);
}

static const struct sending by_socket = { "socket", 0 }, by_xdp = { "xdp", 0 }, by_the_clock = { "auto", 1 };
static const bool one_by_one = false, together = true;

const struct scenario sending_scenarios[] = {
	{ "inject", inject, NULL, 0 },
	{ "send queue, by the clock", send_queue, &by_the_clock, 0 },
	{ "send queue, socket", send_queue, &by_socket, 0 },
	{ "send queue, xdp", send_queue, &by_xdp, 97 },
	{ "send to receive", send_to_receive, &one_by_one, 0 },
	{ "send to receive, a queue", send_to_receive, &together, 0 },
	{ NULL, NULL, NULL, 0 },
};
