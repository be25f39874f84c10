/* interface.c - the interface of a packet socket as it is now. The socket is bound to the interface, not to its name, which
 * may change; and not to its number: one that was deleted, or moved to another namespace, does not come back to it. */
#include "base/clock.h"
#include "linux/packet_source.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define LONGEST_RENAMING_MS 1000
/* So often it was found by its name, and yet said not to be: that is no renaming. */
#define OFTEN_FOUND 10

bool cst_interface_is_there(const struct packet_source *s)
{
	struct sockaddr_ll bound = { 0 };
	socklen_t bytes = sizeof(bound);

	/* The kernel writes -1 there when it takes the interface away. */
	return s->ifindex != 0 && getsockname(s->fd, (struct sockaddr *)&bound, &bytes) == 0 &&
	       bound.sll_ifindex == (int)s->ifindex;
}

int cst_interface_name(const struct packet_source *s, char name[static IF_NAMESIZE])
{
	struct ifreq ifr = { .ifr_ifindex = (int)s->ifindex };

	if (!cst_interface_is_there(s)) {
		errno = ENODEV;
		return -1;
	}
	if (ioctl(s->fd, SIOCGIFNAME, &ifr) < 0)
		return -1;
	memcpy(name, ifr.ifr_name, IF_NAMESIZE);
	return 0;
}

static bool is_found_as(const struct packet_source *s, const char name[static IF_NAMESIZE])
{
	struct ifreq ifr = { 0 };

	memcpy(ifr.ifr_name, name, IF_NAMESIZE);
	return ioctl(s->fd, SIOCGIFINDEX, &ifr) == 0 && ifr.ifr_ifindex == (int)s->ifindex;
}

int cst_interface_ask(const struct packet_source *s, unsigned long what, struct ifreq *ifr)
{
	int found = 0;

	/* While it is renamed, the kernel finds it under neither name for some milliseconds. Of one whose driver has detached
	 * it, as for a reset, ethtool says the same for as long as that lasts. */
	for (int tries = 0; tries < LONGEST_RENAMING_MS && found < OFTEN_FOUND; tries++) {
		if (cst_interface_name(s, ifr->ifr_name) < 0)
			return -1;
		int status = ioctl(s->fd, what, ifr);
		if (status >= 0 || errno != ENODEV)
			return status;
		found += is_found_as(s, ifr->ifr_name);
		nanosleep(&(struct timespec){ .tv_nsec = CST_NS_PER_MS }, NULL);
	}
	errno = ENODEV;
	return -1;
}

int cst_interface_flags(const struct packet_source *s)
{
	struct ifreq ifr = { 0 };

	return cst_interface_ask(s, SIOCGIFFLAGS, &ifr) < 0 ? 0 : ifr.ifr_flags;
}

unsigned int cst_interface_mtu(const struct packet_source *s)
{
	struct ifreq ifr = { 0 };

	return cst_interface_ask(s, SIOCGIFMTU, &ifr) < 0 ? s->mtu : (unsigned int)ifr.ifr_mtu;
}
