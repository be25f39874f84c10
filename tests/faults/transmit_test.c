/* transmit_test.c - interfaces that change in mid-transmit: what is said to have left arrives, from the first frame on and
 * without a gap; what ends it is told with the interface's name, and what ends nothing is not. */
#include "flow.h"

#include <capstan/engine.h>
#include <net/if.h>
#include <unistd.h>

/* A round of numbered frames, sent again and again. */
enum { ROUND = 8192, EARLY = 3000, MOST_ROUNDS = 4000 };
/* Of a record in a queue, which is Npcap's. */
enum { HEADER = 16 };
/* Of a queue so many more may have left, which are not counted: those of the system call during which it happened. */
enum { UNCERTAIN = 128 };

/* The other end. What it has no room for is in ps_drop. */
struct receiver {
	pcap_t *p;
	pthread_t thread;
	atomic_uint seen;
	atomic_bool over;
	uint32_t next, gaps;
	int status;
};

static void note(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct receiver *r = (struct receiver *)(void *)user;
	const uint32_t number = netlab_number(data);

	if (h->caplen != FLOW_BYTES)
		return;
	r->gaps += (number + ROUND - r->next) % ROUND;
	r->next = (number + 1) % ROUND;
	atomic_fetch_add(&r->seen, 1);
}

static void *receive(void *arg)
{
	struct receiver *r = arg;

	while (r->status >= 0) {
		const bool over = atomic_load(&r->over);

		r->status = pcap_dispatch(r->p, -1, note, (u_char *)r);
		if (over && r->status == 0)
			break;
	}
	return NULL;
}

static void receiver_begin(struct receiver *r)
{
	const struct opening how = { .device = "there", .timeout_ms = 50, .buffer_bytes = 32 << 20 };

	*r = (struct receiver){ .p = capture_open(&how) };
	assert_int_equal(pcap_setdirection(r->p, PCAP_D_IN), 0);
	assert_int_equal(pthread_create(&r->thread, NULL, receive, r), 0);
}

/* How many of `sent` have come, those counted as dropped included. */
static uint32_t receiver_end(struct receiver *r, uint64_t sent)
{
	struct pcap_stat stat = { 0 };

	/* Some may still be on their way. */
	for (int64_t end = netlab_now_ms() + 1000; atomic_load(&r->seen) < sent && netlab_now_ms() < end;)
		netlab_sleep_ms(1);
	netlab_sleep_ms(50);
	atomic_store(&r->over, true);
	pthread_join(r->thread, NULL);
	assert_int_equal(pcap_stats(r->p, &stat), 0);
	pcap_close(r->p);
	if (r->gaps > stat.ps_drop)
		fail_msg("%u frames are missing in between, %u are counted as dropped", r->gaps, stat.ps_drop);
	return atomic_load(&r->seen) + stat.ps_drop;
}

/* Ways to send. */
struct way {
	const char *name, *engine; /* NULL: one by one */
};

static pcap_t *open_sender(const char *device, const struct way *way)
{
	const struct opening how = { .device = device, .timeout_ms = 10 };
	pcap_t *p = capture_open(&how);

	if (!way->engine)
		return p;
	assert_int_equal(capstan_set_engine(p, CAPSTAN_TRANSMIT, way->engine), 0);
	if (!capstan_engine(p, CAPSTAN_TRANSMIT)) {
		print_message("skipped: %s\n", pcap_geterr(p));
		pcap_close(p);
		return NULL;
	}
	return p;
}

static pcap_send_queue *make_round(void)
{
	const struct pcap_pkthdr h = { .caplen = FLOW_BYTES, .len = FLOW_BYTES };
	pcap_send_queue *q = pcap_sendqueue_alloc(ROUND * (FLOW_BYTES + HEADER));
	uint8_t frame[FLOW_BYTES];

	assert_non_null(q);
	for (uint32_t number = 0; number < ROUND; number++) {
		netlab_fill(frame, sizeof(frame), number);
		assert_int_equal(pcap_sendqueue_queue(q, &h, frame), 0);
	}
	return q;
}

/* One round: how many frames are said to have left. */
static uint32_t send_round(pcap_t *p, const struct way *way, pcap_send_queue *q)
{
	const uint32_t step = FLOW_BYTES + HEADER;

	if (way->engine) {
		const u_int bytes = pcap_sendqueue_transmit(p, q, 0);
		assert_int_equal(bytes % step, 0);
		return bytes / step;
	}
	for (uint32_t number = 0; number < ROUND; number++)
		if (pcap_inject(p, q->buffer + number * step + HEADER, FLOW_BYTES) != FLOW_BYTES)
			return number;
	return ROUND;
}

/* What is done to the interface, once enough has arrived. */
struct deed {
	const char *name;
	const char *device;
	bool (*prepare)(void);                  /* false: the kernel lacks something, or NULL */
	void (*act)(const struct elsewhere *e);
	void (*undo)(const struct elsewhere *e); /* NULL: with the pair all is gone */
	const char *told;                       /* by the next one, when it is done; NULL: nothing */
};

static bool can_rename(void)
{
	return netlab_try("ip link set here name ours 2>/dev/null && ip link set ours name here");
}

static void change_name(const struct elsewhere *e)
{
	(void)e;
	netlab_run("ip link set here name ours");
}

static void change_name_back(const struct elsewhere *e)
{
	(void)e;
	netlab_run("ip link set ours name here");
}

static void lower_mtu(const struct elsewhere *e)
{
	(void)e;
	netlab_run("ip link set here mtu 68");
}

static void take_down(const struct elsewhere *e)
{
	(void)e;
	netlab_set_up("here", false);
}

static void move_away(const struct elsewhere *e)
{
	elsewhere_take(e, "here");
}

static void move_back(const struct elsewhere *e)
{
	elsewhere_give_back(e, "here");
}

/* Of a pair the receiving end would vanish, too, with what lies in its queue. */
static bool add_macvlan(void)
{
	if (!netlab_try("ip link add link here name brief type macvlan mode bridge 2>/dev/null"))
		return false;
	netlab_run("ip link set brief arp off up");
	netlab_wait_running("brief");
	return true;
}

static void delete_macvlan(const struct elsewhere *e)
{
	(void)e;
	netlab_run("ip link del brief");
}

static const struct deed deeds[] = {
	{ "a new name", "here", can_rename, change_name, change_name_back, NULL },
	{ "a lower MTU", "here", NULL, lower_mtu, NULL, "here: " },
	{ "down", "here", NULL, take_down, NULL, "here: the interface is down" },
	{ "another namespace", "here", NULL, move_away, move_back, "here: the interface disappeared" },
	{ "deleted", "brief", add_macvlan, delete_macvlan, NULL, "brief: the interface disappeared" },
};

struct doer {
	pthread_t thread;
	const struct deed *deed;
	const struct elsewhere *e;
	struct receiver *r;
	atomic_bool done;
};

static void *do_it(void *arg)
{
	struct doer *d = arg;

	for (int64_t end = netlab_now_ms() + 20000; atomic_load(&d->r->seen) < EARLY && netlab_now_ms() < end;)
		netlab_sleep_ms(1);
	d->deed->act(d->e);
	atomic_store(&d->done, true);
	return NULL;
}

static void check_deed(const struct deed *deed, const struct way *way, const struct elsewhere *e)
{
	struct receiver r;
	struct doer d = { .deed = deed, .e = e, .r = &r };
	uint64_t left = 0, round = ROUND;

	pcap_t *p = open_sender(deed->device, way);
	if (!p)
		return;
	pcap_send_queue *q = make_round();
	receiver_begin(&r);
	assert_int_equal(pthread_create(&d.thread, NULL, do_it, &d), 0);
	for (int i = 0; i < MOST_ROUNDS && round == ROUND; i++) {
		const bool last = atomic_load(&d.done);
		round = send_round(p, way, q);
		left += round;
		if (last && !deed->told)
			break;
	}
	pthread_join(d.thread, NULL);
	const uint32_t came = receiver_end(&r, left);
	if (!deed->told && round < ROUND)
		fail_msg("%s, %s: %s", deed->name, way->name, pcap_geterr(p));
	if (deed->told) {
		const bool xdp = way->engine && strcmp(way->engine, "xdp") == 0; /* which has its own words */

		assert_true(round < ROUND);
		capture_expect_error(p, deed->device);
		assert_int_equal(send_round(p, way, q), 0);
		capture_expect_error(p, xdp ? deed->device : deed->told);
	}
	/* While an interface goes down, the kernel takes frames and drops them: pcap_inject() cannot know, a queue looks. */
	const uint64_t least = deed->told && !way->engine ? EARLY : left;
	if (came < least || came > left + (deed->told && way->engine ? UNCERTAIN : 0))
		fail_msg("%s, %s: %u have come, and %llu are said to have left", deed->name, way->name, came,
			 (unsigned long long)left);
	pcap_sendqueue_destroy(q);
	pcap_close(p);
}

static void what_is_said_to_have_left_arrives(void **state)
{
	const struct way *way = *state;

	for (size_t i = 0; i < sizeof(deeds) / sizeof(*deeds); i++) {
		/* That driver sends no XDP frames. */
		if (deeds[i].prepare == add_macvlan && way->engine && strcmp(way->engine, "xdp") == 0)
			continue;
		struct elsewhere e = elsewhere_begin();
		pair_add();
		if (way->engine) /* or a veth sends no XDP frames */
			netlab_try("ethtool -K there gro on 2>/dev/null");
		if (deeds[i].prepare && !deeds[i].prepare()) {
			print_message("skipped: %s: this kernel cannot\n", deeds[i].name);
		} else {
			check_deed(&deeds[i], way, &e);
			if (deeds[i].undo)
				deeds[i].undo(&e);
		}
		pair_remove();
		elsewhere_end(&e);
	}
}

static struct way ways[] = {
	{ "pcap_inject()", NULL },
	{ "engine socket", "socket" },
	{ "engine xdp", "xdp" },
	{ "engine auto", "auto" },
};

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "what_is_said_to_have_left_arrives (inject)", what_is_said_to_have_left_arrives, NULL, NULL, &ways[0] },
		{ "what_is_said_to_have_left_arrives (socket)", what_is_said_to_have_left_arrives, NULL, NULL, &ways[1] },
		{ "what_is_said_to_have_left_arrives (xdp)", what_is_said_to_have_left_arrives, NULL, NULL, &ways[2] },
		{ "what_is_said_to_have_left_arrives (auto)", what_is_said_to_have_left_arrives, NULL, NULL, &ways[3] },
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
