/* fork_test.c - fork(2) with open handles: the child closes, exits, sends, runs another program, or reads in the parent's
 * place; the parent goes on and loses nothing. */
#include "flow.h"

#include <capstan/engine.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HEADER = 16, OWN = 300 };

static pcap_send_queue *make_queue(uint32_t first, uint32_t count)
{
	const struct pcap_pkthdr h = { .caplen = FLOW_BYTES, .len = FLOW_BYTES };
	pcap_send_queue *q = pcap_sendqueue_alloc(count * (HEADER + FLOW_BYTES));
	u_char frame[FLOW_BYTES];

	for (uint32_t number = first; number < first + count; number++) {
		netlab_fill(frame, sizeof(frame), number);
		if (pcap_sendqueue_queue(q, &h, frame) != 0)
			abort();
	}
	return q;
}

/* What a child does with the parent's handle. True: well. */
typedef bool child_fn(pcap_t *p);

static bool closes(pcap_t *p)
{
	pcap_close(p);
	return true;
}

static bool exits(pcap_t *p)
{
	(void)p;
	return true;
}

static bool breaks(pcap_t *p)
{
	for (int i = 0; i < 100; i++)
		pcap_breakloop(p);
	return true;
}

/* Out of `right`; who captures there by this handle does not see it. */
static bool sends(pcap_t *p)
{
	u_char frame[60] = { 0 };
	pcap_send_queue *q = make_queue(0, OWN);
	const bool fine = pcap_inject(p, frame, sizeof(frame)) == sizeof(frame) && pcap_sendqueue_transmit(p, q, 0) == q->len;

	pcap_sendqueue_destroy(q);
	pcap_close(p);
	return fine;
}

static bool asks(pcap_t *p)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_if_t *devices;
	bool fine = pcap_datalink(p) == DLT_EN10MB && pcap_findalldevs(&devices, errbuf) == 0;

	if (fine)
		pcap_freealldevs(devices);
	pcap_t *another = pcap_open_live("left", 100, 0, 10, errbuf);
	fine &= another != NULL;
	if (another)
		pcap_close(another);
	return fine;
}

static bool runs_another_program(pcap_t *p)
{
	(void)p;
	execlp("true", "true", (char *)NULL);
	return false;
}

static child_fn *const deeds[] = { closes, exits, breaks, sends, asks, runs_another_program };
enum { DEEDS = sizeof(deeds) / sizeof(*deeds) };

static pid_t fork_off(child_fn *deed, pcap_t *p)
{
	const pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0)
		_exit(deed(p) ? 0 : 1);
	return child;
}

static void expect_done(pid_t child)
{
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void read_in_order(pcap_t *p, struct flow *f, uint32_t *next, uint32_t until)
{
	struct pcap_pkthdr *h;
	const u_char *data;

	for (; *next < until; ++*next) {
		if (read_one(p, &h, &data) != 1)
			fail_msg("%s", pcap_geterr(p));
		capture_check(h, data, *next, FLOW_BYTES, FLOW_BYTES);
		atomic_store(&f->seen, *next + 1);
	}
}

static void the_parent_reads_every_packet(void **state)
{
	for (int with_event = 0; with_event < 2; with_event++) {
		pcap_t *p = capture_open(*state);
		struct pcap_stat stat;
		uint32_t next = 0;
		struct flow f;

		assert_true(!with_event || pcap_getevent(p));
		flow_begin(&f, "left");
		for (size_t i = 0; i < DEEDS; i++) {
			read_in_order(p, &f, &next, next + 50);
			const pid_t child = fork_off(deeds[i], p);
			read_in_order(p, &f, &next, next + 200);
			expect_done(child);
			read_in_order(p, &f, &next, next + 50);
		}
		read_in_order(p, &f, &next, flow_end(&f));
		assert_int_equal(pcap_stats(p, &stat), 0);
		assert_int_equal(stat.ps_recv, next);
		assert_int_equal(stat.ps_drop, 0);
		pcap_close(p);
	}
}

/* As daemons do. */
static void the_child_reads_in_its_place(void **state)
{
	pcap_t *p = capture_open(*state);
	struct flow f;
	uint32_t next = 0;
	int status;

	flow_begin(&f, "left");
	read_in_order(p, &f, &next, 100);
	flow_end(&f);
	const uint32_t sent = atomic_load(&f.sent);
	const pid_t child = fork();
	if (child == 0) {
		struct pcap_pkthdr *h;
		const u_char *data;

		for (; next < sent + 1000; next++)
			if (read_one(p, &h, &data) != 1 || netlab_number(data) != next)
				_exit(1);
		pcap_close(p);
		_exit(0);
	}
	pcap_close(p);
	int left = netlab_sender("left");
	for (uint32_t more = 0; more < 1000; more += 50) {
		netlab_send_numbered(left, sent + more, 50, FLOW_BYTES);
		netlab_sleep_ms(2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	close(left);
}

static uint64_t next_record(pcap_t *p)
{
	struct pcap_pkthdr *h;
	const u_char *data;
	int64_t record[2];

	if (read_one(p, &h, &data) != 1)
		fail_msg("%s", pcap_geterr(p));
	memcpy(record, data, sizeof(record));
	return (uint64_t)record[0];
}

static void the_parent_counts_every_packet(void **state)
{
	const struct opening how = { .timeout_ms = 10 };
	pcap_t *p = capture_open(&how);
	uint64_t packets = 0;
	struct flow f;

	assert_int_equal(capstan_set_engine(p, CAPSTAN_STATISTICS, *state), 0);
	if (pcap_setmode(p, MODE_STAT) != 0) {
		print_message("skipped: %s\n", pcap_geterr(p));
		pcap_close(p);
		skip();
	}
	flow_begin(&f, "left");
	for (size_t i = 0; i < DEEDS; i++) {
		const pid_t child = fork_off(deeds[i], p);

		for (int records = 0; records < 3; records++) {
			packets += next_record(p);
			atomic_store(&f.seen, (uint32_t)packets);
		}
		expect_done(child);
	}
	const uint32_t sent = flow_end(&f);
	const int64_t end = netlab_now_ms() + 10000;
	/* All, and one more record. */
	for (bool all = false; !all && netlab_now_ms() < end; packets += next_record(p))
		all = packets >= sent;
	assert_int_equal(packets, sent);
	pcap_close(p);
}

enum { EACH = 20000, PART = 100 };

/* Of the two streams at the other end. */
struct streams {
	pcap_t *p;
	uint32_t next[2], missing;
};

/* The packets at hand: whole, each behind the one before of its stream. */
static int take_streams(struct streams *s)
{
	struct pcap_pkthdr *h;
	const u_char *data;
	int status;

	while ((status = pcap_next_ex(s->p, &h, &data)) == 1) {
		const uint32_t number = netlab_number(data), whose = number >= EACH;

		assert_in_range(number, whose * EACH + s->next[whose], (whose + 1) * EACH - 1);
		capture_check(h, data, number, FLOW_BYTES, FLOW_BYTES);
		s->missing += number - (whose * EACH + s->next[whose]);
		s->next[whose] = number + 1 - whose * EACH;
	}
	return status;
}

static bool send_part(pcap_t *p, const pcap_send_queue *q, u_int at)
{
	pcap_send_queue part = { .maxlen = PART * (HEADER + FLOW_BYTES), .len = PART * (HEADER + FLOW_BYTES), .buffer = q->buffer + at };

	return pcap_sendqueue_transmit(p, &part, 0) == part.len;
}

/* By one handle, at once: no frame is another's, and none is doubled. */
static void parent_and_child_send_at_once(void **state)
{
	const struct opening from = { .device = "left", .timeout_ms = 10 };
	const struct opening to = { .timeout_ms = 10, .immediate = true, .nonblock = true, .buffer_bytes = 16 << 20 };
	const char *engine = *state;
	struct pcap_stat stat;

	/* With GRO a veth takes XDP frames, and drops others that come too fast. */
	netlab_try("ethtool -K right gro %s 2>/dev/null", strcmp(engine, "xdp") == 0 ? "on" : "off");
	pcap_t *p = capture_open(&from);
	assert_int_equal(capstan_set_engine(p, CAPSTAN_TRANSMIT, engine), 0);
	if (!capstan_engine(p, CAPSTAN_TRANSMIT)) {
		print_message("skipped: %s\n", pcap_geterr(p));
		pcap_close(p);
		skip();
	}
	struct streams s = { .p = capture_open(&to) };
	pcap_send_queue *own = make_queue(0, EACH), *childs = make_queue(EACH, EACH);
	const pid_t child = fork();
	if (child == 0) {
		for (u_int at = 0; at < childs->len; at += PART * (HEADER + FLOW_BYTES))
			if (!send_part(p, childs, at))
				_exit(1);
		_exit(0);
	}
	for (u_int at = 0; at < own->len; at += PART * (HEADER + FLOW_BYTES)) {
		if (!send_part(p, own, at))
			fail_msg("%s", pcap_geterr(p));
		assert_int_equal(take_streams(&s), 0);
	}
	expect_done(child);
	/* Some may still be on their way. */
	for (int64_t end = netlab_now_ms() + 10000; netlab_now_ms() < end; netlab_sleep_ms(1)) {
		assert_int_equal(pcap_stats(s.p, &stat), 0);
		if (stat.ps_recv >= 2 * EACH)
			break;
		assert_int_equal(take_streams(&s), 0);
	}
	netlab_sleep_ms(50);
	assert_int_equal(take_streams(&s), 0);
	s.missing += EACH - s.next[0] + EACH - s.next[1];
	assert_int_equal(pcap_stats(s.p, &stat), 0);
	assert_int_equal(s.missing, stat.ps_drop);
	assert_int_equal(stat.ps_recv, 2 * EACH);
	pcap_sendqueue_destroy(own);
	pcap_sendqueue_destroy(childs);
	pcap_close(s.p);
	pcap_close(p);
}

/* --- the ring that both have --- */

/* A child that does nothing until `leash` is closed. */
static pid_t hold(int *leash)
{
	int ends[2];
	char byte;

	assert_int_equal(pipe(ends), 0);
	const pid_t child = fork();
	if (child == 0) {
		close(ends[1]);
		_exit(read(ends[0], &byte, 1) != 0);
	}
	close(ends[0]);
	*leash = ends[1];
	return child;
}

static void a_ring_that_a_child_has_stays_as_it_is(void **state)
{
	pcap_t *p = capture_open(*state);
	const bool immediate = ((struct opening *)*state)->immediate;
	uint32_t next = 0;
	struct flow f;
	int leash;

	flow_begin(&f, "left");
	read_in_order(p, &f, &next, 100);
	const pid_t child = hold(&leash);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(pcap_setbuff(p, 3000000), PCAP_ERROR);
		capture_expect_error(p, "fork");
		assert_int_equal(pcap_setmintocopy(p, immediate ? 20000 : 0), PCAP_ERROR);
		capture_expect_error(p, "fork");
		read_in_order(p, &f, &next, next + 300);
	}
	close(leash);
	expect_done(child);
	assert_int_equal(pcap_setmintocopy(p, immediate ? 20000 : 0), 0);
	read_in_order(p, &f, &next, next + 300);
	read_in_order(p, &f, &next, flow_end(&f));
	assert_int_equal(pcap_setbuff(p, 3000000), 0);
	pcap_close(p);
}

static void *run_programs(void *arg)
{
	atomic_bool *over = arg;

	while (!atomic_load(over)) {
		const pid_t child = fork();
		if (child == 0) {
			usleep(2000);
			execlp("true", "true", (char *)NULL);
			_exit(1);
		}
		waitpid(child, NULL, 0);
	}
	return NULL;
}

/* Another thread's children have it until they run their program. */
static void children_that_run_programs_are_waited_for(void **state)
{
	pcap_t *p = capture_open(*state);
	atomic_bool over = false;
	uint32_t next = 0;
	pthread_t thread;
	struct flow f;

	flow_begin(&f, "left");
	assert_int_equal(pthread_create(&thread, NULL, run_programs, &over), 0);
	for (int i = 0; i < 10; i++) {
		if (pcap_setmintocopy(p, i % 2 ? 10000 : 0) != 0)
			fail_msg("%s", pcap_geterr(p));
		read_in_order(p, &f, &next, next + 50);
	}
	atomic_store(&over, true);
	pthread_join(thread, NULL);
	read_in_order(p, &f, &next, flow_end(&f));
	pcap_close(p);
}

#define WITH(test, word) { #test " (" word ")", test, NULL, NULL, (void *)(uintptr_t)word }

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH_RINGS(the_parent_reads_every_packet),
		BOTH_RINGS(the_child_reads_in_its_place),
		WITH(the_parent_counts_every_packet, "ebpf"),
		WITH(the_parent_counts_every_packet, "user"),
		WITH(parent_and_child_send_at_once, "socket"),
		WITH(parent_and_child_send_at_once, "xdp"),
		BOTH_RINGS(a_ring_that_a_child_has_stays_as_it_is),
		BOTH_RINGS(children_that_run_programs_are_waited_for),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
