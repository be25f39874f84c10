/* oid_ethtool_test.c - OIDs that the driver of an adapter answers, and drivers that answer less or nonsense: what no virtual
 * interface tells. The seam is ioctl(): the library's questions to ethtool come to the driver below. */
#include "capture.h"

#include <capstan/oid.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

/* The driver of "right". What is NULL or 0 it does not know. */
static struct driver {
	bool present; /* false: the kernel's own answers */
	const char *name, *version, *bus;
	int words; /* of masks of link modes; what it says first, as it says it: negative */
	uint32_t modes[4], speed_mbps;
	uint8_t duplex, autoneg;
	uint8_t address[32];
	unsigned int address_bytes;
	int pause_error;
	struct ethtool_pauseparam pause;
	struct ethtool_ringparam rings;
	uint32_t flags;
} driver;

static int refuse(int error)
{
	errno = error;
	return -1;
}

static int tell_settings(void *question)
{
	struct ethtool_link_settings *s = question;
	const int asked_for = s->link_mode_masks_nwords;

	if (driver.words == 0)
		return refuse(EOPNOTSUPP);
	s->link_mode_masks_nwords = (int8_t)driver.words;
	if (asked_for == -driver.words) {
		s->link_mode_masks_nwords = (int8_t)asked_for;
		s->speed = driver.speed_mbps;
		s->duplex = driver.duplex;
		s->autoneg = driver.autoneg;
		memcpy(s->link_mode_masks, driver.modes, (size_t)asked_for * sizeof(*driver.modes));
	}
	return 0;
}

static int tell_driver(void *question)
{
	struct ethtool_drvinfo *info = question;

	if (!driver.name)
		return refuse(EOPNOTSUPP);
	snprintf(info->driver, sizeof(info->driver), "%s", driver.name);
	snprintf(info->version, sizeof(info->version), "%s", driver.version);
	snprintf(info->bus_info, sizeof(info->bus_info), "%s", driver.bus);
	return 0;
}

static int tell_address(void *question)
{
	struct ethtool_perm_addr *a = question;

	if (driver.address_bytes == 0)
		return refuse(EOPNOTSUPP);
	assert_true(a->size >= driver.address_bytes);
	a->size = driver.address_bytes;
	memcpy(a->data, driver.address, driver.address_bytes);
	return 0;
}

static int answer(void *question)
{
	uint32_t command;

	memcpy(&command, question, sizeof(command));
	switch (command) {
	case ETHTOOL_GLINKSETTINGS: return tell_settings(question);
	case ETHTOOL_GDRVINFO: return tell_driver(question);
	case ETHTOOL_GPERMADDR: return tell_address(question);
	case ETHTOOL_GPAUSEPARAM:
		memcpy(question, &driver.pause, sizeof(driver.pause));
		return driver.pause_error ? refuse(driver.pause_error) : 0;
	case ETHTOOL_GRINGPARAM:
		memcpy(question, &driver.rings, sizeof(driver.rings));
		return driver.rings.rx_pending + driver.rings.tx_pending == 0 ? refuse(EOPNOTSUPP) : 0;
	case ETHTOOL_GFLAGS:
		((struct ethtool_value *)question)->data = driver.flags;
		return 0;
	default: return refuse(EOPNOTSUPP);
	}
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list ap;

	va_start(ap, request);
	void *argument = va_arg(ap, void *);
	va_end(ap);
	if (driver.present && request == SIOCETHTOOL && strcmp(((struct ifreq *)argument)->ifr_name, "right") == 0)
		return answer(((struct ifreq *)argument)->ifr_data);
	return (int)syscall(SYS_ioctl, fd, request, argument);
}

static int forget_driver(void **state)
{
	(void)state;
	driver.present = false;
	return 0;
}

static pcap_t *capture_with(const struct driver *what)
{
	pcap_t *p = capture_open(&(struct opening){ .timeout_ms = 10 });

	driver = *what;
	driver.present = true;
	return p;
}

static size_t ask(pcap_t *p, bpf_u_int32 oid, void *data, size_t room)
{
	if (pcap_oid_get_request(p, oid, data, &room) != 0)
		fail_msg("%s", pcap_geterr(p));
	return room;
}

static uint32_t get32(pcap_t *p, bpf_u_int32 oid)
{
	uint32_t value = 0;

	assert_int_equal(ask(p, oid, &value, sizeof(value)), sizeof(value));
	return value;
}

static uint64_t get_speed(pcap_t *p, bpf_u_int32 oid)
{
	uint64_t speeds[2];

	assert_int_equal(ask(p, oid, speeds, sizeof(speeds)), sizeof(speeds));
	assert_true(speeds[0] == speeds[1]);
	return speeds[0];
}

/* "Not supported", and why. */
static void expect_unsupported(pcap_t *p, bpf_u_int32 oid, const char *word)
{
	uint8_t data[64];
	size_t room = sizeof(data);

	assert_int_equal(pcap_oid_get_request(p, oid, data, &room), PCAP_ERROR);
	capture_expect_error(p, word);
	capture_expect_error(p, "(3758096571)");
}

static void expect_text(pcap_t *p, bpf_u_int32 oid, const char *expected)
{
	char text[128] = "";

	assert_int_equal(ask(p, oid, text, sizeof(text)), strlen(expected) + 1);
	assert_string_equal(text, expected);
}

/* 1000BASE-T full and 10GBASE-T full of ETHTOOL_LINK_MODE_*, and one of a later kernel than the table's. */
static const struct driver gigabit = { .words = -3,
				       .modes = { 1u << 5 | 1u << 12, 0, 1u << 30 },
				       .speed_mbps = 1000,
				       .duplex = DUPLEX_FULL,
				       .autoneg = AUTONEG_ENABLE,
				       .pause = { .autoneg = 1, .rx_pause = 1 } };

static void a_card_tells_its_speed_and_the_best_it_could(void **state)
{
	pcap_t *p = capture_with(&gigabit);
	NDIS_LINK_STATE link;

	(void)state;
	assert_int_equal(get32(p, OID_GEN_LINK_SPEED), 10000000);
	assert_true(get_speed(p, OID_GEN_LINK_SPEED_EX) == UINT64_C(1000000000));
	assert_true(get_speed(p, OID_GEN_MAX_LINK_SPEED) == UINT64_C(10000000000));
	assert_int_equal(get32(p, OID_GEN_MEDIA_DUPLEX_STATE), 2);
	assert_true(get32(p, OID_GEN_MAC_OPTIONS) & NDIS_MAC_OPTION_FULL_DUPLEX);
	assert_int_equal(ask(p, OID_GEN_LINK_STATE, &link, sizeof(link)), sizeof(link));
	assert_true(link.RcvLinkSpeed == UINT64_C(1000000000));
	assert_int_equal(link.MediaDuplexState, 2);
	assert_int_equal(link.PauseFunctions, 2);         /* receives pause frames, sends none */
	assert_int_equal(link.AutoNegotiationFlags, 15);  /* both speeds, duplex, pause */
	pcap_close(p);
}

static void a_link_without_a_partner_has_no_speed(void **state)
{
	struct driver unplugged = gigabit;
	NDIS_LINK_STATE link;

	(void)state;
	unplugged.speed_mbps = (uint32_t)SPEED_UNKNOWN;
	unplugged.duplex = DUPLEX_UNKNOWN;
	unplugged.autoneg = AUTONEG_DISABLE;
	unplugged.pause_error = EIO;
	pcap_t *p = capture_with(&unplugged);
	expect_unsupported(p, OID_GEN_LINK_SPEED, "no speed");
	assert_true(get_speed(p, OID_GEN_LINK_SPEED_EX) == NDIS_LINK_SPEED_UNKNOWN);
	assert_true(get_speed(p, OID_GEN_MAX_LINK_SPEED) == UINT64_C(10000000000));
	assert_int_equal(get32(p, OID_GEN_MEDIA_DUPLEX_STATE), 0);
	assert_int_equal(ask(p, OID_GEN_LINK_STATE, &link, sizeof(link)), sizeof(link));
	assert_int_equal(link.PauseFunctions, 4); /* not known */
	assert_int_equal(link.AutoNegotiationFlags, 0);
	pcap_close(p);
}

static void half_duplex_and_a_speed_beyond_the_modes(void **state)
{
	static const struct driver hub = { .words = -3, .modes = { 1 }, .speed_mbps = 800000, .duplex = DUPLEX_HALF };
	pcap_t *p = capture_with(&hub);

	(void)state;
	/* 100 bit/s in 32 bits end at 429 Gbit/s. */
	assert_int_equal(get32(p, OID_GEN_LINK_SPEED), UINT32_MAX);
	assert_true(get_speed(p, OID_GEN_MAX_LINK_SPEED) == UINT64_C(800000000000));
	assert_int_equal(get32(p, OID_GEN_MEDIA_DUPLEX_STATE), 1);
	assert_false(get32(p, OID_GEN_MAC_OPTIONS) & NDIS_MAC_OPTION_FULL_DUPLEX);
	pcap_close(p);
}

/* Masks of a length that none can have, or of none: nothing behind them is believed. */
static void nonsense_about_modes_is_no_speed(void **state)
{
	static const int words[] = { 0, 3, 127, -17, -128 };

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		const struct driver odd = { .words = words[i], .speed_mbps = 1000 };
		pcap_t *p = capture_with(&odd);
		expect_unsupported(p, OID_GEN_LINK_SPEED, "no speed");
		assert_true(get_speed(p, OID_GEN_MAX_LINK_SPEED) == NDIS_LINK_SPEED_UNKNOWN);
		pcap_close(p);
	}
}

static void buffers_are_rings_times_frames(void **state)
{
	struct driver card = { .rings = { .rx_pending = 256, .tx_pending = 512 } };
	pcap_t *p = capture_with(&card);

	(void)state;
	assert_int_equal(get32(p, OID_GEN_RECEIVE_BUFFER_SPACE), 256 * 1514);
	assert_int_equal(get32(p, OID_GEN_TRANSMIT_BUFFER_SPACE), 512 * 1514);
	driver.rings.rx_pending = UINT32_MAX;
	assert_int_equal(get32(p, OID_GEN_RECEIVE_BUFFER_SPACE), UINT32_MAX);
	pcap_close(p);
}

static void without_rings_only_the_queue_holds_frames(void **state)
{
	static const struct driver none = { .name = NULL };
	pcap_t *p = capture_with(&none);

	(void)state;
	netlab_run("ip link set right txqueuelen 20");
	expect_unsupported(p, OID_GEN_RECEIVE_BUFFER_SPACE, "no rings");
	assert_int_equal(get32(p, OID_GEN_TRANSMIT_BUFFER_SPACE), 20 * 1514);
	netlab_run("ip link set right txqueuelen 0");
	expect_unsupported(p, OID_GEN_TRANSMIT_BUFFER_SPACE, "no queue");
	netlab_run("ip link set right txqueuelen 1000");
	pcap_close(p);
}

static uint32_t version_of_kernel(void)
{
	struct utsname kernel;
	unsigned int major, minor;

	assert_int_equal(uname(&kernel), 0);
	assert_int_equal(sscanf(kernel.release, "%u.%u", &major, &minor), 2);
	return major << 16 | minor;
}

static void a_driver_is_called_by_name_bus_and_version(void **state)
{
	struct driver card = { .name = "e1000e", .version = "2.3.4-k", .bus = "0000:00:1f.6" };
	pcap_t *p = capture_with(&card);

	(void)state;
	expect_text(p, OID_GEN_VENDOR_DESCRIPTION, "e1000e, 0000:00:1f.6");
	assert_int_equal(get32(p, OID_GEN_VENDOR_DRIVER_VERSION), 0x00020003);
	driver.bus = "N/A";
	expect_text(p, OID_GEN_VENDOR_DESCRIPTION, "e1000e");
	driver.version = "7";
	assert_int_equal(get32(p, OID_GEN_VENDOR_DRIVER_VERSION), 0x00070000);
	driver.version = "none";
	assert_int_equal(get32(p, OID_GEN_VENDOR_DRIVER_VERSION), version_of_kernel());
	/* One that does not name itself is called by the kind of interface. */
	driver.name = "";
	expect_text(p, OID_GEN_VENDOR_DESCRIPTION, "veth");
	driver.name = NULL;
	expect_text(p, OID_GEN_VENDOR_DESCRIPTION, "veth");
	assert_int_equal(get32(p, OID_GEN_VENDOR_DRIVER_VERSION), version_of_kernel());
	pcap_close(p);
}

static void the_burnt_in_address_names_the_maker(void **state)
{
	struct driver card = { .address = { 0x00, 0x1b, 0x21, 0xaa, 0xbb, 0xcc }, .address_bytes = 6 };
	pcap_t *p = capture_with(&card);
	uint8_t address[6], now[6];

	(void)state;
	assert_int_equal(ask(p, OID_802_3_CURRENT_ADDRESS, now, sizeof(now)), sizeof(now));
	assert_int_equal(ask(p, OID_802_3_PERMANENT_ADDRESS, address, sizeof(address)), sizeof(address));
	assert_memory_equal(address, card.address, sizeof(address));
	assert_int_equal(get32(p, OID_GEN_VENDOR_ID), 0x211b00);
	/* Of an address that somebody chose, nobody is the maker; nor of none, or one of InfiniBand's length. */
	driver.address[0] = 2;
	assert_int_equal(get32(p, OID_GEN_VENDOR_ID), 0xffffff);
	driver.address_bytes = 20;
	assert_int_equal(get32(p, OID_GEN_VENDOR_ID), 0xffffff);
	ask(p, OID_802_3_PERMANENT_ADDRESS, address, sizeof(address));
	assert_memory_equal(address, now, sizeof(now));
	driver.address_bytes = 0;
	assert_int_equal(get32(p, OID_GEN_VENDOR_ID), 0xffffff);
	ask(p, OID_802_3_PERMANENT_ADDRESS, address, sizeof(address));
	assert_memory_equal(address, now, sizeof(now));
	pcap_close(p);
}

static void tags_that_the_card_handles_are_told(void **state)
{
	struct driver card = { .flags = ETH_FLAG_RXVLAN };
	pcap_t *p = capture_with(&card);

	(void)state;
	assert_true(get32(p, OID_GEN_MAC_OPTIONS) & NDIS_MAC_OPTION_8021Q_VLAN);
	driver.flags = ETH_FLAG_LRO;
	assert_false(get32(p, OID_GEN_MAC_OPTIONS) & NDIS_MAC_OPTION_8021Q_VLAN);
	pcap_close(p);
}

static void media_have_the_numbers_of_ndis(void **state)
{
	static const struct {
		uint16_t arphrd;
		int32_t medium;
		uint32_t header_bytes;
	} rows[] = {
		{ ARPHRD_IEEE80211, -4, 24 }, { ARPHRD_IEEE80211_RADIOTAP, -5, 24 }, { ARPHRD_FDDI, 2, 21 },
		{ ARPHRD_PPP, 3, 0 },         { ARPHRD_INFINIBAND, 14, 0 },          { ARPHRD_NONE, 19, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int tun = netlab_tun("tun0", rows[i].arphrd);
		if (tun < 0) {
			print_message("skipped: needs /dev/net/tun\n");
			skip();
		}
		pcap_t *p = capture_open(&(struct opening){ .device = "tun0", .timeout_ms = 10 });
		assert_int_equal((int32_t)get32(p, OID_GEN_MEDIA_IN_USE), rows[i].medium);
		assert_int_equal(get32(p, OID_GEN_MAXIMUM_TOTAL_SIZE),
				 get32(p, OID_GEN_MAXIMUM_FRAME_SIZE) + rows[i].header_bytes);
		expect_unsupported(p, OID_802_3_CURRENT_ADDRESS, "not Ethernet");
		pcap_close(p);
		close(tun);
	}
}

static void a_medium_that_ndis_does_not_number_is_refused(void **state)
{
	int tun = netlab_tun("tun0", ARPHRD_CISCO);

	(void)state;
	if (tun < 0) {
		print_message("skipped: needs /dev/net/tun\n");
		skip();
	}
	pcap_t *p = capture_open(&(struct opening){ .device = "tun0", .timeout_ms = 10 });
	expect_unsupported(p, OID_GEN_MEDIA_IN_USE, "hardware type 513");
	expect_unsupported(p, OID_GEN_PHYSICAL_MEDIUM, "hardware type 513");
	assert_int_equal(get32(p, OID_GEN_MAXIMUM_TOTAL_SIZE), get32(p, OID_GEN_MAXIMUM_FRAME_SIZE));
	pcap_close(p);
	close(tun);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_card_tells_its_speed_and_the_best_it_could, forget_driver),
		cmocka_unit_test_teardown(a_link_without_a_partner_has_no_speed, forget_driver),
		cmocka_unit_test_teardown(half_duplex_and_a_speed_beyond_the_modes, forget_driver),
		cmocka_unit_test_teardown(nonsense_about_modes_is_no_speed, forget_driver),
		cmocka_unit_test_teardown(buffers_are_rings_times_frames, forget_driver),
		cmocka_unit_test_teardown(without_rings_only_the_queue_holds_frames, forget_driver),
		cmocka_unit_test_teardown(a_driver_is_called_by_name_bus_and_version, forget_driver),
		cmocka_unit_test_teardown(the_burnt_in_address_names_the_maker, forget_driver),
		cmocka_unit_test_teardown(tags_that_the_card_handles_are_told, forget_driver),
		cmocka_unit_test(media_have_the_numbers_of_ndis),
		cmocka_unit_test(a_medium_that_ndis_does_not_number_is_refused),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
