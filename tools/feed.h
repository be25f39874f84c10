/* feed.h - a savefile as a row of send queues, filled by a thread while the one before is sent. */
#ifndef CAPSTAN_FEED_H
#define CAPSTAN_FEED_H

#include <pcap.h>
#include <stdbool.h>
#include <stdint.h>

/* When the packets are due. At most one of the three is not 0; none: whenever the device takes them. */
struct feed_timing {
	double speed; /* by their stamps, so many times as fast */
	double pps;   /* so many a second */
	double mbps;  /* so many million bits a second, of whole packets */
};

/* Some packets, in the file's order. */
struct feed_queue {
	struct pcap_send_queue q;
	uint64_t packets, shortened; /* in q; those of them that were saved shortened */
};

struct feed;

/* Open `path` ("-": standard input), to be gone through `loops` times. Of what is in it only the first bytes are looked at.
 * NULL with the reason in `errbuf` (PCAP_ERRBUF_SIZE). */
struct feed *feed_open(const char *path, struct feed_timing timing, long loops, char *errbuf);
int feed_precision(const struct feed *f); /* PCAP_TSTAMP_PRECISION_ of the queues' stamps */

/* Begin to read ahead. Few queues are kept, however large the file. False with the reason in `errbuf`. */
bool feed_begin(struct feed *f, char *errbuf);
int feed_datalink(const struct feed *f);

/* The next queue, the feed's own; what was given out before is taken back. NULL: none left, an error, or the user has
 * interrupted. */
struct feed_queue *feed_next(struct feed *f);
const char *feed_error(const struct feed *f); /* after NULL; NULL: no error */
void feed_close(struct feed *f);

/* How many of a queue's packets lie in its first `bytes` bytes, and how many of these are shortened. */
void feed_count(const struct feed_queue *queue, uint32_t bytes, uint64_t *packets, uint64_t *shortened);

#endif
