/* inject_test.c - pcap_inject() and pcap_sendpacket(): byte for byte onto the wire, or an error that says why not. */
#include "capture.h"


static pcap_t *open_left(void **state)
{
	struct opening how = *(struct opening *)*state;

	how.device = "left";
	return capture_open(&how);
}

static void frames_arrive_byte_for_byte(void **state)
{
	pcap_t *left = open_left(state), *right = capture_open(*state);
	uint8_t frame[1514];

	for (size_t bytes = 14; bytes <= sizeof(frame); bytes += bytes < 64 ? 1 : 145) {
		netlab_fill(frame, bytes, (uint32_t)bytes);
		assert_int_equal(pcap_inject(left, frame, bytes), bytes);
		capture_expect(right, (uint32_t)bytes, 1, bytes);
		assert_int_equal(pcap_sendpacket(left, frame, (int)bytes), 0);
		capture_expect(right, (uint32_t)bytes, 1, bytes);
	}
	pcap_close(left);
	pcap_close(right);
}

static void the_injecting_handle_does_not_see_it_and_its_neighbour_does(void **state)
{
	pcap_t *left = open_left(state), *neighbour = open_left(state);
	uint8_t frame[100];

	netlab_fill(frame, sizeof(frame), 1);
	assert_int_equal(pcap_inject(left, frame, sizeof(frame)), sizeof(frame));
	capture_expect(neighbour, 1, 1, sizeof(frame));
	capture_expect_none(neighbour);
	capture_expect_none(left);
	pcap_close(left);
	pcap_close(neighbour);
}

static void a_frame_longer_than_the_mtu_is_refused_with_the_mtu(void **state)
{
	static uint8_t frame[70000];
	pcap_t *left = open_left(state), *right = capture_open(*state);

	for (size_t bytes = 1515; bytes <= sizeof(frame); bytes += 6849) {
		netlab_fill(frame, bytes, 1);
		assert_int_equal(pcap_inject(left, frame, bytes), PCAP_ERROR);
		capture_expect_error(left, "left");
		capture_expect_error(left, "1500");
		assert_int_equal(pcap_sendpacket(left, frame, (int)bytes), PCAP_ERROR);
	}
	capture_expect_none(right);
	pcap_close(left);
	pcap_close(right);
}

static void the_mtu_in_the_error_is_the_one_of_now(void **state)
{
	static uint8_t frame[2000];
	pcap_t *left = open_left(state);

	netlab_run("ip link set left mtu 1400");
	netlab_fill(frame, sizeof(frame), 1);
	assert_int_equal(pcap_inject(left, frame, sizeof(frame)), PCAP_ERROR);
	netlab_run("ip link set left mtu 1500");
	capture_expect_error(left, "1400");
	pcap_close(left);
}

static void a_frame_shorter_than_its_header_is_refused(void **state)
{
	pcap_t *left = open_left(state);
	uint8_t frame[13] = { 0 };

	for (size_t bytes = 0; bytes <= sizeof(frame); bytes++) {
		assert_int_equal(pcap_inject(left, frame, bytes), PCAP_ERROR);
		capture_expect_error(left, "left");
	}
	assert_int_equal(pcap_sendpacket(left, frame, -1), PCAP_ERROR);
	pcap_close(left);
}

static void any_cannot_send(void **state)
{
	struct opening how = *(struct opening *)*state;
	uint8_t frame[100];

	how.device = "any";
	pcap_t *p = capture_open(&how);
	netlab_fill(frame, sizeof(frame), 1);
	assert_int_equal(pcap_inject(p, frame, sizeof(frame)), PCAP_ERROR);
	capture_expect_error(p, "any");
	assert_int_equal(pcap_sendpacket(p, frame, sizeof(frame)), PCAP_ERROR);
	pcap_close(p);
}

static void an_interface_that_is_down_cannot_send(void **state)
{
	pcap_t *left = open_left(state);
	uint8_t frame[100];

	netlab_fill(frame, sizeof(frame), 1);
	netlab_set_up("left", false);
	int first = pcap_inject(left, frame, sizeof(frame)), second = pcap_inject(left, frame, sizeof(frame));
	netlab_set_up("left", true);
	assert_int_equal(first, PCAP_ERROR);
	assert_int_equal(second, PCAP_ERROR);
	capture_expect_error(left, "left");
	pcap_close(left);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH_RINGS(frames_arrive_byte_for_byte),
		BOTH_RINGS(the_injecting_handle_does_not_see_it_and_its_neighbour_does),
		BOTH_RINGS(a_frame_longer_than_the_mtu_is_refused_with_the_mtu),
		BOTH_RINGS(the_mtu_in_the_error_is_the_one_of_now),
		BOTH_RINGS(a_frame_shorter_than_its_header_is_refused),
		BOTH_RINGS(any_cannot_send),
		BOTH_RINGS(an_interface_that_is_down_cannot_send),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
