/* classic_file.h - a pcap file made by hand, opened and read: what is expected of it. */
#ifndef CLASSIC_FILE_H
#define CLASSIC_FILE_H

#include <pcap.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#define MICRO	 0xa1b2c3d4u
#define NANO	 0xa1b23c4du
#define MODIFIED 0xa1b2cd34u

/* A savefile under construction. */
struct file {
	uint8_t bytes[4096];
	size_t size;
	bool big_endian;
};

void put_header(struct file *f, uint32_t magic, int major, int minor, uint32_t snaplen, uint32_t linktype);
void put_record_header(struct file *f, uint32_t seconds, uint32_t fraction, uint32_t caplen, uint32_t len);
/* Data bytes count up from `first`. */
void put_data(struct file *f, uint8_t first, uint32_t caplen);
void put_record(struct file *f, uint32_t seconds, uint32_t fraction, uint32_t caplen);
struct file plain_file(void);
/* An unnamed file that holds `f`, at its start. */
FILE *on_disk(const struct file *f);
pcap_t *open_file(const struct file *f, u_int precision);
/* The text of the failure to open `f`. */
const char *open_error(const struct file *f);
void expect_packet(pcap_t *p, time_t seconds, long fraction, uint32_t caplen);
void expect_end(pcap_t *p);
void expect_error(pcap_t *p, const char *part);

#endif
