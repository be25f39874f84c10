/* capture.h - what live tests do with handles: open them, read frames with a bound on the wait, compare.
 * Includes cmocka.h and what that needs before it. */
#ifndef CAPTURE_H
#define CAPTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "netlab.h"

#include <pcap/pcap.h>
#include <string.h>

/* As many milliseconds may be late on a busy machine before a test calls it wrong. */
#define TOLERANCE_MS 1000

struct opening {
	const char *device; /* NULL: "right" */
	int snaplen, timeout_ms, buffer_bytes, precision;
	bool immediate, promisc, nonblock;
};

/* An activated handle. The test fails if there is an error or a warning. */
pcap_t *capture_open(const struct opening *how);

/* A handle on a savefile without packets, to see what live handles alone can do. */
pcap_t *capture_open_empty_file(void);

/* Like pcap_next_ex(), but a handle that gives no packet for some seconds fails the test. */
void capture_next(pcap_t *p, struct pcap_pkthdr **h, const u_char **data);

/* Is the packet the numbered frame of `bytes` bytes, cut to `caplen`? */
void capture_check(const struct pcap_pkthdr *h, const u_char *data, uint32_t number, size_t bytes, size_t caplen);
/* The next `count` packets are whole numbered frames, in order. */
void capture_expect(pcap_t *p, uint32_t first, uint32_t count, size_t bytes);
/* No packet is there, nor comes within a moment. */
void capture_expect_none(pcap_t *p);

/* Both rings: tests that matter to both are registered with each. `state` is a struct opening. */
extern struct opening capture_gathered, capture_immediate;
#define BOTH_RINGS(test)                                                                 \
	{ #test " (gathered)", test, NULL, NULL, &capture_gathered },                    \
		{ #test " (immediate)", test, NULL, NULL, &capture_immediate }

/* pcap_geterr() has `word` in it. */
void capture_expect_error(pcap_t *p, const char *word);

#endif
