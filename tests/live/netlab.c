/* netlab.c - making the world of a live test, with unshare(2), iproute2's ip and a few ioctls. */
#include "netlab.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SKIPPED          77 /* meson and automake agree on it */
#define WATCHDOG_SECONDS 240
#define MAX_COMMAND      4096

static void refuse(int status, const char *format, ...) __attribute__((noreturn, format(printf, 2, 3)));
static void refuse(int status, const char *format, ...)
{
	va_list ap;

	fflush(stdout);
	fputs(status == SKIPPED ? "netlab: SKIP: " : "netlab: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(status);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	if (!file || fputs(text, file) < 0 || fclose(file) != 0)
		refuse(1, "writing \"%s\" to %s: %s", text, path, strerror(errno));
}

/* An ordinary user is root in a user namespace of its own. */
static void become_root(void)
{
	char map[64];
	unsigned int uid = getuid(), gid = getgid();

	if (unshare(CLONE_NEWUSER) < 0)
		refuse(SKIPPED, "not root, and the kernel refuses a user namespace: %s", strerror(errno));
	write_file("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", uid);
	write_file("/proc/self/uid_map", map);
	snprintf(map, sizeof(map), "0 %u 1", gid);
	write_file("/proc/self/gid_map", map);
}

static int status_of(const char *command)
{
	int status = system(command);

	return status >= 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void print_command(char command[static MAX_COMMAND], const char *format, va_list ap)
	__attribute__((format(printf, 2, 0)));
static void print_command(char command[static MAX_COMMAND], const char *format, va_list ap)
{
	int bytes = vsnprintf(command, MAX_COMMAND, format, ap);

	if (bytes < 0 || bytes >= MAX_COMMAND)
		refuse(1, "a command of %d bytes is too long", bytes);
}

void netlab_run(const char *format, ...)
{
	char command[MAX_COMMAND];
	va_list ap;

	va_start(ap, format);
	print_command(command, format, ap);
	va_end(ap);
	int status = status_of(command);
	if (status != 0)
		refuse(1, "status %d from: %s", status, command);
}

bool netlab_try(const char *format, ...)
{
	char command[MAX_COMMAND];
	va_list ap;

	va_start(ap, format);
	print_command(command, format, ap);
	va_end(ap);
	return status_of(command) == 0;
}

/* Interfaces to come are born without IPv6, which would send router solicitations and the like. */
static void silence_ipv6(void)
{
	if (access("/proc/sys/net/ipv6/conf", F_OK) != 0)
		return;
	write_file("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
	write_file("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
}

void netlab_enter(void)
{
	alarm(WATCHDOG_SECONDS);
	if (geteuid() != 0)
		become_root();
	if (unshare(CLONE_NEWNET) < 0)
		refuse(SKIPPED, "the kernel refuses a network namespace: %s", strerror(errno));
	silence_ipv6();
	netlab_set_up("lo", true);
	if (status_of("ip link add netlab0 type veth peer name netlab1 && ip link del netlab0") != 0)
		refuse(SKIPPED, "the kernel has no veth devices");
	netlab_add_pair("left", "right");
	netlab_run("ip link set left address 02:00:00:00:00:01 && ip link set right address 02:00:00:00:00:02");
}

static bool is_running(const char *device)
{
	struct ifreq ifr = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strncpy(ifr.ifr_name, device, sizeof(ifr.ifr_name) - 1);
	bool running = ioctl(fd, SIOCGIFFLAGS, &ifr) == 0 && ifr.ifr_flags & IFF_RUNNING;
	close(fd);
	return running;
}

void netlab_wait_running(const char *device)
{
	for (int waited = 0; !is_running(device); waited++) {
		if (waited == 5000)
			refuse(1, "%s does not come up", device);
		netlab_sleep_ms(1);
	}
}

void netlab_add_pair(const char *one, const char *other)
{
	netlab_run("ip link add %s type veth peer name %s &&"
		   "ip link set %s arp off up && ip link set %s arp off up", one, other, one, other);
	netlab_wait_running(one);
	netlab_wait_running(other);
}

void netlab_set_up(const char *device, bool up)
{
	struct ifreq ifr = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strncpy(ifr.ifr_name, device, sizeof(ifr.ifr_name) - 1);
	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &ifr) < 0)
		refuse(1, "%s: asking for flags: %s", device, strerror(errno));
	ifr.ifr_flags = (short)(up ? ifr.ifr_flags | IFF_UP : ifr.ifr_flags & ~IFF_UP);
	if (ioctl(fd, SIOCSIFFLAGS, &ifr) < 0)
		refuse(1, "%s: setting flags: %s", device, strerror(errno));
	close(fd);
}

int netlab_tun(const char *name, int arphrd)
{
	struct ifreq ifr = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -1;
	strncpy(ifr.ifr_name, name, sizeof(ifr.ifr_name) - 1);
	if (ioctl(fd, TUNSETIFF, &ifr) < 0 || ioctl(fd, TUNSETLINK, arphrd) < 0)
		refuse(1, "%s: making a tun device of type %d: %s", name, arphrd, strerror(errno));
	netlab_set_up(name, true);
	return fd;
}

int netlab_promiscuity(const char *device)
{
	char command[128], text[4096];

	snprintf(command, sizeof(command), "ip -d link show dev %s", device);
	FILE *pipe = popen(command, "re");
	if (!pipe)
		refuse(1, "%s: %s", command, strerror(errno));
	size_t bytes = fread(text, 1, sizeof(text) - 1, pipe);
	text[bytes] = '\0';
	const char *at = strstr(text, "promiscuity ");
	if (pclose(pipe) != 0 || !at)
		refuse(1, "no promiscuity from: %s", command);
	return atoi(at + strlen("promiscuity "));
}

int netlab_sender(const char *device)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(device) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0); /* protocol 0 receives nothing */

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		refuse(1, "%s: opening a socket to send from: %s", device, strerror(errno));
	return fd;
}

void netlab_send(int sender, const void *frame, size_t bytes)
{
	while (send(sender, frame, bytes, 0) < 0)
		if (errno != EINTR && errno != ENOBUFS)
			refuse(1, "sending a frame of %zu bytes: %s", bytes, strerror(errno));
}

void netlab_fill(uint8_t *frame, size_t bytes, uint32_t number)
{
	static const uint8_t header[NETLAB_NUMBER_AT] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, NETLAB_ETHERTYPE >> 8,
							  NETLAB_ETHERTYPE & 0xff };
	uint32_t in_order = htonl(number);

	memcpy(frame, header, bytes < sizeof(header) ? bytes : sizeof(header));
	for (size_t i = sizeof(header); i < bytes; i++)
		frame[i] = (uint8_t)(31 * number + 7 * i);
	if (bytes >= NETLAB_NUMBER_AT + sizeof(in_order))
		memcpy(frame + NETLAB_NUMBER_AT, &in_order, sizeof(in_order));
}

uint32_t netlab_number(const uint8_t *frame)
{
	uint32_t in_order;

	memcpy(&in_order, frame + NETLAB_NUMBER_AT, sizeof(in_order));
	return ntohl(in_order);
}

void netlab_send_numbered(int sender, uint32_t first, uint32_t count, size_t bytes)
{
	uint8_t *frame = malloc(bytes);

	if (!frame)
		refuse(1, "no memory for a frame of %zu bytes", bytes);
	for (uint32_t i = 0; i < count; i++) {
		netlab_fill(frame, bytes, first + i);
		netlab_send(sender, frame, bytes);
	}
	free(frame);
}

int64_t netlab_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void netlab_sleep_ms(int ms)
{
	struct timespec left = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}
