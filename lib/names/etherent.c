/* etherent.c - the entries of an ethers(5) file, one a line: "xx:xx:xx:xx:xx:xx name".
 * It is read character by character, so that no line is too long; a line that is no entry is passed over. */
#include "names/ether.h"

#include <pcap/namedb.h>

#include <stdbool.h>

struct reader {
	FILE *fp;
	int c; /* the character we are at, or EOF */
};

static void advance(struct reader *r)
{
	r->c = getc_unlocked(r->fp);
}

static bool at_blank(const struct reader *r)
{
	return r->c == ' ' || r->c == '\t' || r->c == '\r';
}

static void skip_blanks(struct reader *r)
{
	while (at_blank(r))
		advance(r);
}

static void skip_line(struct reader *r)
{
	while (r->c != '\n' && r->c != EOF)
		advance(r);
}

static bool read_address(struct reader *r, u_char addr[static 6])
{
	for (int i = 0; i < 6; i++) {
		int value = 0, digits = 0;

		for (; digits < 2 && cst_hex_digit(r->c) >= 0; digits++) {
			value = value << 4 | cst_hex_digit(r->c);
			advance(r);
		}
		if (digits == 0)
			return false;
		addr[i] = (u_char)value;
		if (i == 5)
			break;
		if (r->c != ':')
			return false;
		advance(r);
	}
	return at_blank(r);
}

/* A name that is too long is cut, as libpcap cuts it: its beginning still tells the line. */
static bool read_name(struct reader *r, struct pcap_etherent *entry)
{
	size_t len = 0;

	skip_blanks(r);
	if (r->c == '#')
		return false;
	for (; r->c != EOF && r->c != '\n' && !at_blank(r); advance(r))
		if (len < sizeof(entry->name) - 1)
			entry->name[len++] = (char)r->c;
	entry->name[len] = '\0';
	return len > 0;
}

struct pcap_etherent *pcap_next_etherent(FILE *fp)
{
	static _Thread_local struct pcap_etherent entry;
	struct reader r = { .fp = fp };
	bool found;

	flockfile(fp);
	do {
		advance(&r);
		skip_blanks(&r);
		found = read_address(&r, entry.addr) && read_name(&r, &entry);
		skip_line(&r);
	} while (!found && r.c != EOF);
	funlockfile(fp);
	return found ? &entry : NULL;
}
