/* read.c - read a savefile with pcap_loop or pcap_next_ex: read LIBRARY FILE loop|next_ex. Prints packets, the
 * sum of their lengths, and nanoseconds a packet. */
#include "library.h"

#include <string.h>

struct tally {
	unsigned long packets, bytes;
};

static void count(u_char *user, const struct pcap_pkthdr *header, const u_char *data)
{
	struct tally *t = (struct tally *)(void *)user;

	(void)data;
	t->packets++;
	t->bytes += header->len;
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fprintf(stderr, "usage: read LIBRARY FILE loop|next_ex\n");
		return 2;
	}
	struct library lib = load_library(argv[1]);
	struct tally t = { 0 };
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	double start = wall_seconds();
	pcap_t *p = lib.open_offline(argv[2], errbuf);

	if (!p) {
		fprintf(stderr, "%s\n", errbuf);
		return 2;
	}
	if (strcmp(argv[3], "loop") == 0) {
		if (lib.loop(p, -1, count, (u_char *)&t) < 0)
			fprintf(stderr, "%s\n", lib.geterr(p));
	} else {
		struct pcap_pkthdr *header;
		const u_char *data;
		while (lib.next_ex(p, &header, &data) == 1)
			count((u_char *)&t, header, data);
	}
	lib.close(p);
	printf("%lu %lu %.2f\n", t.packets, t.bytes, (wall_seconds() - start) * 1e9 / (double)(t.packets ? t.packets : 1));
	return 0;
}
