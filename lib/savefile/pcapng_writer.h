/* pcapng_writer.h - struct capstan_pcapng_writer, and what its files do for each other. */
#ifndef CST_SAVEFILE_PCAPNG_WRITER_H
#define CST_SAVEFILE_PCAPNG_WRITER_H

#include "base/error.h"
#include "savefile/pcapng_fields.h"
#include "savefile/pcapng_section.h"
#include "savefile/pcapng_write_options.h"
#include "savefile/stream.h"

/* An interface of the present section, as far as packets depend on it. */
struct cst_out_interface {
	struct cst_ticks ticks;
	uint32_t units_per_s; /* of struct pcap_pkthdr's time stamps: micro- or nanoseconds */
	bool quick;           /* ticks are these units */
	uint64_t last_second; /* since the offset, whose last tick 64 bits can say */
	uint32_t snaplen, largest_block;
};

struct capstan_pcapng_writer {
	FILE *file;
	char *name; /* for texts */
	struct cst_out_interface *interfaces;
	uint32_t interface_count, interface_room;
	bool broken; /* a write failed: `error` says why, for good */
	uint64_t written;
	char error[CST_ERRBUF_SIZE];
};

/* PCAP_ERROR with a sentence: the arguments are at fault. */
int cst_pcapng_refuse(capstan_pcapng_writer *w, const char *fmt, ...) __attribute__((format(printf, 2, 3), cold));
/* PCAP_ERROR with a sentence, for good: errno says why. */
int cst_pcapng_write_failed(capstan_pcapng_writer *w) __attribute__((cold));
/* The same, and true, for a write that failed some time ago. */
bool cst_pcapng_failed_earlier(capstan_pcapng_writer *w) __attribute__((cold));

/* Nothing is written any more; the sentence is there. The stream may also have failed while somebody else flushed it. */
static inline bool cst_pcapng_is_broken(capstan_pcapng_writer *w)
{
	return __builtin_expect(w->broken || ferror_unlocked(w->file), 0) && cst_pcapng_failed_earlier(w);
}

/* The total of a block whose body, padded, has so many bytes, options included; 0 with a sentence: too large. */
uint32_t cst_pcapng_total_of(capstan_pcapng_writer *w, uint64_t body_bytes, uint32_t largest, const char *what);

/* A block that is a fixed part and options: 0 or PCAP_ERROR. */
int cst_pcapng_put_block(capstan_pcapng_writer *w, uint32_t type, const void *body, size_t body_bytes,
			 const struct cst_pcapng_fields *table, const void *block);

/* PCAP_ERROR with a sentence: the section has no interface of which `what` could be. */
int cst_pcapng_no_interface(capstan_pcapng_writer *w, uint32_t id, const char *what) __attribute__((cold));

/* NULL with a sentence: the section has no such interface. `what` is of it. */
static inline const struct cst_out_interface *cst_pcapng_find_interface(capstan_pcapng_writer *w, uint32_t id,
									 const char *what)
{
	if (__builtin_expect(id < w->interface_count, 1))
		return &w->interfaces[id];
	(void)cst_pcapng_no_interface(w, id, what);
	return NULL;
}

/* 0, or PCAP_ERROR with a sentence: the interface cannot say it. */
int cst_pcapng_count_ticks(capstan_pcapng_writer *w, const struct cst_out_interface *out,
			   const struct capstan_time *time, uint64_t *ticks);

static inline void cst_pcapng_put_start(FILE *file, uint32_t type, uint32_t total)
{
	const struct cst_pcapng_header header = { type, total };

	cst_stream_put(file, &header, sizeof(header));
}

/* Bytes (NULL if there are none), and zeros up to a multiple of 4. */
static inline void cst_pcapng_put_padded(FILE *file, const void *bytes, size_t count)
{
	static const char zeros[3];

	if (count > 0)
		cst_stream_put(file, bytes, count);
	cst_stream_put(file, zeros, cst_pcapng_padded(count) - count);
}

/* The end of a block that was put into the stream: 0 or PCAP_ERROR. */
static inline int cst_pcapng_put_end(capstan_pcapng_writer *w, uint32_t total)
{
	cst_stream_put(w->file, &total, sizeof(total));
	if (ferror_unlocked(w->file))
		return cst_pcapng_write_failed(w);
	w->written += total;
	return 0;
}

#endif
