/* read.c - read a savefile with pcap_loop or pcap_next_ex: read LIBRARY FILE loop|next_ex [FILTER]. FILE "-" is
 * standard input. FILTER is what tcpdump -ddd prints, or an expression that the library compiles. Prints packets that were
 * delivered, the sum of their lengths, the nanoseconds that it took, and the most memory that the process had, in KiB. */
#include "host.h"
#include "library.h"

#include <stdbool.h>
#include <stdlib.h>
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

enum { INSTRUCTIONS = 4096 };

/* Numbers until the text ends: a count, then code, jt, jf and k of each instruction. */
static bool parse_filter(const char *text, struct bpf_program *program)
{
	char *end;
	unsigned long count = strtoul(text, &end, 10);

	for (unsigned int i = 0; i < count && i < INSTRUCTIONS; i++) {
		struct bpf_insn *in = &program->bf_insns[i];
		in->code = (u_short)strtoul(end, &end, 10);
		in->jt = (u_char)strtoul(end, &end, 10);
		in->jf = (u_char)strtoul(end, &end, 10);
		in->k = (bpf_u_int32)strtoul(end, &end, 10);
	}
	program->bf_len = (u_int)count;
	return count > 0 && count <= INSTRUCTIONS;
}

static bool set_filter(const struct library *lib, pcap_t *p, const char *text)
{
	static struct bpf_insn insns[INSTRUCTIONS];
	struct bpf_program program = { 0, insns };

	if (!parse_filter(text, &program) && lib->compile(p, &program, text, 1, PCAP_NETMASK_UNKNOWN) < 0)
		return false;
	return lib->setfilter(p, &program) == 0;
}

int main(int argc, char **argv)
{
	if (argc < 4 || argc > 5) {
		fprintf(stderr, "usage: read LIBRARY FILE loop|next_ex [FILTER]\n");
		return 2;
	}
	struct library lib = load_library(argv[1]);
	struct tally t = { 0 };
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	double start = wall_seconds();
	pcap_t *p = lib.open_offline(argv[2], errbuf);

	if (!p || (argc == 5 && !set_filter(&lib, p, argv[4]))) {
		fprintf(stderr, "%s\n", p ? lib.geterr(p) : errbuf);
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
	const double seconds = wall_seconds() - start;
	printf("%lu %lu %.0f %ld\n", t.packets, t.bytes, seconds * 1e9, peak_kib());
	return 0;
}
