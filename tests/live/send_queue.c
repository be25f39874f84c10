/* send_queue.c - see send_queue.h. */
#include "send_queue.h"

#include <capstan/engine.h>

#include <time.h>

const char *const engines[] = { "auto", "socket", "xdp" };

struct opening from_left = { .device = "left", .timeout_ms = 10 };
struct opening from_left_nano = { .device = "left", .timeout_ms = 10, .precision = PCAP_TSTAMP_PRECISION_NANO };
struct opening wide = { .timeout_ms = 10, .buffer_bytes = 48 << 20 };

void add(pcap_send_queue *q, uint32_t number, size_t bytes, uint64_t us)
{
	static uint8_t frame[NETLAB_LARGEST];
	const struct pcap_pkthdr h = { .ts = { .tv_sec = (time_t)(us / SECOND), .tv_usec = (suseconds_t)(us % SECOND) },
				       .caplen = (bpf_u_int32)bytes,
				       .len = (bpf_u_int32)bytes };

	netlab_fill(frame, bytes, number);
	assert_int_equal(pcap_sendqueue_queue(q, &h, frame), 0);
}

pcap_send_queue *numbered(uint32_t first, uint32_t count, size_t bytes, uint64_t gap_us)
{
	pcap_send_queue *q = pcap_sendqueue_alloc((u_int)(count * (HEADER + bytes)));

	assert_non_null(q);
	for (uint32_t i = 0; i < count; i++)
		add(q, first + i, bytes, i * gap_us);
	assert_int_equal(q->len, q->maxlen);
	return q;
}

void expect_sent(pcap_t *p, pcap_send_queue *q, int sync)
{
	u_int left = pcap_sendqueue_transmit(p, q, sync);

	if (left != q->len)
		fail_msg("%u of %u bytes have left: %s", left, q->len, pcap_geterr(p));
}

pcap_t *open_engine(const char *name)
{
	pcap_t *p = capture_open(&from_left);

	assert_int_equal(capstan_set_engine(p, CAPSTAN_TRANSMIT, name), 0);
	const char *engine = capstan_engine(p, CAPSTAN_TRANSMIT);
	if (engine) {
		assert_true(strcmp(name, "auto") == 0 || strcmp(name, engine) == 0);
		return p;
	}
	print_message("skipped: engine %s: %s\n", name, pcap_geterr(p));
	pcap_close(p);
	return NULL;
}

static void *receive(void *arg)
{
	struct receiver *r = arg;
	static uint8_t expected[NETLAB_LARGEST];
	struct pcap_pkthdr *h;
	const u_char *data;
	int64_t quiet_since = netlab_now_ms();

	while (!atomic_load(&r->ended) || netlab_now_ms() - quiet_since < 300) {
		if (pcap_next_ex(r->p, &h, &data) != 1)
			continue;
		quiet_since = netlab_now_ms();
		const uint32_t number = r->first + atomic_load(&r->seen);
		netlab_fill(expected, r->bytes, number);
		if (!r->wrong && (h->len != r->bytes || memcmp(data, expected, r->bytes) != 0)) {
			r->wrong = true;
			r->wrong_number = number;
		}
		atomic_fetch_add(&r->seen, 1);
	}
	return NULL;
}

void receiver_begin(struct receiver *r, uint32_t first, size_t bytes)
{
	*r = (struct receiver){ .p = capture_open(&wide), .first = first, .bytes = bytes };
	assert_int_equal(pthread_create(&r->thread, NULL, receive, r), 0);
}

uint32_t receiver_end(struct receiver *r)
{
	struct pcap_stat stat;

	atomic_store(&r->ended, true);
	pthread_join(r->thread, NULL);
	assert_int_equal(pcap_stats(r->p, &stat), 0);
	assert_int_equal(stat.ps_drop, 0);
	if (r->wrong)
		fail_msg("frame %u is not what was sent", r->wrong_number);
	pcap_close(r->p);
	return atomic_load(&r->seen);
}

void corrupt(pcap_send_queue *q, u_int offset, u_int field, uint32_t value)
{
	memcpy(q->buffer + offset + 4 * field, &value, sizeof(value));
}

int64_t since_ms(int64_t start)
{
	return netlab_now_ms() - start;
}
