/* threads_test.c - two handles in two threads; and that a handle leaves nothing behind when it is closed. */
#include "capture.h"
#include "leaks.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#define FRAMES 20000u
#define WINDOW 400u

/* One reader with its own handle; what it finds is judged after the join, since a thread cannot fail a test. */
struct reader {
	pthread_t thread;
	pcap_t *p;
	atomic_uint seen;
	bool in_order;
};

static void note(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct reader *r = (struct reader *)(void *)user;
	uint8_t frame[100];

	netlab_fill(frame, sizeof(frame), atomic_load(&r->seen));
	r->in_order &= h->caplen == sizeof(frame) && memcmp(frame, data, sizeof(frame)) == 0;
	atomic_fetch_add(&r->seen, 1);
}

static void *read_all(void *arg)
{
	struct reader *r = arg;

	for (int64_t end = netlab_now_ms() + 60000; atomic_load(&r->seen) < FRAMES && netlab_now_ms() < end;)
		if (pcap_dispatch(r->p, 100, note, (u_char *)r) < 0)
			break;
	return NULL;
}

static void two_handles_in_two_threads_get_all_their_packets(void **state)
{
	struct opening how = *(struct opening *)*state;
	struct reader readers[2] = { { .in_order = true }, { .in_order = true } };
	int senders[2] = { netlab_sender("left"), netlab_sender("right") };

	for (int i = 0; i < 2; i++) {
		how.device = i == 0 ? "right" : "left";
		readers[i].p = capture_open(&how);
		assert_int_equal(pcap_setdirection(readers[i].p, PCAP_D_IN), 0);
		assert_int_equal(pthread_create(&readers[i].thread, NULL, read_all, &readers[i]), 0);
	}
	for (uint32_t sent = 0; sent < FRAMES; sent += 50)
		for (int i = 0; i < 2; i++) {
			for (int64_t end = netlab_now_ms() + 60000; sent > atomic_load(&readers[i].seen) + WINDOW;) {
				assert_true(netlab_now_ms() < end);
				netlab_sleep_ms(1);
			}
			netlab_send_numbered(senders[i], sent, 50, 100);
		}
	for (int i = 0; i < 2; i++) {
		pthread_join(readers[i].thread, NULL);
		assert_int_equal(atomic_load(&readers[i].seen), FRAMES);
		assert_true(readers[i].in_order);
		pcap_close(readers[i].p);
		close(senders[i]);
	}
}

/* What a process has when no handle of an earlier test is being closed any more: pcap_close() leaves the socket to a
 * short-lived thread. */
static struct leaks look_when_alone(void)
{
	const int alone = 3; /* ".", ".." and ourselves */
	struct leaks now;

	for (int64_t end = netlab_now_ms() + 20000; (now = leaks_look()).threads != alone; netlab_sleep_ms(10))
		if (netlab_now_ms() > end)
			fail_msg("there are %d threads", now.threads - alone + 1);
	return now;
}

static void opening_and_closing_leaves_nothing_behind(void **state)
{
	struct opening how = *(struct opening *)*state;

	const struct leaks before = look_when_alone();

	how.promisc = true;
	for (int i = 0; i < 200; i++) {
		pcap_t *p = capture_open(&how);
		if (i == 0)
			assert_int_equal(leaks_look().mappings, before.mappings + 1);
		pcap_close(p);
	}
	assert_int_equal(leaks_look().mappings, before.mappings);
	leaks_none_since(&before);
	for (int64_t end = netlab_now_ms() + 5000; netlab_promiscuity("right") != 0;)
		assert_true(netlab_now_ms() < end);
}

/* What pcap_close() leaves to a thread must not live on in a child that is made at once. */
static void a_child_inherits_nothing_of_a_closed_handle(void **state)
{
	struct opening how = *(struct opening *)*state;
	const struct leaks before = look_when_alone();

	how.promisc = true;
	for (int i = 0; i < 20; i++) {
		int status;

		pcap_close(capture_open(&how));
		pid_t child = fork();
		if (child == 0)
			_exit(leaks_look().descriptors == before.descriptors ? 0 : 1);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
	}
}

static void failed_activations_leave_nothing_behind(void **state)
{
	const struct opening *how = *state;
	char errbuf[PCAP_ERRBUF_SIZE];

	const struct leaks before = look_when_alone();

	netlab_set_up("right", false);
	for (int i = 0; i < 50; i++) {
		pcap_t *p = pcap_create(i % 2 ? "right" : "nowhere0", errbuf);
		pcap_set_immediate_mode(p, how->immediate);
		assert_true(pcap_activate(p) < 0);
		assert_true(pcap_activate(p) < 0);
		pcap_close(p);
	}
	netlab_set_up("right", true);
	netlab_wait_running("left");
	netlab_wait_running("right");
	assert_int_equal(leaks_look().mappings, before.mappings);
	leaks_none_since(&before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH_RINGS(two_handles_in_two_threads_get_all_their_packets),
		BOTH_RINGS(opening_and_closing_leaves_nothing_behind),
		BOTH_RINGS(a_child_inherits_nothing_of_a_closed_handle),
		BOTH_RINGS(failed_activations_leave_nothing_behind),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
