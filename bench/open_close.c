/* open_close.c - open and close a live handle on "right": open_close LIBRARY CYCLES. Prints milliseconds a cycle, for
 * opening and for closing. */
#include "host.h"
#include "library.h"

#include <stdlib.h>

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: open_close LIBRARY CYCLES\n");
		return 2;
	}
	struct library lib = load_library(argv[1]);
	int cycles = atoi(argv[2]);
	double opening = 0, closing = 0;

	for (int i = 0; i < cycles; i++) {
		char errbuf[PCAP_ERRBUF_SIZE] = "";
		double start = wall_seconds();
		pcap_t *p = lib.open_live("right", 65535, 1, 100, errbuf);
		if (!p) {
			fprintf(stderr, "%s\n", errbuf);
			return 2;
		}
		double open = wall_seconds();
		lib.close(p);
		opening += open - start;
		closing += wall_seconds() - open;
	}
	printf("%.3f %.3f\n", opening * 1e3 / cycles, closing * 1e3 / cycles);
	return 0;
}
