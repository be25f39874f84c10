/* many_test.c - a thousand handles at once, on several interfaces: each gets its packets; where descriptors run out, opening
 * fails, says so, and leaves nothing behind. */
#include "leaks.h"

#include "capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

enum { HANDLES = 1000, PAIRS = 4, FRAMES = 8, BYTES = 60 };

static const char *const senders[PAIRS] = { "left", "one", "three", "five" };
static const char *const receivers[PAIRS] = { "right", "two", "four", "six" };

static bool raise_limit(rlim_t descriptors)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return false;
	if (limit.rlim_max < descriptors)
		limit.rlim_max = descriptors;
	limit.rlim_cur = descriptors;
	return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

static pcap_t *open_small(unsigned int number, bool immediate)
{
	/* Blocks are handed over when their time is up, and there are few: all frames are to be in one. */
	const struct opening how = { .device = receivers[number % PAIRS], .snaplen = 100 + (int)number, .timeout_ms = 2000,
				     .buffer_bytes = 16 << 10, .immediate = immediate, .nonblock = true };

	return capture_open(&how);
}

/* Handle `number` wants the frames of one number only, from the interface that it is on. */
static void choose(pcap_t *p, unsigned int number)
{
	char expression[64];
	struct bpf_program program;

	snprintf(expression, sizeof(expression), "ether proto 0x88b5 and ether[14:4] = %u", number);
	if (pcap_compile(p, &program, expression, 1, 0) != 0 || pcap_setfilter(p, &program) != 0)
		fail_msg("%s", pcap_geterr(p));
	pcap_freecode(&program);
}

static void a_thousand_handles_get_their_packets(void **state)
{
	static pcap_t *handles[HANDLES];
	const struct leaks before = leaks_look();
	struct pcap_stat stat;

	(void)state;
	if (!raise_limit(3 * HANDLES)) {
		print_message("skipped: %d descriptors are more than the limit\n", 3 * HANDLES);
		skip();
	}
	for (unsigned int i = 0; i < HANDLES; i++)
		choose(handles[i] = open_small(i, i % 8 >= 4), i);
	for (int pair = 0; pair < PAIRS; pair++) {
		int sender = netlab_sender(senders[pair]);
		for (int frame = 0; frame < FRAMES; frame++)
			netlab_send_numbered(sender, 0, HANDLES, BYTES);
		close(sender);
	}
	for (unsigned int i = 0; i < HANDLES; i++) {
		assert_int_equal(pcap_stats(handles[i], &stat), 0);
		assert_int_equal(stat.ps_recv, FRAMES);
		assert_int_equal(stat.ps_drop, 0);
		for (int frame = 0; frame < FRAMES; frame++)
			capture_expect(handles[i], i, 1, BYTES);
	}
	for (unsigned int i = 0; i < HANDLES; i++)
		pcap_close(handles[i]);
	leaks_none_since(&before);
}

static int highest_descriptor(void)
{
	int highest = 0;

	for (int fd = 0; fd < 3 * HANDLES; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			highest = fd;
	return highest;
}

/* What may be called while `spare` descriptors are left: it works, or the sentence says what is short. */
static void try_all(int spare, unsigned int *failed)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	pcap_if_t *devices = NULL;
	struct rlimit limit, short_of;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	short_of = limit;
	short_of.rlim_cur = (rlim_t)(highest_descriptor() + 1 + spare);
	const struct leaks before = leaks_look();
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &short_of), 0);

	pcap_t *p = pcap_create("right", errbuf);
	if (p)
		pcap_set_timeout(p, 20);
	const int status = p ? pcap_activate(p) : PCAP_ERROR;
	char text[PCAP_ERRBUF_SIZE];
	snprintf(text, sizeof(text), "%s", p ? pcap_geterr(p) : errbuf);
	int mode = 0, gather = 0;
	char mode_text[PCAP_ERRBUF_SIZE] = "", gather_text[PCAP_ERRBUF_SIZE] = "";
	if (status == 0) {
		struct pcap_pkthdr *h;
		const u_char *data;

		pcap_setmintocopy(p, 10000);
		pcap_setnonblock(p, 0, errbuf);
		gather = pcap_next_ex(p, &h, &data);
		snprintf(gather_text, sizeof(gather_text), "%s", pcap_geterr(p));
		mode = pcap_setmode(p, MODE_STAT);
		snprintf(mode_text, sizeof(mode_text), "%s", pcap_geterr(p));
	}
	if (p)
		pcap_close(p);
	char list_text[PCAP_ERRBUF_SIZE] = "", file_text[PCAP_ERRBUF_SIZE] = "";
	const int list = pcap_findalldevs(&devices, list_text);
	if (list == 0)
		pcap_freealldevs(devices);
	p = pcap_open_offline("/dev/null", file_text);
	assert_null(p);

	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	const char *const word = strerror(EMFILE);
	if (status < 0)
		assert_non_null(strstr(text, word));
	if (gather < 0)
		assert_non_null(strstr(gather_text, word));
	if (mode < 0)
		assert_non_null(strstr(mode_text, word));
	if (list < 0)
		assert_non_null(strstr(list_text, word));
	*failed += (status < 0) + (gather < 0) + (mode < 0) + (list < 0) + (strstr(file_text, word) != NULL);
	leaks_none_since(&before);
}

static void without_descriptors_opening_fails_and_says_so(void **state)
{
	unsigned int failed = 0, before;

	(void)state;
	/* Made once, by the C library or by us. */
	try_all(20, &failed);
	for (int spare = 0; spare < 12; spare++) {
		before = failed;
		try_all(spare, &failed);
		if (spare == 0)
			assert_in_range(failed - before, 3, 5);
	}
	failed = 0;
	try_all(20, &failed);
	assert_int_equal(failed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thousand_handles_get_their_packets),
		cmocka_unit_test(without_descriptors_opening_fails_and_says_so),
	};

	close_range(3, ~0u, 0); /* whoever started us may have left holes between descriptors */
	netlab_enter();
	for (int i = 1; i < PAIRS; i++)
		netlab_add_pair(senders[i], receivers[i]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
