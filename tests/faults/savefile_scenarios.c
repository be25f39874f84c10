/* savefile_scenarios.c - files written and read again, of both formats, compressed in each way. What a failed call leaves is
 * no file; what a call says is in the file is. */
#include "scenarios.h"

#include "../live/netlab.h"
#include "refuse.h"

#include <capstan/pcapng.h>
#include <capstan/savefile.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As many as fill more than the reader unpacks by itself, so that its thread is there, too. */
enum { PACKETS = 3000, FEW = 20, BYTES = 100 };

static char path[] = "/tmp/capstan-refused-XXXXXX", errbuf[PCAP_ERRBUF_SIZE];

struct file {
	enum capstan_compression kind;
	uint32_t packets;
};

static bool fails(const char *text)
{
	if (text != errbuf)
		snprintf(errbuf, sizeof(errbuf), "%s", text);
	return false;
}

static struct pcap_pkthdr header(uint32_t number, uint8_t frame[static BYTES])
{
	netlab_fill(frame, BYTES, number);
	return (struct pcap_pkthdr){ .ts = { .tv_sec = number }, .caplen = BYTES, .len = BYTES };
}

static void make_path(void)
{
	refuse_pause();
	memcpy(path + strlen(path) - 6, "XXXXXX", 6);
	close(mkstemp(path));
	refuse_resume();
}

static void remove_path(void)
{
	refuse_pause();
	unlink(path);
	refuse_resume();
}

/* ---- writing ---- */

static bool dump(pcap_dumper_t *dumper, uint32_t first, uint32_t packets)
{
	uint8_t frame[BYTES];

	for (uint32_t i = 0; i < packets; i++) {
		const struct pcap_pkthdr h = header(first + i, frame);
		pcap_dump((u_char *)dumper, &h, frame);
	}
	return capstan_dump_close(dumper, errbuf) == 0;
}

static bool write_pcap(const struct file *file)
{
	pcap_t *p = pcap_open_dead(DLT_EN10MB, 65535);

	if (!p)
		return fails("no text, as documented");
	pcap_dumper_t *dumper = capstan_dump_open(p, path, file->kind, 0);
	const bool done = dumper ? dump(dumper, 1, file->packets) : fails(pcap_geterr(p));
	pcap_close(p);
	return done;
}

static bool append_pcap(uint32_t first, uint32_t packets)
{
	pcap_t *p = pcap_open_dead(DLT_EN10MB, 65535);

	if (!p)
		return fails("no text, as documented");
	pcap_dumper_t *dumper = pcap_dump_open_append(p, path);
	const bool done = dumper ? dump(dumper, first, packets) : fails(pcap_geterr(p));
	pcap_close(p);
	return done;
}

static bool put_blocks(capstan_pcapng_writer *writer, uint32_t packets)
{
	const char *const names[] = { "one", "two" };
	const struct capstan_pcapng_name name = { CAPSTAN_PCAPNG_IPV4, { 127, 0, 0, 1 }, names, 2 };
	const struct capstan_pcapng_interface iface = { .datalink = DLT_EN10MB, .name = "eth0", .options.comment = "c" };
	uint8_t frame[BYTES];

	if (capstan_pcapng_add_interface(writer, &iface) != 0 ||
	    capstan_pcapng_put_names(writer, &(struct capstan_pcapng_names){ .records = &name, .record_count = 1 }) != 0)
		return false;
	for (uint32_t i = 1; i <= packets; i++) {
		const struct pcap_pkthdr h = header(i, frame);
		if (capstan_pcapng_put_packet(writer, 0, &h, frame) != 0)
			return false;
	}
	return capstan_pcapng_flush(writer) == 0;
}

static bool write_pcapng(const struct file *file)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	capstan_pcapng_writer *writer = capstan_pcapng_create(path, file->kind, 0, NULL, errbuf);

	if (!writer)
		return false;
	const bool put = put_blocks(writer, file->packets);
	if (!put)
		snprintf(why, sizeof(why), "%s", capstan_pcapng_write_error(writer));
	const bool finished = capstan_pcapng_finish(writer, errbuf) == 0;
	return put ? finished : fails(why);
}

/* ---- reading ---- */

static void check(uint32_t number, uint32_t caplen, const void *data)
{
	uint8_t frame[BYTES];

	netlab_fill(frame, BYTES, number);
	if (caplen != BYTES || memcmp(frame, data, BYTES) != 0)
		fail_msg("packet %u is another one, of %u bytes", number, caplen);
}

static bool read_packets(uint32_t packets)
{
	struct pcap_pkthdr *h;
	const u_char *data;
	uint32_t number = 0;
	pcap_t *p = pcap_open_offline(path, errbuf);
	int status;

	if (!p)
		return false;
	while ((status = pcap_next_ex(p, &h, &data)) == 1)
		check(++number, h->caplen, data);
	if (status != PCAP_ERROR_BREAK)
		fails(pcap_geterr(p));
	pcap_close(p);
	if (status == PCAP_ERROR_BREAK && number != packets)
		fail_msg("the file ends after %u of %u packets", number, packets);
	return status == PCAP_ERROR_BREAK;
}

static bool read_blocks(uint32_t packets)
{
	struct capstan_pcapng_block block;
	uint32_t number = 0;
	capstan_pcapng_reader *reader = capstan_pcapng_open(path, errbuf);
	int status;

	if (!reader)
		return false;
	while ((status = capstan_pcapng_next(reader, &block)) == 1)
		if (block.kind == CAPSTAN_PCAPNG_PACKET)
			check(++number, block.u.packet.caplen, block.u.packet.data);
	if (status < 0)
		fails(capstan_pcapng_read_error(reader));
	capstan_pcapng_close(reader);
	if (status == 0 && number != packets)
		fail_msg("the file ends after %u of %u packets", number, packets);
	return status == 0;
}

/* ---- scenarios ---- */

/* Dumped packets are in the file, or closing says that they are not. */
static void write_pcap_file(const void *with)
{
	const struct file *file = with;

	make_path();
	TRY(write_pcap(file), errbuf);
	TRY(read_packets(file->packets), errbuf);
	TRY(read_blocks(file->packets), errbuf);
	remove_path();
}

static void write_pcapng_file(const void *with)
{
	const struct file *file = with;

	make_path();
	TRY(write_pcapng(file), errbuf);
	TRY(read_packets(file->packets), errbuf);
	TRY(read_blocks(file->packets), errbuf);
	remove_path();
}

static void append(const void *with)
{
	const struct file *file = with;

	make_path();
	TRY(write_pcap(file), errbuf);
	if (append_pcap(file->packets + 1, file->packets)) {
		TRY(read_packets(2 * file->packets), errbuf);
	} else { /* how much of it is there nobody says */
		trial_told("appending", errbuf);
	}
	remove_path();
}

static void open_savefile_source(const void *with)
{
	char source[PCAP_BUF_SIZE];
	const struct file *file = with;
	pcap_t *p;

	make_path();
	TRY(write_pcap(file), errbuf);
	TRY(pcap_createsrcstr(source, PCAP_SRC_FILE, NULL, NULL, path, errbuf) == 0, errbuf);
	TRY((p = pcap_open(source, 65535, 0, 0, NULL, errbuf)) != NULL, errbuf);
	pcap_close(p);
	remove_path();
}

static const struct file plain = { CAPSTAN_COMPRESSION_NONE, PACKETS }, gzip = { CAPSTAN_COMPRESSION_GZIP, PACKETS },
			 zstd = { CAPSTAN_COMPRESSION_ZSTD, PACKETS }, lz4 = { CAPSTAN_COMPRESSION_LZ4, PACKETS },
			 small = { CAPSTAN_COMPRESSION_NONE, FEW };

const struct scenario savefile_scenarios[] = {
	{ "append", append, &small, 0 },
	{ "pcap", write_pcap_file, &plain, 0 },
	{ "pcap, gzip", write_pcap_file, &gzip, 0 },
	{ "pcap, lz4", write_pcap_file, &lz4, 0 },
	{ "pcap, zstd", write_pcap_file, &zstd, 0 },
	{ "pcapng", write_pcapng_file, &plain, 0 },
	{ "pcapng, gzip", write_pcapng_file, &gzip, 0 },
	{ "pcapng, lz4", write_pcapng_file, &lz4, 0 },
	{ "pcapng, zstd", write_pcapng_file, &zstd, 0 },
	{ "savefile as a source", open_savefile_source, &small, 0 },
	{ NULL, NULL, NULL, 0 },
};
