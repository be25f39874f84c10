/* refusals_test.c - kernels that refuse what a capture asks for: an older one, one without memory, one that is strict.
 * The seam is setsockopt(): the library's calls come to the one below. */
#include "capture.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What is refused now. */
static struct {
	int level, option, error;
	size_t above; /* rings of more bytes, filters of more instructions; 0: all */
} refused;

static size_t amount(int level, int option, const void *value)
{
	if (level == SOL_PACKET && option == PACKET_RX_RING) {
		const struct tpacket_req *ring = value;
		return (size_t)ring->tp_block_size * ring->tp_block_nr;
	}
	if (level == SOL_SOCKET && option == SO_ATTACH_FILTER)
		return ((const struct sock_fprog *)value)->len;
	return 1;
}

int setsockopt(int fd, int level, int option, const void *value, socklen_t bytes)
{
	if (refused.error && level == refused.level && option == refused.option &&
	    amount(level, option, value) > refused.above) {
		errno = refused.error;
		return -1;
	}
	return (int)syscall(SYS_setsockopt, fd, level, option, value, bytes);
}

static void refuse(int level, int option, int error, size_t above)
{
	refused.level = level;
	refused.option = option;
	refused.error = error;
	refused.above = above;
}

static int refuse_nothing(void **state)
{
	(void)state;
	refused.error = 0;
	return 0;
}

static pcap_t *create(const char *device, bool immediate)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_create(device, errbuf);

	assert_non_null(p);
	pcap_set_timeout(p, 50);
	pcap_set_immediate_mode(p, immediate);
	return p;
}

static void without_ignoring_outgoing_the_loop_leaves_them_out(void **state)
{
	int left = netlab_sender("left"), right = netlab_sender("right");
	struct pcap_stat stat;
	pcap_t *p;

	(void)state;
	refuse(SOL_PACKET, PACKET_IGNORE_OUTGOING, ENOPROTOOPT, 0);
	p = capture_open(&(struct opening){ .timeout_ms = 50 });
	assert_int_equal(pcap_setdirection(p, PCAP_D_IN), 0);
	netlab_send_numbered(right, 100, 3, 60);
	netlab_send_numbered(left, 0, 5, 60);
	capture_expect(p, 0, 5, 60);
	capture_expect_none(p);
	assert_int_equal(pcap_stats(p, &stat), 0);
	assert_int_equal(stat.ps_recv, 5);
	pcap_close(p);
	close(left);
	close(right);
}

static void a_ring_without_memory_is_made_smaller(void **state)
{
	int left = netlab_sender("left");
	pcap_t *p = create("right", false);

	(void)state;
	refuse(SOL_PACKET, PACKET_RX_RING, ENOMEM, 4 << 20);
	pcap_set_buffer_size(p, 64 << 20);
	assert_int_equal(pcap_activate(p), 0);
	assert_in_range(pcap_bufsize(p), 1, 4 << 20);
	netlab_send_numbered(left, 0, 5, 60);
	capture_expect(p, 0, 5, 60);
	pcap_close(p);
	close(left);
}

static void no_ring_at_all_is_an_error_and_the_handle_can_try_again(void **state)
{
	pcap_t *p = create("right", *(bool *)*state);

	refuse(SOL_PACKET, PACKET_RX_RING, ENOMEM, 0);
	assert_int_equal(pcap_activate(p), PCAP_ERROR);
	capture_expect_error(p, "right");
	capture_expect_error(p, "ring");
	refuse_nothing(state);
	assert_int_equal(pcap_activate(p), 0);
	pcap_close(p);
}

static void a_filter_that_the_kernel_refuses_works_in_user_space(void **state)
{
	struct bpf_insn even_numbers[] = { { BPF_LD | BPF_W | BPF_ABS, 0, 0, NETLAB_NUMBER_AT },
					   { BPF_JMP | BPF_JSET | BPF_K, 0, 1, 1 },
					   { BPF_RET | BPF_K, 0, 0, 0 },
					   { BPF_RET | BPF_K, 0, 0, 262144 } };
	struct bpf_program program = { .bf_len = 4, .bf_insns = even_numbers };
	int left = netlab_sender("left");
	pcap_t *p = capture_open(&(struct opening){ .timeout_ms = 50 });
	struct pcap_pkthdr *h;
	const u_char *data;

	(void)state;
	refuse(SOL_SOCKET, SO_ATTACH_FILTER, ENOMEM, 1);
	assert_int_equal(pcap_setfilter(p, &program), 0);
	netlab_send_numbered(left, 0, 10, 60);
	for (uint32_t number = 0; number < 10; number += 2) {
		capture_next(p, &h, &data);
		capture_check(h, data, number, 60, 60);
	}
	capture_expect_none(p);
	pcap_close(p);
	close(left);
}

static void without_any_filter_there_is_no_snaplen_and_no_capture(void **state)
{
	pcap_t *p = create("right", false);

	(void)state;
	refuse(SOL_SOCKET, SO_ATTACH_FILTER, EPERM, 0);
	assert_int_equal(pcap_activate(p), PCAP_ERROR);
	capture_expect_error(p, "right");
	pcap_close(p);
}

static void an_interface_without_promiscuous_mode_gets_a_warning(void **state)
{
	pcap_t *p = create("right", false);

	(void)state;
	pcap_set_promisc(p, 1);
	refuse(SOL_PACKET, PACKET_ADD_MEMBERSHIP, EOPNOTSUPP, 0);
	assert_int_equal(pcap_activate(p), PCAP_WARNING_PROMISC_NOTSUP);
	capture_expect_error(p, "right");
	pcap_close(p);
}

static void no_permission_for_promiscuous_mode_has_its_own_code(void **state)
{
	pcap_t *p = create("right", false);

	(void)state;
	pcap_set_promisc(p, 1);
	refuse(SOL_PACKET, PACKET_ADD_MEMBERSHIP, EPERM, 0);
	assert_int_equal(pcap_activate(p), PCAP_ERROR_PROMISC_PERM_DENIED);
	pcap_close(p);
}

static void immediate_mode_does_without_a_larger_queue(void **state)
{
	int left = netlab_sender("left");

	(void)state;
	refuse(SOL_SOCKET, SO_RCVBUFFORCE, EPERM, 0);
	pcap_t *p = capture_open(&(struct opening){ .timeout_ms = 50, .immediate = true });
	netlab_send_numbered(left, 0, 5, 1400);
	capture_expect(p, 0, 5, 1400);
	pcap_close(p);
	close(left);
}

int main(void)
{
	static bool immediate = true, gathered = false;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(without_ignoring_outgoing_the_loop_leaves_them_out, refuse_nothing),
		cmocka_unit_test_teardown(a_ring_without_memory_is_made_smaller, refuse_nothing),
		{ "no_ring_at_all_is_an_error_and_the_handle_can_try_again (gathered)",
		  no_ring_at_all_is_an_error_and_the_handle_can_try_again, NULL, refuse_nothing, &gathered },
		{ "no_ring_at_all_is_an_error_and_the_handle_can_try_again (immediate)",
		  no_ring_at_all_is_an_error_and_the_handle_can_try_again, NULL, refuse_nothing, &immediate },
		cmocka_unit_test_teardown(a_filter_that_the_kernel_refuses_works_in_user_space, refuse_nothing),
		cmocka_unit_test_teardown(without_any_filter_there_is_no_snaplen_and_no_capture, refuse_nothing),
		cmocka_unit_test_teardown(an_interface_without_promiscuous_mode_gets_a_warning, refuse_nothing),
		cmocka_unit_test_teardown(no_permission_for_promiscuous_mode_has_its_own_code, refuse_nothing),
		cmocka_unit_test_teardown(immediate_mode_does_without_a_larger_queue, refuse_nothing),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
