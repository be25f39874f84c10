/* ether.c - Ethernet addresses from text and from the ethers data base. */
#include "names/ether.h"

#include <pcap/namedb.h>

#include <netinet/ether.h>
#include <stdlib.h>
#include <string.h>

int cst_hex_digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Read `groups` numbers with `separator` between them ('\0': nothing between), together the 6 octets of an address.
 * A group of one octet may leave out its leading zero where separators tell the groups apart. */
static bool parse_groups(const char *text, int groups, char separator, uint8_t addr[static 6])
{
	const int octets = 6 / groups;
	const int min_digits = octets == 1 && separator ? 1 : 2 * octets;

	for (int g = 0; g < groups; g++) {
		unsigned value = 0;
		int digits = 0;

		for (; digits < 2 * octets && cst_hex_digit(*text) >= 0; digits++)
			value = value << 4 | (unsigned)cst_hex_digit(*text++);
		if (digits < min_digits)
			return false;
		if (octets == 2)
			*addr++ = (uint8_t)(value >> 8);
		*addr++ = (uint8_t)value;
		if (separator && g + 1 < groups && *text++ != separator)
			return false;
	}
	return *text == '\0';
}

bool cst_ether_parse(const char *text, uint8_t addr[static 6])
{
	static const struct {
		int groups;
		char separator;
	} forms[] = { { 6, ':' }, { 6, '-' }, { 6, '.' }, { 3, '.' }, { 6, '\0' } };

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (parse_groups(text, forms[i].groups, forms[i].separator, addr))
			return true;
	return false;
}

static u_char *copy_address(const void *addr)
{
	u_char *copy = malloc(6);

	return copy ? memcpy(copy, addr, 6) : NULL;
}

u_char *pcap_ether_aton(const char *text)
{
	uint8_t addr[6];

	return cst_ether_parse(text, addr) ? copy_address(addr) : NULL;
}

u_char *pcap_ether_hostton(const char *name)
{
	struct ether_addr addr;

	return ether_hostton(name, &addr) == 0 ? copy_address(&addr) : NULL;
}
