/* savefile.h - a file that is being read, and the formats that can read it. */
#ifndef CST_SAVEFILE_SAVEFILE_H
#define CST_SAVEFILE_SAVEFILE_H

#include "handle/handle.h"
#include "savefile/host_order.h"
#include "savefile/input.h"

/* What every format has; a format's own struct begins with it and is p->source. */
struct savefile {
	struct cst_input in;
	char *name;       /* for error texts; owned */
	uint64_t packets; /* how many were handed over */
	cst_header_swapper swap_header; /* NULL: nothing in the packets is in the other byte order */
};

struct savefile_format {
	bool (*claims)(const uint8_t magic[static 4]);
	size_t state_bytes; /* of the struct that begins with struct savefile; comes zeroed */
	/* The first four bytes are in the input, unused. Reads the rest of the file's header, sets p->ops, p->dlt and
	 * all else that the header says. 0 or PCAP_ERROR with text. */
	int (*open)(pcap_t *p);
};

extern const struct savefile_format cst_pcap_format;
extern const struct savefile_format cst_pcapng_format;

/* A handle of a file whose input was started. It owns `file` and the input, and `in` is empty then; or NULL with a sentence
 * in `errbuf`, `file` is the caller's, and `in` to be closed in either case. */
pcap_t *cst_savefile_handle(struct cst_input *in, FILE *file, const char *name, u_int precision, char *errbuf);

/* What the formats' source_ops have in common. */
int cst_savefile_set_filter(pcap_t *p, const struct bpf_program *program);
void cst_savefile_close(pcap_t *p);

/* What pcap_snapshot() says of a file whose header says `in_file`. */
int cst_savefile_snaplen(int dlt, int32_t in_file);

/* The end of read_batch: the batch's first `count` packets are complete. Returns `count`. */
int cst_savefile_hand_over(pcap_t *p, struct cst_batch *b, unsigned int count);

/* Failures while the header (`what`: "pcap file header") or a packet is read: PCAP_ERROR with text in place. */
int cst_savefile_header_failed(pcap_t *p, const char *name, const struct cst_input *in, enum cst_input_status status,
			       const char *what, size_t bytes);
int cst_savefile_read_failed(pcap_t *p);

#endif
