/* event_test.c - pcap_getevent(): signalled while anything is deliverable, with select(2), poll(2) and epoll(7). */
#include "capture.h"
#include "readable.h"

#include <capstan/event.h>
#include <errno.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <unistd.h>

static void count(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	(void)h;
	(void)data;
	++*(int *)(void *)user;
}

static int event_fd(pcap_t *p)
{
	void *event = pcap_getevent(p);

	assert_ptr_not_equal(event, INVALID_HANDLE_VALUE);
	int fd = capstan_event_fd(event);
	assert_true(fd >= 0);
	return fd;
}

static void the_event_is_the_same_each_time_and_apart_from_the_selectable_descriptor(void **state)
{
	pcap_t *p = capture_open(*state);
	void *event = pcap_getevent(p);

	assert_ptr_equal(pcap_getevent(p), event);
	assert_int_equal(capstan_event_fd(event), event_fd(p));
	assert_int_not_equal(event_fd(p), pcap_get_selectable_fd(p));
	assert_int_not_equal(event_fd(p), pcap_fileno(p));
	pcap_close(p);
}

static void signalled_until_every_packet_was_read(void **state)
{
	struct opening how = *(struct opening *)*state;
	int left = netlab_sender("left");

	how.nonblock = true;
	pcap_t *p = capture_open(&how);
	int fd = event_fd(p);
	for (size_t w = 0; w < WAITS; w++) {
		assert_false(waits[w](fd, 30));
		netlab_send_numbered(left, 0, 40, 100);
		for (uint32_t i = 0; i < 40; i++) {
			assert_true(waits[w](fd, 5000));
			capture_expect(p, i, 1, 100);
		}
		assert_false(waits[w](fd, 20));
	}
	close(left);
	pcap_close(p);
}

static void signalled_while_a_dispatch_with_a_count_left_packets_behind(void **state)
{
	struct opening how = *(struct opening *)*state;
	int left = netlab_sender("left"), seen = 0;

	pcap_t *p = capture_open(&how);
	int fd = event_fd(p);
	netlab_send_numbered(left, 0, 10, 100);
	netlab_sleep_ms(60);
	assert_int_equal(pcap_dispatch(p, 4, count, (u_char *)&seen), 4);
	for (size_t w = 0; w < WAITS; w++)
		assert_true(waits[w](fd, 0));
	assert_int_equal(pcap_dispatch(p, -1, count, (u_char *)&seen), 6);
	for (size_t w = 0; w < WAITS; w++)
		assert_false(waits[w](fd, 0));
	close(left);
	pcap_close(p);
}

/* The event may be asked for when packets already wait in the handle. */
static void an_event_made_late_knows_what_is_there(void **state)
{
	pcap_t *p = capture_open(*state);
	int left = netlab_sender("left"), seen = 0;

	netlab_send_numbered(left, 0, 3, 100);
	netlab_sleep_ms(60);
	assert_int_equal(pcap_dispatch(p, 1, count, (u_char *)&seen), 1);
	assert_true(by_poll(event_fd(p), 0));
	close(left);
	pcap_close(p);
}

static void a_break_signals_until_a_read_tells_it(void **state)
{
	struct opening how = *(struct opening *)*state;
	int seen = 0;

	how.nonblock = true;
	pcap_t *p = capture_open(&how);
	int fd = event_fd(p);
	for (size_t w = 0; w < WAITS; w++) {
		pcap_breakloop(p);
		assert_true(waits[w](fd, 0));
		assert_int_equal(pcap_dispatch(p, -1, count, (u_char *)&seen), PCAP_ERROR_BREAK);
		assert_false(waits[w](fd, 0));
	}
	pcap_close(p);
}

struct later {
	pthread_t thread;
	int ms;
	void *event;
	pcap_t *p;
};

static void *set_later(void *arg)
{
	struct later *l = arg;

	netlab_sleep_ms(l->ms);
	if (l->event)
		capstan_event_set(l->event);
	else
		capstan_event_set(pcap_getevent(l->p)); /* made while the reader waits */
	return NULL;
}

static void setting_it_ends_the_wait_of_a_read_in_another_thread(void **state)
{
	struct opening how = *(struct opening *)*state;
	int seen = 0;

	how.timeout_ms = 20000;
	pcap_t *p = capture_open(&how);
	for (int made_before = 0; made_before < 2; made_before++) {
		struct later l = { .ms = 100, .event = made_before ? pcap_getevent(p) : NULL, .p = p };
		int64_t start = netlab_now_ms();

		assert_int_equal(pthread_create(&l.thread, NULL, set_later, &l), 0);
		assert_int_equal(pcap_dispatch(p, -1, count, (u_char *)&seen), 0);
		assert_in_range(netlab_now_ms() - start, 90, 100 + TOLERANCE_MS);
		pthread_join(l.thread, NULL);
		assert_false(by_poll(event_fd(p), 0));
	}
	pcap_close(p);
}

static void set_and_reset_from_outside(void **state)
{
	struct opening how = *(struct opening *)*state;
	struct pcap_pkthdr *h;
	const u_char *data;

	how.timeout_ms = 20000;
	pcap_t *p = capture_open(&how);
	void *event = pcap_getevent(p);
	int fd = event_fd(p);
	assert_int_equal(capstan_event_set(event), 0);
	for (size_t w = 0; w < WAITS; w++)
		assert_true(waits[w](fd, 0));
	assert_int_equal(capstan_event_reset(event), 0);
	for (size_t w = 0; w < WAITS; w++)
		assert_false(waits[w](fd, 0));
	/* Set when nobody waits: the next read does not. */
	int64_t start = netlab_now_ms();
	assert_int_equal(capstan_event_set(event), 0);
	assert_int_equal(pcap_next_ex(p, &h, &data), 0);
	assert_in_range(netlab_now_ms() - start, 0, TOLERANCE_MS);
	assert_false(by_poll(fd, 0));
	pcap_close(p);
}

/* Such a read puts packets aside while it waits: there only the event tells of them. */
static void a_read_that_waits_for_an_amount_is_woken_and_what_it_leaves_signals(void **state)
{
	struct opening how = *(struct opening *)*state;
	int left = netlab_sender("left"), seen = 0;

	how.timeout_ms = 20000;
	pcap_t *p = capture_open(&how);
	assert_int_equal(pcap_setmintocopy(p, 1 << 20), 0);
	int fd = event_fd(p);
	netlab_send_numbered(left, 0, 10, 100);
	assert_true(by_poll(fd, 5000));
	struct later l = { .ms = 200, .event = pcap_getevent(p) };
	int64_t start = netlab_now_ms();
	assert_int_equal(pthread_create(&l.thread, NULL, set_later, &l), 0);
	assert_int_equal(pcap_dispatch(p, 4, count, (u_char *)&seen), 4);
	assert_in_range(netlab_now_ms() - start, 190, 200 + TOLERANCE_MS);
	pthread_join(l.thread, NULL);
	for (size_t w = 0; w < WAITS; w++)
		assert_true(waits[w](fd, 0));
	assert_int_equal(pcap_dispatch(p, -1, count, (u_char *)&seen), 6);
	for (size_t w = 0; w < WAITS; w++)
		assert_false(waits[w](fd, 0));
	close(left);
	pcap_close(p);
}

/* The change of the ring takes packets to where the device does not show them. */
static void packets_that_wait_signal_after_the_amount_was_changed(void **state)
{
	static const int amounts[] = { 1 << 20, 0, 1 << 20 };
	struct opening how = *(struct opening *)*state;
	int left = netlab_sender("left");

	how.nonblock = true;
	for (size_t i = 0; i < sizeof(amounts) / sizeof(*amounts); i++) {
		pcap_t *p = capture_open(&how);
		int fd = event_fd(p), seen = 0;
		if (i > 1)
			assert_int_equal(pcap_setmintocopy(p, 0), 0);
		netlab_send_numbered(left, 0, 10, 100);
		netlab_sleep_ms(60);
		assert_int_equal(pcap_setmintocopy(p, amounts[i]), 0);
		assert_true(by_poll(fd, 0));
		assert_int_equal(pcap_dispatch(p, -1, count, (u_char *)&seen), 10);
		assert_false(by_poll(fd, 0));
		pcap_close(p);
	}
	close(left);
}

static void setting_it_ends_the_wait_for_a_record(void **state)
{
	struct opening how = *(struct opening *)*state;
	int seen = 0;

	how.timeout_ms = 20000;
	pcap_t *p = capture_open(&how);
	assert_int_equal(pcap_setmode(p, MODE_STAT), 0);
	struct later l = { .ms = 100, .event = pcap_getevent(p) };
	int64_t start = netlab_now_ms();
	assert_int_equal(pthread_create(&l.thread, NULL, set_later, &l), 0);
	assert_int_equal(pcap_dispatch(p, -1, count, (u_char *)&seen), 0);
	assert_in_range(netlab_now_ms() - start, 90, 100 + TOLERANCE_MS);
	pthread_join(l.thread, NULL);
	assert_false(by_poll(event_fd(p), 0));
	pcap_close(p);
}

static void packets_survive_a_reset_from_outside(void **state)
{
	pcap_t *p = capture_open(*state);
	int left = netlab_sender("left"), seen = 0;
	int fd = event_fd(p);

	netlab_send_numbered(left, 0, 10, 100);
	assert_true(by_poll(fd, 5000));
	assert_int_equal(capstan_event_reset(pcap_getevent(p)), 0);
	assert_true(by_poll(fd, 0));
	assert_int_equal(pcap_dispatch(p, -1, count, (u_char *)&seen), 10);
	close(left);
	pcap_close(p);
}

/* Which moves what waits, or throws it away. */
static void changes_of_the_buffer_leave_it_signalled_as_long_as_packets_wait(void **state)
{
	static const int amounts[] = { 16000, 0, 1000, 0 };
	int left = netlab_sender("left"), seen = 0;

	for (int read_before = 0; read_before < 2; read_before++) {
		pcap_t *p = capture_open(*state);
		int fd = event_fd(p);

		netlab_send_numbered(left, 0, 10, 100);
		assert_true(by_poll(fd, 5000));
		if (read_before) { /* so that some are in a batch */
			assert_int_equal(pcap_dispatch(p, 1, count, (u_char *)&seen), 1);
			assert_true(by_poll(fd, 0));
		}
		for (size_t i = 0; i < sizeof(amounts) / sizeof(*amounts); i++) {
			assert_int_equal(pcap_setmintocopy(p, amounts[i]), 0);
			for (size_t w = 0; w < WAITS; w++)
				assert_true(waits[w](fd, 0));
		}
		capture_expect(p, (uint32_t)read_before, 10 - (uint32_t)read_before, 100);
		assert_false(by_poll(fd, 20));
		/* A signal from outside outlasts a change, too. */
		assert_int_equal(capstan_event_set(pcap_getevent(p)), 0);
		assert_int_equal(pcap_setmintocopy(p, 16000), 0);
		assert_true(by_poll(fd, 0));
		assert_int_equal(capstan_event_reset(pcap_getevent(p)), 0);
		assert_false(by_poll(fd, 0));
		netlab_send_numbered(left, 0, 10, 100);
		assert_true(by_poll(fd, 5000));
		assert_int_equal(pcap_setbuff(p, 300000), 0);
		assert_false(by_poll(fd, 20));
		pcap_close(p);
	}
	close(left);
}

static void two_handles_and_a_descriptor_of_the_program_in_one_epoll_set(void **state)
{
	struct opening how = *(struct opening *)*state;
	struct epoll_event events[3], in = { .events = EPOLLIN };
	int epoll = epoll_create1(EPOLL_CLOEXEC), pipe_fds[2], seen = 0, fds[3];
	pcap_t *handles[2];

	how.nonblock = true;
	netlab_add_pair("left2", "right2");
	assert_int_equal(pipe(pipe_fds), 0);
	for (int i = 0; i < 2; i++) {
		how.device = i ? "right2" : "right";
		handles[i] = capture_open(&how);
		fds[i] = event_fd(handles[i]);
	}
	fds[2] = pipe_fds[0];
	for (int i = 0; i < 3; i++) {
		in.data.fd = fds[i];
		assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &in), 0);
	}
	assert_int_equal(epoll_wait(epoll, events, 3, 20), 0);
	for (int i = 0; i < 2; i++) {
		int sender = netlab_sender(i ? "left2" : "left");
		netlab_send_numbered(sender, 0, 5, 100);
		assert_int_equal(epoll_wait(epoll, events, 3, 5000), 1);
		assert_int_equal(events[0].data.fd, fds[i]);
		netlab_sleep_ms(60);
		assert_int_equal(pcap_dispatch(handles[i], -1, count, (u_char *)&seen), 5);
		assert_int_equal(epoll_wait(epoll, events, 3, 0), 0);
		close(sender);
	}
	assert_int_equal(write(pipe_fds[1], "x", 1), 1);
	assert_int_equal(epoll_wait(epoll, events, 3, 5000), 1);
	assert_int_equal(events[0].data.fd, pipe_fds[0]);
	for (int i = 0; i < 2; i++) {
		pcap_close(handles[i]);
		close(pipe_fds[i]);
	}
	close(epoll);
	netlab_run("ip link del left2");
}

static void a_device_that_fails_signals(void **state)
{
	struct opening how = *(struct opening *)*state;
	int seen = 0;

	how.nonblock = true;
	pcap_t *p = capture_open(&how);
	int fd = event_fd(p);
	netlab_set_up("right", false);
	assert_true(by_select(fd, 5000));
	int status = 0;
	for (int64_t end = netlab_now_ms() + 5000; status == 0 && netlab_now_ms() < end;)
		status = pcap_dispatch(p, -1, count, (u_char *)&seen);
	assert_int_equal(status, PCAP_ERROR);
	assert_false(by_select(fd, 20));
	pcap_close(p);
	netlab_set_up("right", true);
	netlab_wait_running("right");
}

static void handles_without_an_event_say_so(void **state)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_create("right", errbuf);

	(void)state;
	assert_non_null(p);
	assert_ptr_equal(pcap_getevent(p), INVALID_HANDLE_VALUE);
	capture_expect_error(p, "pcap_activate()");
	pcap_close(p);
	p = pcap_open_dead(DLT_EN10MB, 100);
	assert_ptr_equal(pcap_getevent(p), INVALID_HANDLE_VALUE);
	capture_expect_error(p, "pcap_open_dead()");
	pcap_close(p);
	p = capture_open_empty_file();
	assert_non_null(p);
	assert_ptr_equal(pcap_getevent(p), INVALID_HANDLE_VALUE);
	capture_expect_error(p, "savefile");
	pcap_close(p);
}

static void what_is_no_event_is_refused(void **state)
{
	uint64_t other[8] = { 1, 2, 3 };
	void *wrong[] = { NULL, INVALID_HANDLE_VALUE, other, (char *)other + 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		errno = 0;
		assert_int_equal(capstan_event_fd(wrong[i]), -1);
		assert_int_equal(errno, EINVAL);
		errno = 0;
		assert_int_equal(capstan_event_set(wrong[i]), -1);
		assert_int_equal(errno, EINVAL);
		errno = 0;
		assert_int_equal(capstan_event_reset(wrong[i]), -1);
		assert_int_equal(errno, EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH_RINGS(the_event_is_the_same_each_time_and_apart_from_the_selectable_descriptor),
		BOTH_RINGS(signalled_until_every_packet_was_read),
		BOTH_RINGS(signalled_while_a_dispatch_with_a_count_left_packets_behind),
		BOTH_RINGS(an_event_made_late_knows_what_is_there),
		BOTH_RINGS(a_break_signals_until_a_read_tells_it),
		BOTH_RINGS(setting_it_ends_the_wait_of_a_read_in_another_thread),
		BOTH_RINGS(set_and_reset_from_outside),
		BOTH_RINGS(a_read_that_waits_for_an_amount_is_woken_and_what_it_leaves_signals),
		BOTH_RINGS(packets_that_wait_signal_after_the_amount_was_changed),
		BOTH_RINGS(setting_it_ends_the_wait_for_a_record),
		BOTH_RINGS(packets_survive_a_reset_from_outside),
		BOTH_RINGS(changes_of_the_buffer_leave_it_signalled_as_long_as_packets_wait),
		BOTH_RINGS(two_handles_and_a_descriptor_of_the_program_in_one_epoll_set),
		BOTH_RINGS(a_device_that_fails_signals),
		cmocka_unit_test(handles_without_an_event_say_so),
		cmocka_unit_test(what_is_no_event_is_refused),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
