/* buffers.c - see buffers.h. */
#include "buffers.h"

#include <unistd.h>

void note(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct tally *t = (struct tally *)(void *)user;

	t->wrong += netlab_number(data) != t->next;
	t->next = netlab_number(data) + 1;
	t->packets++;
	t->bytes += HEADER + h->caplen;
}

int dispatch(pcap_t *p, struct tally *t)
{
	int n = pcap_dispatch(p, -1, note, (u_char *)t);

	if (n < 0)
		fail_msg("pcap_dispatch: %d: %s", n, pcap_geterr(p));
	return n;
}

void set_min_to_copy(pcap_t *p, int bytes)
{
	if (pcap_setmintocopy(p, bytes) != 0)
		fail_msg("pcap_setmintocopy(%d): %s", bytes, pcap_geterr(p));
}

void set_buffer(pcap_t *p, int bytes)
{
	if (pcap_setbuff(p, bytes) != 0)
		fail_msg("pcap_setbuff(%d): %s", bytes, pcap_geterr(p));
}

pcap_t *open_with(void **state, int timeout_ms, int min_to_copy)
{
	struct opening how = *(struct opening *)*state;

	how.timeout_ms = timeout_ms;
	how.snaplen = 65536;
	pcap_t *p = capture_open(&how);
	set_min_to_copy(p, min_to_copy);
	return p;
}

static void *flow(void *arg)
{
	struct flow *f = arg;
	int left = netlab_sender("left");

	netlab_sleep_ms(f->start_ms);
	for (uint32_t i = 0; i < f->count; i += f->per_burst) {
		netlab_send_numbered(left, f->first + i, f->per_burst, f->bytes);
		if (f->gap_us)
			usleep((useconds_t)f->gap_us);
	}
	close(left);
	atomic_store(&f->done, true);
	return NULL;
}

void start_flow(struct flow *f)
{
	assert_int_equal(pthread_create(&f->thread, NULL, flow, f), 0);
}
