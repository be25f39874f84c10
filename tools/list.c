/* list.c - `capstan list`: the devices that can be captured on, in columns as wide as they have to be. */
#include "device.h"
#include "options.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static int run(int argc, char **argv);

static const struct option_row option_rows[] = {
	{ 'n', "names", NULL, "print the names only, one a line" },
	{ 0 },
};

const struct command list_command = {
	.name = "list",
	.run = run,
	.help = "list the devices, with their state and addresses",
	.synopsis = "[-n]",
	.options = option_rows,
};

struct word {
	bpf_u_int32 mask, value;
	const char *text;
};

static const struct word state_words[] = {
	{ PCAP_IF_CONNECTION_STATUS, PCAP_IF_CONNECTION_STATUS_CONNECTED, "connected" },
	{ PCAP_IF_CONNECTION_STATUS, PCAP_IF_CONNECTION_STATUS_DISCONNECTED, "disconnected" },
	{ PCAP_IF_CONNECTION_STATUS, PCAP_IF_CONNECTION_STATUS_NOT_APPLICABLE, "-" },
	{ PCAP_IF_CONNECTION_STATUS, PCAP_IF_CONNECTION_STATUS_UNKNOWN, "unknown" },
	{ 0 },
};

static const struct word flag_words[] = {
	{ PCAP_IF_UP, PCAP_IF_UP, "up" },
	{ PCAP_IF_RUNNING, PCAP_IF_RUNNING, "running" },
	{ PCAP_IF_LOOPBACK, PCAP_IF_LOOPBACK, "loopback" },
	{ PCAP_IF_WIRELESS, PCAP_IF_WIRELESS, "wireless" },
	{ 0 },
};

#define CELL_SIZE 80

/* The words whose bits are set, with commas between; "-" for none. */
static void put_words(char cell[static CELL_SIZE], const struct word *words, bpf_u_int32 flags)
{
	size_t used = 0;

	snprintf(cell, CELL_SIZE, "-");
	for (; words->text; words++)
		if ((flags & words->mask) == words->value)
			used += (size_t)snprintf(cell + used, CELL_SIZE - used, "%s%s", used ? "," : "", words->text);
}

static unsigned int prefix_length(const unsigned char *mask, size_t bytes)
{
	unsigned int bits = 0;

	for (size_t i = 0; i < bytes; i++)
		bits += (unsigned int)__builtin_popcount(mask[i]);
	return bits;
}

static void put_internet(char cell[static CELL_SIZE], const pcap_addr_t *a, size_t offset, size_t bytes)
{
	char room[INET6_ADDRSTRLEN];

	inet_ntop(a->addr->sa_family, (const char *)a->addr + offset, room, sizeof(room));
	if (a->netmask)
		snprintf(cell, CELL_SIZE, "%s/%u", room,
			 prefix_length((const unsigned char *)a->netmask + offset, bytes));
	else
		snprintf(cell, CELL_SIZE, "%s", room);
}

static void put_link_layer(char cell[static CELL_SIZE], const struct sockaddr *address)
{
	struct sockaddr_ll link;
	size_t used = 0;

	memcpy(&link, address, sizeof(link));
	cell[0] = '\0';
	for (size_t i = 0; i < link.sll_halen && i < sizeof(link.sll_addr); i++)
		used += (size_t)snprintf(cell + used, CELL_SIZE - used, "%s%02x", i ? ":" : "", link.sll_addr[i]);
}

/* An empty cell: of a kind that has no text. */
static void put_address(char cell[static CELL_SIZE], const pcap_addr_t *a)
{
	cell[0] = '\0';
	switch (a->addr ? a->addr->sa_family : AF_UNSPEC) {
	case AF_INET:
		put_internet(cell, a, offsetof(struct sockaddr_in, sin_addr), 4);
		break;
	case AF_INET6:
		put_internet(cell, a, offsetof(struct sockaddr_in6, sin6_addr), 16);
		break;
	case AF_PACKET:
		put_link_layer(cell, a->addr);
		break;
	}
}

enum { COLUMNS = 5 };

/* The last column needs no padding. */
static void print_row(int *width, const char *const *cells)
{
	int pad = 0;

	for (int i = 0; i < COLUMNS; i++) {
		if (!*cells[i]) {
			pad += width[i] + 2;
			continue;
		}
		printf("%*s%s", pad, "", cells[i]);
		pad = width[i] - (int)strlen(cells[i]) + 2;
	}
	putchar('\n');
}

/* A device takes a row, and one more for each address after the first. */
static void each_row(const pcap_if_t *devices, void (*row)(int *, const char *const *), int *width)
{
	static const char *const heading[COLUMNS] = { "DEVICE", "STATE", "FLAGS", "ADDRESS", "DESCRIPTION" };

	row(width, heading);
	for (const pcap_if_t *d = devices; d; d = d->next) {
		char state[CELL_SIZE], flags[CELL_SIZE], address[CELL_SIZE];
		const char *cells[COLUMNS] = { d->name, state, flags, "-", d->description ? d->description : "" };

		put_words(state, state_words, d->flags);
		put_words(flags, flag_words, d->flags);
		for (const pcap_addr_t *a = d->addresses; a; a = a->next) {
			put_address(address, a);
			if (!*address)
				continue;
			cells[3] = address;
			row(width, cells);
			cells[0] = cells[1] = cells[2] = cells[4] = "";
		}
		if (*cells[0])
			row(width, cells);
	}
}

static void measure_row(int *width, const char *const *cells)
{
	for (int i = 0; i < COLUMNS; i++)
		if (width[i] < (int)strlen(cells[i]))
			width[i] = (int)strlen(cells[i]);
}

static void print_devices(const pcap_if_t *devices)
{
	int width[COLUMNS] = { 0 };

	each_row(devices, measure_row, width);
	each_row(devices, print_row, width);
}

static void print_names(const pcap_if_t *devices)
{
	for (const pcap_if_t *d = devices; d; d = d->next)
		puts(d->name);
}

static int run(int argc, char **argv)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	void (*print)(const pcap_if_t *) = print_devices;
	struct option_reader r;
	pcap_if_t *devices;
	int code;

	options_begin(&r, &list_command, argc, argv);
	while ((code = options_next(&r)) != OPTION_END) {
		if (code != 'n')
			return options_status(code);
		print = print_names;
	}
	if (optind < argc)
		return options_misused(&list_command, "what is \"%s\" for?", argv[optind]);
	if (pcap_findalldevs(&devices, errbuf) < 0) {
		complain(&list_command, "%s", errbuf);
		return STATUS_FAILED;
	}
	if (!devices)
		complain(&list_command, "there is no device here");
	print(devices);
	pcap_freealldevs(devices);
	if (fflush(stdout)) {
		perror("capstan list: cannot write to standard output");
		return STATUS_FAILED;
	}
	return STATUS_OK;
}
