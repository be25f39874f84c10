/* devices_test.c - pcap_findalldevs(), pcap_lookupnet() and pcap_lookupdev() in a world whose interfaces are known. */
#include "capture.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Listed, and once. */
static const pcap_if_t *find(const pcap_if_t *all, const char *name)
{
	const pcap_if_t *found = NULL;
	int times = 0;

	for (const pcap_if_t *d = all; d; d = d->next)
		if (strcmp(d->name, name) == 0) {
			found = d;
			times++;
		}
	if (!found || times > 1) {
		fail_msg("%s is listed %d times", name, times);
		abort(); /* the compiler does not know that fail_msg() does not return */
	}
	return found;
}

static pcap_if_t *list(void)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_if_t *all;

	if (pcap_findalldevs(&all, errbuf) != 0)
		fail_msg("pcap_findalldevs: %s", errbuf);
	return all;
}

static bpf_u_int32 flags_of(const char *name)
{
	pcap_if_t *all = list();
	const pcap_if_t *d = find(all, name);

	bpf_u_int32 flags = d->flags;
	pcap_freealldevs(all);
	return flags;
}

static void every_interface_is_listed_with_its_flags(void **state)
{
	const bpf_u_int32 works = PCAP_IF_UP | PCAP_IF_RUNNING;

	(void)state;
	assert_int_equal(flags_of("left"), works | PCAP_IF_CONNECTION_STATUS_CONNECTED);
	assert_int_equal(flags_of("right"), works | PCAP_IF_CONNECTION_STATUS_CONNECTED);
	assert_int_equal(flags_of("lo"), works | PCAP_IF_LOOPBACK | PCAP_IF_CONNECTION_STATUS_NOT_APPLICABLE);
	assert_int_equal(flags_of("any"), works | PCAP_IF_CONNECTION_STATUS_NOT_APPLICABLE);
	netlab_set_up("right", false);
	assert_int_equal(flags_of("right"), PCAP_IF_CONNECTION_STATUS_DISCONNECTED);
	netlab_set_up("right", true);
	netlab_wait_running("left");
	netlab_wait_running("right");
}

static void what_works_is_listed_before_what_does_not(void **state)
{
	(void)state;
	netlab_set_up("right", false);
	pcap_if_t *all = list();
	const pcap_if_t *last = all;
	while (last->next)
		last = last->next;
	/* Both ends of the pair are without a carrier, only one is down. */
	assert_string_equal(last->name, "right");
	pcap_freealldevs(all);
	netlab_set_up("right", true);
	netlab_wait_running("left");
	netlab_wait_running("right");
	all = list();
	assert_false(all->flags & PCAP_IF_LOOPBACK);
	assert_string_not_equal(all->name, "any");
	pcap_freealldevs(all);
}

static const char *text_of(const struct sockaddr *addr, char text[static INET6_ADDRSTRLEN])
{
	const void *in = addr;

	text[0] = '\0';
	if (addr && addr->sa_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)in)->sin_addr, text, INET6_ADDRSTRLEN);
	if (addr && addr->sa_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)in)->sin6_addr, text, INET6_ADDRSTRLEN);
	return text;
}

static void check_address(const pcap_addr_t *a, int family, const char *addr, const char *netmask,
			  const char *broadaddr, const char *dstaddr)
{
	char text[INET6_ADDRSTRLEN];

	assert_non_null(a);
	assert_int_equal(a->addr->sa_family, family);
	assert_string_equal(text_of(a->addr, text), addr);
	assert_string_equal(text_of(a->netmask, text), netmask);
	assert_string_equal(text_of(a->broadaddr, text), broadaddr);
	assert_string_equal(text_of(a->dstaddr, text), dstaddr);
}

static void check_link_address(const pcap_addr_t *a, const char *device)
{
	struct sockaddr_ll ll;

	check_address(a, AF_PACKET, "", "", "", "");
	memcpy(&ll, a->addr, sizeof(ll));
	assert_int_equal(ll.sll_ifindex, if_nametoindex(device));
	assert_int_equal(ll.sll_halen, 6);
}

static void addresses_come_ipv4_first_then_ipv6_then_link_layer(void **state)
{
	bool ipv6 = access("/proc/sys/net/ipv6/conf/left", F_OK) == 0;

	(void)state;
	netlab_add_pair("home", "away");
	if (ipv6)
		netlab_run("ip link set home addrgenmode none && echo 0 >/proc/sys/net/ipv6/conf/home/disable_ipv6 &&"
			   "ip addr add 2001:db8::1/64 dev home nodad");
	netlab_run("ip addr add 192.0.2.1/24 brd 192.0.2.255 dev home &&"
		   "ip addr add 198.51.100.5/30 brd 198.51.100.7 dev home label home:1");
	pcap_if_t *all = list();
	const pcap_if_t *home = find(all, "home");
	const pcap_addr_t *a = home->addresses;
	check_address(a, AF_INET, "192.0.2.1", "255.255.255.0", "192.0.2.255", "");
	a = a->next;
	check_address(a, AF_INET, "198.51.100.5", "255.255.255.252", "198.51.100.7", "");
	a = a->next;
	if (ipv6) {
		check_address(a, AF_INET6, "2001:db8::1", "ffff:ffff:ffff:ffff::", "", "");
		a = a->next;
	}
	check_link_address(a, "home");
	assert_null(a->next);
	pcap_freealldevs(all);
	netlab_run("ip link del home");
}

static void a_point_to_point_link_has_a_peer(void **state)
{
	int fd = netlab_tun("tunnel", 65534);

	(void)state;
	if (fd < 0) {
		print_message("needs /dev/net/tun\n");
		skip();
	}
	netlab_run("ip addr add 203.0.113.1 peer 203.0.113.2 dev tunnel");
	pcap_if_t *all = list();
	const pcap_if_t *tunnel = find(all, "tunnel");
	check_address(tunnel->addresses, AF_INET, "203.0.113.1", "255.255.255.255", "", "203.0.113.2");
	pcap_freealldevs(all);
	close(fd);
}

static void fifty_interfaces_are_fifty_devices(void **state)
{
	char name[IF_NAMESIZE];

	(void)state;
	netlab_run("for i in $(seq 25); do echo link add many$i type veth peer name more$i;"
		   "echo addr add 10.0.$i.1/24 dev many$i; done | ip -batch -");
	pcap_if_t *all = list();
	for (int i = 1; i <= 25; i++) {
		snprintf(name, sizeof(name), "more%d", i);
		find(all, name);
		snprintf(name, sizeof(name), "many%d", i);
		const pcap_if_t *d = find(all, name);
		char text[INET6_ADDRSTRLEN], wanted[32];
		snprintf(wanted, sizeof(wanted), "10.0.%d.1", i);
		assert_string_equal(text_of(d->addresses->addr, text), wanted);
	}
	pcap_freealldevs(all);
	netlab_run("for i in $(seq 25); do echo link del many$i; done | ip -batch -");
}

static void every_listed_device_that_is_up_can_be_opened(void **state)
{
	pcap_if_t *all = list();

	for (const pcap_if_t *d = all; d; d = d->next) {
		struct opening how = { .device = d->name, .timeout_ms = 10 };
		if (d->flags & PCAP_IF_UP)
			pcap_close(capture_open(&how));
	}
	(void)state;
	pcap_freealldevs(all);
}

static void lookupnet_tells_the_first_ipv4_network(void **state)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	bpf_u_int32 net, mask;

	(void)state;
	netlab_run("ip addr add 192.0.2.130/25 dev left");
	assert_int_equal(pcap_lookupnet("left", &net, &mask, errbuf), 0);
	assert_int_equal(ntohl(net), 0xc0000280);
	assert_int_equal(ntohl(mask), 0xffffff80);
	netlab_run("ip addr flush dev left");
	assert_int_equal(pcap_lookupnet("left", &net, &mask, errbuf), PCAP_ERROR);
	assert_non_null(strstr(errbuf, "left: no IPv4 address"));
	assert_int_equal(ntohl(net), 0xc0000280); /* a failure leaves them alone, as libpcap's does */
	assert_int_equal(ntohl(mask), 0xffffff80);
	assert_int_equal(pcap_lookupnet("nowhere0", &net, &mask, errbuf), PCAP_ERROR);
	assert_non_null(strstr(errbuf, "nowhere0: no such"));
	assert_int_equal(pcap_lookupnet("any", &net, &mask, errbuf), 0);
	assert_int_equal(net, 0);
	assert_int_equal(mask, 0);
}

static void lookupdev_takes_the_first_that_is_no_loopback(void **state)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_if_t *all = list();

	(void)state;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
	const char *name = pcap_lookupdev(errbuf);
#pragma GCC diagnostic pop
	assert_non_null(name);
	assert_string_equal(name, all->name);
	assert_true(strcmp(name, "left") == 0 || strcmp(name, "right") == 0);
	pcap_freealldevs(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_interface_is_listed_with_its_flags),
		cmocka_unit_test(what_works_is_listed_before_what_does_not),
		cmocka_unit_test(addresses_come_ipv4_first_then_ipv6_then_link_layer),
		cmocka_unit_test(a_point_to_point_link_has_a_peer),
		cmocka_unit_test(fifty_interfaces_are_fifty_devices),
		cmocka_unit_test(every_listed_device_that_is_up_can_be_opened),
		cmocka_unit_test(lookupnet_tells_the_first_ipv4_network),
		cmocka_unit_test(lookupdev_takes_the_first_that_is_no_loopback),
	};

	netlab_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
