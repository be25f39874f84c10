/* send_to_rx_test.c - MODE_SENDTORX: what a handle injects is received by its interface instead of leaving it. */
#include "capture.h"

#include <arpa/inet.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define BYTES 60

static pcap_t *open_on(const char *device)
{
	return capture_open(&(struct opening){ .device = device, .timeout_ms = 10 });
}

/* A handle on `device` in that mode. Skips where the kernel has no such thing. */
static pcap_t *open_to_rx(const char *device)
{
	pcap_t *p = open_on(device);

	if (pcap_setmode(p, MODE_SENDTORX) == 0)
		return p;
	if (strstr(pcap_geterr(p), "permitted") || strstr(pcap_geterr(p), "libbpf") ||
	    strstr(pcap_geterr(p), "Invalid")) {
		print_message("skipped: %s\n", pcap_geterr(p));
		pcap_close(p);
		skip();
	}
	fail_msg("pcap_setmode: %s", pcap_geterr(p));
	return NULL;
}

static void send_number(pcap_t *p, uint32_t number)
{
	uint8_t frame[BYTES];

	netlab_fill(frame, sizeof(frame), number);
	if (pcap_sendpacket(p, frame, sizeof(frame)) != 0)
		fail_msg("pcap_sendpacket: %s", pcap_geterr(p));
}

static void frames_are_received_and_do_not_leave(void **state)
{
	static const char *const ends[][2] = { { "left", "right" }, { "right", "left" } };

	(void)state;
	for (int end = 0; end < 2; end++) {
		pcap_t *p = open_to_rx(ends[end][0]), *neighbour = open_on(ends[end][0]), *peer = open_on(ends[end][1]);

		assert_int_equal(pcap_setdirection(neighbour, PCAP_D_IN), 0);
		for (uint32_t i = 0; i < 20; i++)
			send_number(p, i);
		capture_expect(neighbour, 0, 20, BYTES);
		capture_expect(p, 0, 20, BYTES); /* as received, hence by the sending handle too */
		capture_expect_none(peer);
		/* And back. */
		assert_int_equal(pcap_setmode(p, MODE_CAPT), 0);
		send_number(p, 20);
		capture_expect(peer, 20, 1, BYTES);
		capture_expect_none(p);
		pcap_close(p);
		pcap_close(neighbour);
		pcap_close(peer);
	}
}

static void a_send_queue_is_received_in_order(void **state)
{
	enum { COUNT = 5000 };
	struct opening roomy = { .device = "left", .timeout_ms = 10, .buffer_bytes = 16 << 20 };
	pcap_t *p = open_to_rx("left"), *neighbour = capture_open(&roomy);
	pcap_send_queue *queue = pcap_sendqueue_alloc(COUNT * (16 + BYTES));
	const struct pcap_pkthdr h = { .caplen = BYTES, .len = BYTES };
	uint8_t frame[BYTES];

	(void)state;
	assert_non_null(queue);
	for (uint32_t i = 0; i < COUNT; i++) {
		netlab_fill(frame, sizeof(frame), i);
		assert_int_equal(pcap_sendqueue_queue(queue, &h, frame), 0);
	}
	for (int turn = 0; turn < 2; turn++) {
		if (pcap_sendqueue_transmit(p, queue, 0) != queue->len)
			fail_msg("pcap_sendqueue_transmit: %s", pcap_geterr(p));
		capture_expect(neighbour, 0, COUNT, BYTES);
	}
	pcap_sendqueue_destroy(queue);
	pcap_close(p);
	pcap_close(neighbour);
}

static void a_break_is_for_queues_and_reads_and_not_for_single_frames(void **state)
{
	pcap_t *p = open_to_rx("left");
	pcap_send_queue *queue = pcap_sendqueue_alloc(16 + BYTES);
	const struct pcap_pkthdr h = { .caplen = BYTES, .len = BYTES };
	uint8_t frame[BYTES];

	(void)state;
	netlab_fill(frame, sizeof(frame), 1);
	assert_int_equal(pcap_sendqueue_queue(queue, &h, frame), 0);
	pcap_breakloop(p);
	send_number(p, 0);
	assert_int_equal(pcap_sendqueue_transmit(p, queue, 0), 0);
	capture_expect_error(p, "pcap_breakloop");
	/* It is taken. */
	assert_int_equal(pcap_sendqueue_transmit(p, queue, 0), queue->len);
	capture_expect(p, 0, 2, BYTES);
	pcap_sendqueue_destroy(queue);
	pcap_close(p);
}

static uint16_t ip_checksum(const uint8_t *header)
{
	uint32_t sum = 0;

	for (int i = 0; i < 20; i += 2)
		sum += (uint32_t)(header[i] << 8 | header[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void the_host_gets_a_datagram(void **state)
{
	enum { PORT = 4711 };
	uint8_t frame[] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, /* to left's address */
			    0x45, 0, 0, 33, 0, 0, 0, 0, 64, IPPROTO_UDP, 0, 0, 10, 9, 0, 2, 10, 9, 0, 1,
			    0x12, 0x34, PORT >> 8, PORT & 0xff, 0, 13, 0, 0, /* no checksum */
			    'h', 'e', 'l', 'l', 'o' };
	const struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	const struct timeval patience = { .tv_sec = 5 };
	const uint16_t checksum = ip_checksum(frame + 14);
	pcap_t *p = open_to_rx("left");
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char text[16];

	(void)state;
	netlab_run("ip addr add 10.9.0.1/24 dev left");
	frame[24] = (uint8_t)(checksum >> 8);
	frame[25] = (uint8_t)checksum;
	assert_int_equal(bind(fd, (const struct sockaddr *)&here, sizeof(here)), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
	assert_int_equal(pcap_inject(p, frame, sizeof(frame)), (int)sizeof(frame));
	assert_int_equal(recv(fd, text, sizeof(text), 0), 5);
	assert_memory_equal(text, "hello", 5);
	close(fd);
	pcap_close(p);
	netlab_run("ip addr del 10.9.0.1/24 dev left");
}

static void what_cannot_be_is_refused(void **state)
{
	static const uint8_t frame[2000];
	pcap_t *p = open_to_rx("left"), *lo = open_on("lo"), *any = open_on("any");

	(void)state;
	assert_int_equal(pcap_setmode(p, MODE_SENDTORX | MODE_SENDTORX_CLEAR), PCAP_ERROR);
	capture_expect_error(p, "driver error: working mode not recognized");
	assert_int_equal(pcap_setmode(lo, MODE_SENDTORX), PCAP_ERROR);
	capture_expect_error(lo, "loopback");
	capture_expect_error(lo, "driver error: working mode not recognized");
	assert_int_equal(pcap_setmode(lo, MODE_SENDTORX_CLEAR), 0);
	assert_int_equal(pcap_setmode(any, MODE_SENDTORX), PCAP_ERROR);
	capture_expect_error(any, "all interfaces");
	/* The mode is still that of before. */
	send_number(p, 1);
	capture_expect(p, 1, 1, BYTES);
	assert_int_equal(pcap_sendpacket(p, frame, 13), PCAP_ERROR);
	capture_expect_error(p, "13 bytes");
	assert_int_equal(pcap_sendpacket(p, frame, 1515), PCAP_ERROR);
	capture_expect_error(p, "1515 bytes");
	assert_int_equal(pcap_sendpacket(p, frame, 1514), 0);
	pcap_close(lo);
	pcap_close(any);
	pcap_close(p);
}

static void an_interface_that_is_down_receives_nothing(void **state)
{
	uint8_t frame[BYTES];
	pcap_t *p = open_to_rx("left");

	(void)state;
	netlab_fill(frame, sizeof(frame), 0);
	netlab_set_up("left", false);
	/* By the name that the call's contract has for it. */
	assert_int_equal(pcap_inject(p, frame, sizeof(frame)), PCAP_ERROR);
	capture_expect_error(p, "down");
	assert_int_equal(pcap_sendpacket(p, frame, sizeof(frame)), PCAP_ERROR);
	netlab_set_up("left", true);
	netlab_wait_running("left");
	pcap_close(p);
}

static int ask_with_net_raw(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { .effective = 1u << CAP_NET_RAW, .permitted = 1u << CAP_NET_RAW } };
	pcap_t *p = open_on("left");

	if (syscall(SYS_capset, &header, data) != 0)
		return 1;
	if (pcap_setmode(p, MODE_SENDTORX) != PCAP_ERROR)
		return 2;
	return strstr(pcap_geterr(p), "CAP_BPF") && strstr(pcap_geterr(p), "left") ? 0 : 3;
}

static void without_privileges_it_says_what_it_takes(void **state)
{
	int status;
	pid_t child = fork();

	(void)state;
	if (child == 0)
		_exit(ask_with_net_raw());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_received_and_do_not_leave),
		cmocka_unit_test(a_send_queue_is_received_in_order),
		cmocka_unit_test(a_break_is_for_queues_and_reads_and_not_for_single_frames),
		cmocka_unit_test(the_host_gets_a_datagram),
		cmocka_unit_test(what_cannot_be_is_refused),
		cmocka_unit_test(an_interface_that_is_down_receives_nothing),
		cmocka_unit_test(without_privileges_it_says_what_it_takes),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
