/* open.c - opening a savefile: from a path, a stream or a descriptor; its first bytes choose the format. */
#include "names/linktypes.h"
#include "savefile/savefile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC_BYTES CST_INPUT_MAGIC_BYTES

static const struct savefile_format *const formats[] = {
	&cst_pcap_format,
	&cst_pcapng_format,
};

/* Files that people do try to open: naming the kind helps more than "unknown". */
static const struct {
	uint8_t magic[MAGIC_BYTES];
	uint8_t bytes; /* of `magic` that count */
	const char *what, *cure;
} unread_kinds[] = {
	{ { 0x02, 0x21, 0x4c, 0x18 }, 4, "compressed with lz4 in its legacy format", "unpack it with unlz4" },
	{ { 0xfd, '7', 'z', 'X' }, 4, "compressed with xz", "unpack it with unxz" },
	{ { 'B', 'Z', 'h' }, 3, "compressed with bzip2", "unpack it with bunzip2" },
	{ { 'P', 'K', 3, 4 }, 4, "a zip archive", "unpack it with unzip" },
	{ { 'R', 'T', 'S', 'S' }, 4, "a Windows Sniffer file", "convert it with editcap -F pcap" },
	{ { 0x1c, 0x00, 0x01, 0xac }, 4, "an IXIA hardware capture (lcap)", "convert it with editcap -F pcap" },
	{ { 0xac, 0x01, 0x00, 0x1c }, 4, "an IXIA hardware capture (lcap)", "convert it with editcap -F pcap" },
	{ { 0x1c, 0x00, 0x01, 0xab }, 4, "an IXIA software capture (lcap)", "convert it with editcap -F pcap" },
	{ { 0xab, 0x01, 0x00, 0x1c }, 4, "an IXIA software capture (lcap)", "convert it with editcap -F pcap" },
};

int cst_savefile_set_filter(pcap_t *p, const struct bpf_program *program)
{
	(void)p;
	(void)program;
	return 0; /* the delivery loop applies it */
}

void cst_savefile_close(pcap_t *p)
{
	struct savefile *f = p->source;

	cst_input_close(&f->in);
	/* The program may still read what follows on its standard input, so that stays open. */
	if (p->file && p->file != stdin)
		fclose(p->file);
	free(f->name);
	free(f);
}

/* 0 means unlimited to some writers, and negative numbers mean nothing. */
int cst_savefile_snaplen(int dlt, int32_t in_file)
{
	return in_file > 0 ? in_file : cst_linktype_max_snaplen(dlt);
}

/* What a few link types need besides. Each packet passes here once, and lies in memory of ours. */
static void mend_headers(const pcap_t *p, const struct savefile *f, struct cst_packet *packets, unsigned int count)
{
	for (struct cst_packet *packet = packets; packet < packets + count; packet++) {
		if (f->swap_header)
			f->swap_header((uint8_t *)(uintptr_t)packet->data, packet->h.caplen, packet->h.len);
		if (p->dlt == DLT_USB_LINUX_MMAPPED)
			packet->h.len = cst_usb_iso_length(packet->data, packet->h.caplen, packet->h.len);
	}
}

int cst_savefile_hand_over(pcap_t *p, struct cst_batch *b, unsigned int count)
{
	struct savefile *f = p->source;

	f->packets += count;
	if (f->swap_header || p->dlt == DLT_USB_LINUX_MMAPPED)
		mend_headers(p, f, b->packets, count);
	return (int)count;
}

int cst_savefile_read_failed(pcap_t *p)
{
	struct savefile *f = p->source;

	if (f->in.why)
		return cst_fail(p, PCAP_ERROR, "%s: unpacking failed after %llu whole packets: %s", f->name,
				(unsigned long long)f->packets, f->in.why);
	return cst_fail_errno(p, PCAP_ERROR, "%s: reading at byte %llu, after %llu whole packets", f->name,
			      (unsigned long long)cst_input_offset(&f->in), (unsigned long long)f->packets);
}

int cst_savefile_header_failed(pcap_t *p, const char *name, const struct cst_input *in, enum cst_input_status status,
			       const char *what, size_t bytes)
{
	cst_input_header_error(in, status, name, what, bytes, p->errbuf);
	return PCAP_ERROR;
}

static int unknown_format(pcap_t *p, const char *name, const uint8_t magic[static MAGIC_BYTES])
{
	for (size_t i = 0; i < sizeof(unread_kinds) / sizeof(unread_kinds[0]); i++)
		if (memcmp(magic, unread_kinds[i].magic, unread_kinds[i].bytes) == 0)
			return cst_fail(p, PCAP_ERROR, "%s: is %s, which this version of Capstan cannot read; %s",
					name, unread_kinds[i].what, unread_kinds[i].cure);
	return cst_fail(p, PCAP_ERROR, "%s: unknown file format, it begins with %02x %02x %02x %02x", name, magic[0],
			magic[1], magic[2], magic[3]);
}

/* An input whose first bytes have been read and are unused; `in` is given to the
 * handle's reader once a format has claimed it, and is empty then. */
static int choose_format(pcap_t *p, struct cst_input *in, const char *name)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (!formats[i]->claims(in->block + in->at))
			continue;
		struct savefile *f = calloc(1, formats[i]->state_bytes);
		if (!f || !(f->name = strdup(name))) {
			free(f);
			return cst_fail_errno(p, PCAP_ERROR, "%s: allocating the reader's state", name);
		}
		f->in = *in;
		*in = (struct cst_input){ 0 };
		p->source = f;
		return formats[i]->open(p);
	}
	return unknown_format(p, name, in->block + in->at);
}

static int attach(pcap_t *p, struct cst_input *in, FILE *file, const char *name)
{
	const bool may_wait = in->feed.may_wait;
	int status = choose_format(p, in, name);

	if (status < 0)
		return status;
	p->select_fd = fileno(file);
	return may_wait ? cst_handle_make_wakeable(p) : 0;
}

pcap_t *cst_savefile_handle(struct cst_input *in, FILE *file, const char *name, u_int precision, char *errbuf)
{
	pcap_t *p = cst_handle_new(CST_SAVEFILE, errbuf);

	if (!p)
		return NULL;
	p->options.tstamp_precision = (int)precision;
	if (attach(p, in, file, name) < 0) {
		cst_error(errbuf, "%s", p->errbuf);
		if (p->source && !p->ops) /* half-opened; else pcap_close() knows how */
			cst_savefile_close(p);
		pcap_close(p);
		return NULL;
	}
	p->file = file;
	return p;
}

/* The handle owns `file` on success; on failure it is still the caller's. */
static pcap_t *open_stream(FILE *file, const char *name, u_int precision, char *errbuf)
{
	struct cst_input in;
	pcap_t *p = NULL;

	if (precision != PCAP_TSTAMP_PRECISION_MICRO && precision != PCAP_TSTAMP_PRECISION_NANO) {
		cst_error(errbuf, "%s: time stamp precision %u is neither PCAP_TSTAMP_PRECISION_MICRO nor _NANO", name,
			  precision);
		return NULL;
	}
	if (cst_input_start(&in, file, name, errbuf) == 0)
		p = cst_savefile_handle(&in, file, name, precision, errbuf);
	cst_input_close(&in);
	return p;
}

pcap_t *pcap_fopen_offline_with_tstamp_precision(FILE *fp, u_int precision, char *errbuf)
{
	if (!fp) {
		cst_error(errbuf, "pcap_fopen_offline() needs a stream, and was given NULL");
		return NULL;
	}
	return open_stream(fp, fp == stdin ? "standard input" : "savefile", precision, errbuf);
}

pcap_t *pcap_open_offline_with_tstamp_precision(const char *fname, u_int precision, char *errbuf)
{
	if (!fname) {
		cst_error(errbuf, "pcap_open_offline() needs a file name, and was given NULL");
		return NULL;
	}
	if (strcmp(fname, "-") == 0)
		return pcap_fopen_offline_with_tstamp_precision(stdin, precision, errbuf);
	FILE *file = fopen(fname, "rbe");
	if (!file) {
		cst_error_errno(errbuf, errno, "%s", fname);
		return NULL;
	}
	pcap_t *p = open_stream(file, fname, precision, errbuf);
	if (!p)
		fclose(file);
	return p;
}

/* The stream made of the descriptor owns it at once: it is closed on failure, too. */
pcap_t *pcap_hopen_offline_with_tstamp_precision(intptr_t osfd, u_int precision, char *errbuf)
{
	FILE *file = fdopen((int)osfd, "rb");

	if (!file) {
		cst_error_errno(errbuf, errno, "file descriptor %ld", (long)osfd);
		return NULL;
	}
	pcap_t *p = open_stream(file, "savefile", precision, errbuf);
	if (!p)
		fclose(file);
	return p;
}

pcap_t *pcap_open_offline(const char *fname, char *errbuf)
{
	return pcap_open_offline_with_tstamp_precision(fname, PCAP_TSTAMP_PRECISION_MICRO, errbuf);
}

pcap_t *pcap_fopen_offline(FILE *fp, char *errbuf)
{
	return pcap_fopen_offline_with_tstamp_precision(fp, PCAP_TSTAMP_PRECISION_MICRO, errbuf);
}

pcap_t *pcap_hopen_offline(intptr_t osfd, char *errbuf)
{
	return pcap_hopen_offline_with_tstamp_precision(osfd, PCAP_TSTAMP_PRECISION_MICRO, errbuf);
}
