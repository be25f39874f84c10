/* pcapng_expect.h - a pcapng file made by hand, opened and read: what is expected of it. */
#ifndef PCAPNG_EXPECT_H
#define PCAPNG_EXPECT_H

#include "../ng_builder.h"

#include <pcap.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define MICRO	    PCAP_TSTAMP_PRECISION_MICRO
#define NANO	    PCAP_TSTAMP_PRECISION_NANO

enum {
	SECTION_BYTES = 28, /* without options */
	BEGUN_BYTES = SECTION_BYTES + 20, /* of ng_begun() */
};

pcap_t *open_file(const struct ng_file *f, u_int precision);
void expect_part(const char *text, const char *part);
void expect_no_opening(const struct ng_file *f, const char *part);
void expect_lengths(pcap_t *p, time_t seconds, long fraction, uint32_t caplen, uint32_t len);
/* One of ng_enhanced() or ng_obsolete(). */
void expect_packet(pcap_t *p, time_t seconds, long fraction, uint32_t caplen);
void expect_end(pcap_t *p);
/* Twice: damage does not turn into a clean end. */
void expect_error(pcap_t *p, const char *part);
/* A good packet, then what `f` has behind ng_begun(). */
void expect_error_behind_packet(struct ng_file *f, const char *part);
struct ng_file begun_with_packet(void);

#endif
