/* devices_diff.c - the device list, pcap_lookupnet() and pcap_lookupdev() of both libraries, over interfaces of many
 * kinds with addresses of many kinds. */
#include "twin.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum {
	MOST_ADDRESSES = 32,
	ADDRESS_TEXT = 448,
	MANY = 400,
};

/* ---- one device as text ---- */

static void write_sockaddr(char text[static 96], const struct sockaddr *addr)
{
	char ip[INET6_ADDRSTRLEN];

	if (!addr) {
		strcpy(text, "none");
	} else if (addr->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)addr;
		snprintf(text, 96, "%s port %u", inet_ntop(AF_INET, &in->sin_addr, ip, sizeof(ip)), in->sin_port);
	} else if (addr->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)addr;
		snprintf(text, 96, "%s scope %u port %u flow %u", inet_ntop(AF_INET6, &in6->sin6_addr, ip, sizeof(ip)),
			 in6->sin6_scope_id, in6->sin6_port, in6->sin6_flowinfo);
	} else if (addr->sa_family == AF_PACKET) {
		const struct sockaddr_ll *ll = (const struct sockaddr_ll *)(const void *)addr;
		int used = snprintf(text, 96, "link %d type %u protocol %u packet %u:", ll->sll_ifindex, ll->sll_hatype,
				    ll->sll_protocol, ll->sll_pkttype);
		for (int i = 0; i < ll->sll_halen && i < 8; i++)
			used += snprintf(text + used, 96 - (size_t)used, " %02x", ll->sll_addr[i]);
	} else {
		snprintf(text, 96, "family %u", addr->sa_family);
	}
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* The addresses as a set: we sort IPv4, IPv6, link level; libpcap has them in the kernel's order. */
static void tell_device(const pcap_if_t *device)
{
	static char addresses[MOST_ADDRESSES][ADDRESS_TEXT];
	int count = 0;

	twin_about("%s", device->name);
	twin_tell("description", "%s", device->description ? device->description : "none");
	twin_tell("flags", "0x%x", device->flags);
	for (const pcap_addr_t *a = device->addresses; a; a = a->next) {
		char parts[4][96];

		assert_in_range(count, 0, MOST_ADDRESSES - 1);
		write_sockaddr(parts[0], a->addr);
		write_sockaddr(parts[1], a->netmask);
		write_sockaddr(parts[2], a->broadaddr);
		write_sockaddr(parts[3], a->dstaddr);
		snprintf(addresses[count++], ADDRESS_TEXT, "%s, mask %s, broadcast %s, peer %s", parts[0], parts[1], parts[2],
			 parts[3]);
	}
	qsort(addresses, (size_t)count, ADDRESS_TEXT, by_text);
	static char all[MOST_ADDRESSES * ADDRESS_TEXT];
	size_t used = 0;
	all[0] = '\0';
	for (int i = 0; i < count; i++)
		used += (size_t)snprintf(all + used, sizeof(all) - used, "; %s", addresses[i]);
	twin_tell("addresses", "%d%s", count, all);
}

/* Devices that are no interfaces: Capstan does not capture on them yet, so it does not list them. */
static bool is_not_ours_yet(const char *name)
{
	static const char *const prefixes[] = { "nflog", "nfqueue", "dbus-", "bluetooth", "usbmon", "rdmasniff" };

	for (size_t i = 0; i < COUNT(prefixes); i++)
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

static void list_devices(const struct twin *lib, const char *arg)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	pcap_if_t *devices;
	int count = 0;

	(void)arg;
	int status = lib->findalldevs(&devices, errbuf);
	twin_about("list");
	twin_tell("findalldevs()", "%d%s", status, errbuf[0] ? " and says why" : "");
	for (const pcap_if_t *device = devices; device; device = device->next) {
		if (is_not_ours_yet(device->name))
			continue;
		tell_device(device);
		count++;
	}
	twin_about("list");
	twin_tell("devices", "%d", count);
	lib->freealldevs(devices);
}

static void look_up_device(const struct twin *lib, const char *arg)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	const char *name = lib->lookupdev(errbuf);

	(void)arg;
	twin_tell("lookupdev()", "%s%s", name ? name : "none", errbuf[0] ? " and says why" : "");
}

static void look_up_networks(const struct twin *lib, const char *arg)
{
	static const char *const devices[] = {
		"lo", "up0", "up1", "addr0", "peer0", "none0", "nosuch0", "any", "", "abcdefghijklmnopq", "addr0:1",
		"addr0:x", "six0", "zero0", NULL,
	};

	(void)arg;
	for (size_t i = 0; i < COUNT(devices); i++) {
		char errbuf[PCAP_ERRBUF_SIZE] = "";
		bpf_u_int32 net = 77, mask = 88;
		int status = lib->lookupnet(devices[i], &net, &mask, errbuf);

		twin_about("%s", devices[i] ? devices[i] : "NULL");
		twin_tell("lookupnet()", "%d, %08x/%08x%s", status, ntohl(net), ntohl(mask),
			  errbuf[0] ? " and says why" : "");
	}
}

/* ---- tests: each adds to the world of the one before ---- */

/* The carrier is known at once; whether an interface "runs" follows from it when the kernel comes to it. */
static bool is_settled(void)
{
	const unsigned int carrier = 0x10000; /* linux/if.h has its name, but does not agree with net/if.h */
	struct ifaddrs *all;
	bool settled = true;

	assert_int_equal(getifaddrs(&all), 0);
	for (const struct ifaddrs *ifa = all; ifa; ifa = ifa->ifa_next)
		if (ifa->ifa_flags & IFF_UP && !(ifa->ifa_flags & carrier) != !(ifa->ifa_flags & IFF_RUNNING))
			settled = false;
	freeifaddrs(all);
	return settled;
}

/* The world must not move between one library's question and the other's. */
static void settle(void)
{
	for (int tries = 0; !is_settled(); tries++) {
		if (tries == 500)
			fail_msg("the kernel does not come to rest");
		usleep(10000);
	}
}

static void compare_all(void)
{
	settle();
	twin_compare(list_devices, NULL, NULL);
	twin_compare(look_up_device, NULL, NULL);
	twin_compare(look_up_networks, NULL, NULL);
}

static void the_loopback_alone(void **state)
{
	(void)state;
	compare_all();
	twin_run("ip link set lo down");
	compare_all();
	twin_run("ip link set lo up");
}

static void interfaces_up_and_down(void **state)
{
	(void)state;
	twin_run("ip link add up0 type veth peer name up1");
	twin_run("ip link add half0 type veth peer name half1");
	twin_run("ip link add down0 type veth peer name down1");
	twin_run("ip link set up0 up && ip link set up1 up && ip link set half0 up");
	compare_all();
}

/* Kinds that the kernel was built without are left out of the world. */
static void interfaces_of_many_kinds(void **state)
{
	static const char *const kinds[] = {
		"br0 type bridge", "dummy0 type dummy", "vlan0 link up0 type vlan id 7", "macvlan0 link up0 type macvlan",
		"ipvlan0 link up0 type ipvlan", "ipip0 type ipip local 10.0.0.1 remote 10.0.0.2",
		"gre7 type gre local 10.0.0.1 remote 10.0.0.2", "sit7 type sit local 10.0.0.1 remote 10.0.0.2",
		"vxlan0 type vxlan id 7 dev up0 dstport 4789", "bond7 type bond", "ifb7 type ifb", "wg0 type wireguard",
		"vcan0 type vcan", "team7 type team", "vrf0 type vrf table 7", "nlmon0 type nlmon", "tun0", "tap0",
	};
	int made = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		char command[256];

		if (strlen(kinds[i]) == 4)
			snprintf(command, sizeof(command), "ip tuntap add %s mode %.3s 2>/dev/null && ip link set %s up",
				 kinds[i], kinds[i], kinds[i]);
		else
			snprintf(command, sizeof(command), "ip link add %s 2>/dev/null && ip link set %.*s up", kinds[i],
				 (int)strcspn(kinds[i], " "), kinds[i]);
		if (system(command) == 0)
			made++;
		compare_all();
	}
	print_message("%d of %zu kinds of interfaces\n", made, COUNT(kinds));
}

static void make_pair(const char *name)
{
	twin_run("ip link add %s0 type veth peer name %s1 && ip link set %s0 up && ip link set %s1 up", name, name, name,
		 name);
}

static void addresses_of_many_kinds(void **state)
{
	(void)state;
	make_pair("addr");
	make_pair("peer");
	make_pair("six");
	make_pair("none");
	twin_run("ip addr add 192.0.2.1/24 broadcast 192.0.2.255 dev addr0");
	twin_run("ip addr add 192.0.2.2/24 broadcast + dev addr0 label addr0:1");
	twin_run("ip addr add 198.51.100.1/25 dev addr0");
	twin_run("ip addr add 203.0.113.9/32 dev addr0");
	twin_run("ip addr add 2001:db8::1/64 dev addr0 nodad");
	twin_run("ip addr add 2001:db8::2/128 dev addr0 nodad");
	twin_run("ip addr add 10.1.1.1 peer 10.1.1.2/32 dev peer0");
	twin_run("ip addr add 10.1.2.1 peer 10.1.2.0/24 dev peer0");
	twin_run("ip addr add 2001:db8:1::1 peer 2001:db8:1::2/128 dev peer0 nodad");
	twin_run("ip addr add 2001:db8:2::1/64 dev six0 nodad");
	twin_run("ip addr add 10.2.2.2/8 dev up0 && ip addr add 127.0.0.5/8 dev lo && ip addr add 10.3.3.3/32 dev lo");
	/* Where there are tunnels and tun devices, with peers. */
	twin_run("ip addr add 10.4.4.1 peer 10.4.4.2 dev tun0 2>/dev/null; true");
	twin_run("ip addr add 10.5.5.1 peer 10.5.5.2 dev ipip0 2>/dev/null; true");
	compare_all();
}

/* Programs take the first address's netmask, so ours come IPv4, IPv6, link level, each in the kernel's order. */
static void our_addresses_come_ip_first(void **state)
{
	static const int families[] = { AF_INET, AF_INET, AF_INET, AF_INET, AF_INET6, AF_INET6, AF_PACKET };
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_if_t *devices, *device;
	size_t count = 0;

	(void)state;
	assert_int_equal(pcap_findalldevs(&devices, errbuf), 0);
	for (device = devices; device && strcmp(device->name, "addr0") != 0; device = device->next)
		;
	for (const pcap_addr_t *a = device ? device->addresses : NULL; a; a = a->next, count++) {
		assert_in_range(count, 0, COUNT(families) - 1);
		assert_int_equal(a->addr->sa_family, families[count]);
	}
	assert_int_equal(count, COUNT(families));
	pcap_freealldevs(devices);
}

static void hundreds_of_interfaces(void **state)
{
	(void)state;
	FILE *batch = popen("ip -batch -", "w");
	assert_non_null(batch);
	for (int i = 0; i < MANY; i += 2) {
		fprintf(batch, "link add many%d type veth peer name many%d\n", i, i + 1);
		if (i % 3)
			fprintf(batch, "link set many%d up\naddr add 10.7.%d.1/24 dev many%d\n", i, i / 2, i);
		if (i % 4)
			fprintf(batch, "link set many%d up\naddr add 10.8.%d.1/24 dev many%d\n", i + 1, i / 2, i + 1);
	}
	assert_int_equal(pclose(batch), 0);
	compare_all();
}

static void a_netmask_without_bits(void **state)
{
	static const struct twin_difference rows[] = {
		{ "zero0: lookupnet()", "0, 00000000/00000000", "0, 00000009/000000ff",
		  "libpcap guesses a class, and its byte order is wrong" },
		{ NULL, NULL, NULL, NULL },
	};

	(void)state;
	make_pair("zero");
	twin_run("ip addr add 10.9.9.9/0 dev zero0");
	settle();
	twin_compare(list_devices, NULL, NULL);
	twin_compare(look_up_networks, NULL, rows);
	twin_run("ip link del zero0");
}

/* How many devices of that name there are, and the addresses of the last. */
static int find_device(const pcap_if_t *devices, const char *name, int *addresses)
{
	int found = 0;

	for (*addresses = 0; devices; devices = devices->next) {
		if (strcmp(devices->name, name) != 0)
			continue;
		found++;
		for (const pcap_addr_t *a = devices->addresses; a; a = a->next)
			++*addresses;
	}
	return found;
}

/* Meant to differ: libpcap takes a label that is no number for another device, on which nothing can be captured. */
static void an_address_with_a_label_of_letters(void **state)
{
	const struct twin *theirs = twin_theirs();
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_if_t *devices;
	int addresses;

	(void)state;
	make_pair("word");
	twin_run("ip addr add 198.51.100.129/25 dev word0 label word0:second");
	assert_int_equal(pcap_findalldevs(&devices, errbuf), 0);
	assert_int_equal(find_device(devices, "word0:second", &addresses), 0);
	assert_int_equal(find_device(devices, "word0", &addresses), 1);
	assert_int_equal(addresses, 2);
	pcap_freealldevs(devices);
	assert_int_equal(theirs->findalldevs(&devices, errbuf), 0);
	assert_int_equal(find_device(devices, "word0:second", &addresses), 1);
	assert_int_equal(find_device(devices, "word0", &addresses), 1);
	assert_int_equal(addresses, 1);
	theirs->freealldevs(devices);
	twin_run("ip link del word0");
}

static int make_world(void **state)
{
	(void)state;
	/* No IPv6 addresses but ours: others come by themselves, perhaps between one library's question and the other's. */
	twin_run("cd /proc/sys/net/ipv6/conf/default && echo 1 >addr_gen_mode && echo 0 >accept_ra");
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_loopback_alone),
		cmocka_unit_test(interfaces_up_and_down),
		cmocka_unit_test(interfaces_of_many_kinds),
		cmocka_unit_test(addresses_of_many_kinds),
		cmocka_unit_test(our_addresses_come_ip_first),
		cmocka_unit_test(an_address_with_a_label_of_letters),
		cmocka_unit_test(a_netmask_without_bits),
		cmocka_unit_test(hundreds_of_interfaces),
	};

	twin_theirs(); /* skips here, before cmocka counts */
	if (!twin_leave_for_own_network())
		return 77;
	return cmocka_run_group_tests(tests, make_world, NULL);
}
