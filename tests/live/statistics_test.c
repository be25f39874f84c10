/* statistics_test.c - MODE_STAT: each packet that passes the filter is counted once, by every engine that counts; what
 * is counted is what a capture would have had. */
#include "statistics.h"

#include <arpa/inet.h>
#include <capstan/engine.h>
#include <capstan/oid.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void records_sum_up_to_what_was_sent(void **state)
{
	pcap_t *p = open_statistics(*state);
	int left = netlab_sender("left");

	netlab_send_numbered(left, 0, 100, 60);
	netlab_send_numbered(left, 0, 7, 1514);
	check_sum(two_records(p), 107, 100 * 60 + 7 * 1514);
	check_sum(two_records(p), 0, 0);
	netlab_send_numbered(left, 0, 3, 1000);
	check_sum(two_records(p), 3, 3000);
	close(left);
	pcap_close(p);
}

static void only_what_the_filter_accepts_is_counted(void **state)
{
	pcap_t *p = open_capture(*state);
	int left = netlab_sender("left");

	set_number_filter(p, 1, 1);
	set_mode(p, MODE_STAT);
	netlab_send_numbered(left, 0, 100, 80);
	check_sum(two_records(p), 50, 50 * 80);
	set_number_filter(p, 3, 0);
	netlab_send_numbered(left, 0, 100, 80);
	check_sum(two_records(p), 25, 25 * 80);
	/* A packet too short for the filter's load is none that it accepts. */
	netlab_send_numbered(left, 0, 10, 15);
	check_sum(two_records(p), 0, 0);
	close(left);
	pcap_close(p);
}

/* Longer than a classic filter may be. */
static void a_long_filter_counts(void **state)
{
	const u_int count = 6000;
	struct bpf_insn *insns = calloc(count, sizeof(*insns));
	pcap_t *p = open_statistics(*state);
	int left = netlab_sender("left");

	assert_non_null(insns);
	insns[0] = (struct bpf_insn)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NETLAB_NUMBER_AT);
	for (u_int i = 1; i + 1 < count; i++)
		insns[i] = (struct bpf_insn)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, i * 7, (u_char)(i + 2 == count), 0);
	insns[count - 2] = (struct bpf_insn)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 90, 0, 1);
	insns[count - 1] = (struct bpf_insn)BPF_STMT(BPF_RET | BPF_K, KEEP);
	insns = realloc(insns, (count + 1) * sizeof(*insns));
	assert_non_null(insns);
	insns[count] = (struct bpf_insn)BPF_STMT(BPF_RET | BPF_K, 0);
	if (pcap_setfilter(p, &(struct bpf_program){ count + 1, insns }) != 0)
		fail_msg("pcap_setfilter: %s", pcap_geterr(p));
	netlab_send_numbered(left, 0, 100, 80);
	check_sum(two_records(p), 10, 800);
	/* ... and goes. */
	set_number_filter(p, 0, 0);
	netlab_send_numbered(left, 0, 100, 80);
	check_sum(two_records(p), 100, 8000);
	free(insns);
	close(left);
	pcap_close(p);
}

static void set_hardware_type_filter(pcap_t *p, int expected)
{
	struct bpf_insn insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_HATYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, KEEP),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	assert_int_equal(pcap_setfilter(p, &(struct bpf_program){ 4, insns }), expected);
}

static void user_space_counts_what_the_kernel_cannot(void **state)
{
	struct way way = { NULL, { .timeout_ms = 20 } };
	pcap_t *p = open_capture(&way);
	int left = netlab_sender("left");

	(void)state;
	set_hardware_type_filter(p, 0);
	set_mode(p, MODE_STAT);
	assert_string_equal(capstan_engine(p, CAPSTAN_STATISTICS), "user");
	netlab_send_numbered(left, 0, 10, 80);
	check_sum(two_records(p), 10, 800);
	set_number_filter(p, 0, 0);
	const char *engine = capstan_engine(p, CAPSTAN_STATISTICS);
	netlab_send_numbered(left, 0, 10, 80);
	check_sum(two_records(p), 10, 800);
	set_hardware_type_filter(p, 0);
	assert_string_equal(capstan_engine(p, CAPSTAN_STATISTICS), "user");
	netlab_send_numbered(left, 0, 10, 80);
	check_sum(two_records(p), 10, 800);
	pcap_close(p);

	p = capture_open(&way.opening);
	assert_int_equal(capstan_set_engine(p, CAPSTAN_STATISTICS, "ebpf"), 0);
	if (strcmp(engine, "ebpf") == 0) {
		set_mode(p, MODE_STAT);
		set_number_filter(p, 1, 0);
		set_hardware_type_filter(p, PCAP_ERROR);
		capture_expect_error(p, "eBPF");
		/* The old one is still in force. */
		netlab_send_numbered(left, 0, 10, 80);
		check_sum(two_records(p), 5, 400);
		set_mode(p, MODE_CAPT);
	}
	set_hardware_type_filter(p, 0);
	assert_null(capstan_engine(p, CAPSTAN_STATISTICS));
	assert_int_equal(pcap_setmode(p, MODE_STAT), PCAP_ERROR);
	netlab_send_numbered(left, 0, 10, 80);
	capture_expect(p, 0, 10, 80);
	close(left);
	pcap_close(p);
}

static void statistics_of_the_handle_go_on(void **state)
{
	pcap_t *p = open_capture(*state);
	int left = netlab_sender("left");
	struct pcap_stat stat, *all;
	int size;

	netlab_send_numbered(left, 0, 10, 100);
	assert_int_equal(pcap_stats(p, &stat), 0);
	assert_int_equal(stat.ps_recv, 10);
	for (u_int turn = 1; turn <= 2; turn++) {
		set_mode(p, MODE_STAT);
		netlab_send_numbered(left, 0, 20, 100);
		check_sum(two_records(p), 20, 2000);
		assert_int_equal(pcap_stats(p, &stat), 0);
		assert_int_equal(stat.ps_recv, 10 + 20 * turn);
		assert_int_equal(stat.ps_drop, 0);
		/* None of them is handed to the buffer. */
		all = pcap_stats_ex(p, &size);
		assert_non_null(all);
		assert_int_equal(all->ps_recv, 10 + 20 * turn);
		assert_int_equal(all->ps_capt, 10);
		assert_int_equal(all->ps_drop, 0);
		set_mode(p, MODE_CAPT);
		all = pcap_stats_ex(p, &size);
		assert_non_null(all);
		assert_int_equal(all->ps_capt, 10);
		assert_int_equal(pcap_stats(p, &stat), 0);
		assert_int_equal(stat.ps_recv, 10 + 20 * turn);
	}
	close(left);
	pcap_close(p);
}

static struct sum capture_sum(pcap_t *p)
{
	struct pcap_pkthdr *h;
	const u_char *data;
	struct sum sum = { 0 };

	/* Longer than a block takes. */
	for (int64_t end = netlab_now_ms() + 150; netlab_now_ms() < end;) {
		if (pcap_next_ex(p, &h, &data) == 1) {
			sum.packets++;
			sum.bytes += h->len;
		}
	}
	return sum;
}

/* What a capture with the same options has must be what is counted, by `traffic`. */
static void compare_with_capture(const struct way *way, const char *device, pcap_direction_t direction, int dlt,
				 const char *filter, void (*traffic)(void))
{
	struct way here = *way;

	here.opening.device = device;
	here.opening.timeout_ms = 30;
	here.opening.buffer_bytes = 16 << 20;
	pcap_t *counting = open_capture(&here), *capturing = capture_open(&here.opening);
	pcap_t *both[] = { counting, capturing };
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pcap_setdirection(both[i], direction), 0);
		if (dlt >= 0)
			assert_int_equal(pcap_set_datalink(both[i], dlt), 0);
		if (filter)
			compile_and_set(both[i], filter);
	}
	set_mode(counting, MODE_STAT);
	traffic();
	struct sum counted = two_records(counting), captured = capture_sum(capturing);
	assert_true(captured.packets > 0);
	if (counted.packets != captured.packets || counted.bytes != captured.bytes)
		fail_msg("%s, direction %d, DLT %d, filter %s: %lld packets, %lld bytes counted, %lld, %lld captured", device,
			 (int)direction, dlt, filter ? filter : "none", (long long)counted.packets,
			 (long long)counted.bytes, (long long)captured.packets, (long long)captured.bytes);
	pcap_close(counting);
	pcap_close(capturing);
}

static void send_tagged(int fd, uint32_t number)
{
	uint8_t frame[104];

	netlab_fill(frame, 100, number);
	memmove(frame + 16, frame + 12, 88);
	memcpy(frame + 12, (const uint8_t[]){ 0x81, 0, 0, 42 }, 4);
	netlab_send(fd, frame, sizeof(frame));
}

static void both_ways_with_tags(void)
{
	int left = netlab_sender("left"), right = netlab_sender("right");

	netlab_send_numbered(left, 0, 10, 100);
	netlab_send_numbered(right, 0, 3, 1000);
	for (uint32_t i = 0; i < 5; i++) {
		send_tagged(left, i);
		send_tagged(right, i);
	}
	close(left);
	close(right);
}

static void frames_on_lo(void)
{
	int lo = netlab_sender("lo");

	netlab_send_numbered(lo, 0, 10, 100);
	close(lo);
}

/* A TCP connection over the loopback makes frames of up to 64 KiB, which are segments put together. */
static void megabytes_on_lo(void)
{
	static char block[256 << 10];
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(server, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(server, 1), 0);
	assert_int_equal(getsockname(server, (struct sockaddr *)&address, &size), 0);
	assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof(address)), 0);
	int peer = accept(server, NULL, NULL);
	for (int i = 0; i < 8; i++) {
		assert_true(send(client, block, sizeof(block), MSG_DONTWAIT) > 0);
		while (recv(peer, block, sizeof(block), MSG_DONTWAIT) > 0)
			;
		netlab_sleep_ms(1);
	}
	close(client);
	close(peer);
	close(server);
	netlab_sleep_ms(20);
}

static void counts_are_what_a_capture_would_have(void **state)
{
	static const pcap_direction_t directions[] = { PCAP_D_INOUT, PCAP_D_IN, PCAP_D_OUT };
	const struct way *way = *state;

	for (size_t i = 0; i < sizeof(directions) / sizeof(directions[0]); i++) {
		compare_with_capture(way, "right", directions[i], -1, NULL, both_ways_with_tags);
		compare_with_capture(way, "right", directions[i], -1, "vlan 42", both_ways_with_tags);
		compare_with_capture(way, "right", directions[i], -1, "not vlan", both_ways_with_tags);
		compare_with_capture(way, "lo", directions[i], -1, NULL, frames_on_lo);
		compare_with_capture(way, "any", directions[i], DLT_LINUX_SLL, NULL, frames_on_lo);
		compare_with_capture(way, "any", directions[i], DLT_LINUX_SLL, NULL, both_ways_with_tags);
		compare_with_capture(way, "any", directions[i], DLT_LINUX_SLL2, NULL, both_ways_with_tags);
		compare_with_capture(way, "any", directions[i], DLT_LINUX_SLL, "ether proto 0x88b5", both_ways_with_tags);
	}
	compare_with_capture(way, "lo", PCAP_D_INOUT, -1, "tcp", megabytes_on_lo);
	compare_with_capture(way, "any", PCAP_D_OUT, -1, "tcp", megabytes_on_lo);
}

static void direction_and_link_type_may_change_in_statistics_mode(void **state)
{
	struct way way = *(struct way *)*state;
	int left = netlab_sender("left");

	pcap_t *p = open_statistics(&way);
	assert_int_equal(pcap_setdirection(p, PCAP_D_OUT), 0);
	netlab_send_numbered(left, 0, 10, 100);
	check_sum(two_records(p), 0, 0);
	assert_int_equal(pcap_setdirection(p, PCAP_D_IN), 0);
	netlab_send_numbered(left, 0, 10, 100);
	check_sum(two_records(p), 10, 1000);
	pcap_close(p);

	way.opening.device = "any";
	p = open_capture(&way);
	assert_int_equal(pcap_setdirection(p, PCAP_D_IN), 0);
	netlab_send_numbered(left, 0, 20, 100);
	struct pcap_pkthdr *h;
	const u_char *data;
	capture_next(p, &h, &data);
	assert_int_equal(h->len, 100 - 14 + 16);
	set_mode(p, MODE_STAT);
	assert_int_equal(pcap_set_datalink(p, DLT_LINUX_SLL2), 0);
	netlab_send_numbered(left, 0, 10, 100);
	check_sum(two_records(p), 10, 10 * (100 - 14 + 20));
	set_mode(p, MODE_CAPT);
	for (int i = 1; i < 20; i++) {
		capture_next(p, &h, &data);
		assert_int_equal(h->len, 100 - 14 + 20);
		assert_memory_equal(data, "\x88\xb5", 2);
	}
	close(left);
	pcap_close(p);
}

/* The packet filter of OIDs leaves frames out by what they are addressed to: these, to the interface. */
static void what_the_handle_is_not_to_receive_is_not_counted(void **state)
{
	pcap_t *p = open_statistics(*state);
	int left = netlab_sender("left");
	size_t bytes = sizeof(bpf_u_int32);

	for (int directed = 0; directed < 2; directed++) {
		const bpf_u_int32 filter = directed ? NDIS_PACKET_TYPE_DIRECTED : NDIS_PACKET_TYPE_BROADCAST;

		if (pcap_oid_set_request(p, OID_GEN_CURRENT_PACKET_FILTER, &filter, &bytes) != 0)
			fail_msg("%s", pcap_geterr(p));
		netlab_send_numbered(left, 0, 10, 100);
		check_sum(two_records(p), 10 * directed, 1000 * directed);
	}
	close(left);
	pcap_close(p);
}

static void a_lost_interface_is_told_after_what_was_counted(void **state)
{
	struct way way = *(struct way *)*state;
	struct pcap_pkthdr *h;
	const u_char *data;
	struct sum sum = { 0 };

	pcap_close(open_capture(&way)); /* skips before there is something to undo */
	netlab_add_pair("brief", "brief2");
	way.opening.device = "brief2";
	way.opening.timeout_ms = 2000;
	pcap_t *p = open_statistics(&way);
	int brief = netlab_sender("brief");
	netlab_send_numbered(brief, 0, 10, 100);
	int64_t start = netlab_now_ms();
	netlab_set_up("brief2", false);
	next_record(p, &sum);
	check_sum(sum, 10, 1000);
	assert_int_equal(pcap_next_ex(p, &h, &data), PCAP_ERROR);
	capture_expect_error(p, "went down");
	assert_true(netlab_now_ms() - start < 1900);
	netlab_set_up("brief2", true);
	netlab_wait_running("brief2");
	netlab_wait_running("brief");
	netlab_send_numbered(brief, 0, 4, 100);
	sum = (struct sum){ 0 };
	next_record(p, &sum);
	check_sum(sum, 4, 400);
	netlab_run("ip link del brief");
	int status = pcap_next_ex(p, &h, &data);
	for (int i = 0; i < 3 && status == 1; i++)
		status = pcap_next_ex(p, &h, &data);
	assert_int_equal(status, PCAP_ERROR);
	capture_expect_error(p, "disappeared");
	close(brief);
	pcap_close(p);
}

static void a_handle_in_statistics_mode_sends_and_says_what_it_is(void **state)
{
	pcap_t *p = open_statistics(*state);
	uint8_t frame[100];
	struct sum sum;

	netlab_fill(frame, sizeof(frame), 1);
	assert_int_equal(pcap_sendpacket(p, frame, sizeof(frame)), 0);
	sum = two_records(p); /* its own packets are not its to count */
	check_sum(sum, 0, 0);
	set_mode(p, MODE_STAT); /* changes nothing */
	assert_int_equal(pcap_datalink(p), DLT_EN10MB);
	pcap_close(p);
}

/* A capture under way is not disturbed by a mode that is refused. */
static void modes_that_are_not_are_refused_with_the_words_programs_look_for(void **state)
{
	static const int modes[] = { MODE_MON, MODE_MON | MODE_STAT, 0x10, 0x11, 0x800, -1, INT32_MIN };
	static struct opening how = { .timeout_ms = 10 };
	pcap_t *p = capture_open(&how);
	int left = netlab_sender("left");

	(void)state;
	netlab_send_numbered(left, 0, 10, 100);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		assert_int_equal(pcap_setmode(p, modes[i]), PCAP_ERROR);
		capture_expect_error(p, "driver error: working mode not recognized");
		capture_expect_error(p, "right");
	}
	capture_expect(p, 0, 10, 100);
	set_mode(p, MODE_STAT);
	assert_int_equal(pcap_setmode(p, MODE_MON), PCAP_ERROR);
	netlab_send_numbered(left, 0, 10, 100);
	check_sum(two_records(p), 10, 1000);
	close(left);
	pcap_close(p);
}

static void other_handles_have_no_modes(void **state)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_t *dead = pcap_open_dead(DLT_EN10MB, 100), *created = pcap_create("right", errbuf);
	FILE *file = tmpfile();

	(void)state;
	for (int mode = MODE_CAPT; mode <= MODE_STAT; mode++) {
		assert_int_equal(pcap_setmode(dead, mode), PCAP_ERROR);
		capture_expect_error(dead, "pcap_open_dead()");
		assert_int_equal(pcap_setmode(created, mode), PCAP_ERROR_NOT_ACTIVATED);
		capture_expect_error(created, "pcap_activate()");
	}
	pcap_dumper_t *dumper = pcap_dump_fopen(dead, file);
	assert_non_null(dumper);
	assert_int_equal(pcap_dump_flush(dumper), 0);
	rewind(file);
	pcap_t *savefile = pcap_fopen_offline(fdopen(dup(fileno(file)), "r"), errbuf);
	assert_non_null(savefile);
	assert_int_equal(pcap_setmode(savefile, MODE_STAT), PCAP_ERROR);
	capture_expect_error(savefile, "savefile");
	pcap_close(savefile);
	pcap_dump_close(dumper);
	pcap_close(created);
	pcap_close(dead);
}

static void each_mode_states_the_precision(void **state)
{
	static struct opening how = { .timeout_ms = 10, .precision = PCAP_TSTAMP_PRECISION_NANO };
	pcap_t *p = capture_open(&how);
	int left = netlab_sender("left");
	struct pcap_pkthdr *h;
	const u_char *data;

	(void)state;
	netlab_send_numbered(left, 0, 10, 100);
	capture_next(p, &h, &data);
	const time_t sec = h->ts.tv_sec;
	set_mode(p, MODE_STAT);
	assert_int_equal(pcap_get_tstamp_precision(p), PCAP_TSTAMP_PRECISION_MICRO);
	set_mode(p, PACKET_MODE_NANO);
	assert_int_equal(pcap_get_tstamp_precision(p), PCAP_TSTAMP_PRECISION_NANO);
	set_mode(p, MODE_CAPT);
	assert_int_equal(pcap_get_tstamp_precision(p), PCAP_TSTAMP_PRECISION_MICRO);
	/* Those of packets that were at hand change with it. */
	for (int i = 1; i < 10; i++) {
		capture_next(p, &h, &data);
		assert_true(h->ts.tv_usec < 1000000 && h->ts.tv_sec - sec <= 1);
	}
	close(left);
	pcap_close(p);
}

static void without_the_privilege_user_space_counts(void **state)
{
	static struct way chosen = { NULL, { .timeout_ms = 20 } };
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct raw[2] = { { .effective = 1u << CAP_NET_RAW, .permitted = 1u << CAP_NET_RAW } };
	int left = netlab_sender("left"), status;

	(void)state;
	pid_t child = fork();
	if (child == 0) {
		if (syscall(SYS_capset, &header, raw) != 0)
			_exit(100);
		pcap_t *p = capture_open(&chosen.opening);
		assert_int_equal(capstan_set_engine(p, CAPSTAN_STATISTICS, "ebpf"), 0);
		if (capstan_engine(p, CAPSTAN_STATISTICS))
			_exit(77); /* this kernel lets everybody load socket filters */
		capture_expect_error(p, "CAP_BPF");
		assert_int_equal(pcap_setmode(p, MODE_STAT), PCAP_ERROR);
		capture_expect_error(p, "CAP_BPF");
		assert_int_equal(capstan_set_engine(p, CAPSTAN_STATISTICS, "auto"), 0);
		assert_string_equal(capstan_engine(p, CAPSTAN_STATISTICS), "user");
		set_mode(p, MODE_STAT);
		netlab_send_numbered(left, 0, 100, 100);
		check_sum(two_records(p), 100, 10000);
		set_number_filter(p, 1, 1);
		netlab_send_numbered(left, 0, 100, 100);
		check_sum(two_records(p), 50, 5000);
		set_mode(p, MODE_CAPT);
		netlab_send_numbered(left, 0, 2, 100);
		capture_expect(p, 1, 1, 100);
		pcap_close(p);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	close(left);
	if (WEXITSTATUS(status) == 77) {
		print_message("this kernel lets everybody load socket filters (kernel.unprivileged_bpf_disabled is 0)\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH_WAY(records_sum_up_to_what_was_sent),
		EACH_WAY(only_what_the_filter_accepts_is_counted),
		BOTH_ENGINES(a_long_filter_counts),
		cmocka_unit_test(user_space_counts_what_the_kernel_cannot),
		EACH_WAY(statistics_of_the_handle_go_on),
		BOTH_ENGINES(counts_are_what_a_capture_would_have),
		EACH_WAY(direction_and_link_type_may_change_in_statistics_mode),
		BOTH_ENGINES(what_the_handle_is_not_to_receive_is_not_counted),
		EACH_WAY(a_lost_interface_is_told_after_what_was_counted),
		BOTH_ENGINES(a_handle_in_statistics_mode_sends_and_says_what_it_is),
		cmocka_unit_test(modes_that_are_not_are_refused_with_the_words_programs_look_for),
		cmocka_unit_test(other_handles_have_no_modes),
		cmocka_unit_test(each_mode_states_the_precision),
		cmocka_unit_test(without_the_privilege_user_space_counts),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
