/* scan.c - the blocks of a savefile through the library's reader, and which packets of them are wanted. */
#include "scan.h"

#include "device.h"
#include "expression.h"
#include "interrupt.h"
#include "privileges.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What a dead handle compiles for: as much as any packet has. */
#define SNAPLEN 262144

/* False: the reason is in `errbuf`, unless it was told. */
static bool open_reader(struct scan *s, const struct scan_wishes *w, char errbuf[static PCAP_ERRBUF_SIZE])
{
	FILE *stream = waiting_open(w->path, w->idle, w->idle_user);

	s->is_file = !stream && !errno;
	if (s->is_file)
		stream = strcmp(w->path, "-") ? fopen(w->path, "rbe") : stdin;
	if (!stream) {
		snprintf(errbuf, PCAP_ERRBUF_SIZE, "%s", strerror(errno));
		return false;
	}
	if (privileges_drop(s->command, w->user, w->keep))
		s->reader = capstan_pcapng_fopen(stream, errbuf);
	if (!s->reader && stream != stdin)
		fclose(stream);
	return s->reader;
}

bool scan_open(struct scan *s, const struct command *command, const struct scan_wishes *w)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";

	*s = (struct scan){ .command = command, .path = w->path, .only = w->only, .progress = w->progress };
	s->name = strcmp(w->path, "-") ? w->path : "standard input";
	if (w->filter_count) {
		s->expression = expression_join(w->filter_count, w->filter);
		if (!s->expression) {
			complain(command, "no memory for the filter expression");
			return false;
		}
	}
	if (open_reader(s, w, errbuf))
		return true;
	if (*errbuf)
		complain_of(command, s->name, errbuf);
	scan_close(s);
	return false;
}

const struct capstan_pcapng_interface *scan_interface(const struct scan *s, uint32_t interface_id)
{
	return capstan_pcapng_interface_of(s->reader, interface_id);
}

bool scan_is_finer_than_micro(const struct capstan_pcapng_interface *iface)
{
	uint8_t resolution = iface->present & CAPSTAN_PCAPNG_IF_TSRESOL ? iface->tsresol : 6;

	/* 2^-6 s is the last of its kind that is a whole number of microseconds. */
	return resolution & 0x80 ? resolution > 0x80 + 6 : resolution > 6;
}

bool scan_wants(const struct scan *s, uint32_t interface_id)
{
	const struct capstan_pcapng_interface *iface;
	unsigned long number;
	char *end;

	if (!s->only)
		return true;
	errno = 0;
	number = strtoul(s->only, &end, 10);
	if (*s->only >= '0' && *s->only <= '9' && !*end && !errno)
		return number == interface_id;
	iface = scan_interface(s, interface_id);
	return iface && iface->name && !strcmp(iface->name, s->only);
}

/* The program for packets of `dlt`, compiled when the first of them comes; NULL after a complaint. */
static const struct bpf_program *find_filter(struct scan *s, int dlt)
{
	struct scan_filter *filters;
	char room[16];
	pcap_t *p;

	for (size_t i = 0; i < s->filter_count; i++)
		if (s->filters[i].dlt == dlt)
			return &s->filters[i].program;
	filters = realloc(s->filters, (s->filter_count + 1) * sizeof(*filters));
	p = filters ? pcap_open_dead(dlt, SNAPLEN) : NULL;
	if (filters)
		s->filters = filters;
	if (!p) {
		progress_end(s->progress);
		complain(s->command, "no memory for a filter");
		return NULL;
	}
	if (pcap_compile(p, &s->filters[s->filter_count].program, s->expression, 1, PCAP_NETMASK_UNKNOWN) < 0) {
		progress_end(s->progress);
		expression_complain(s->command, s->expression, pcap_geterr(p));
		if (s->filter_count > 0)
			complain(s->command, "that is what it means for packets of link type %s, which %s has, too; "
				 "--interface leaves them out", linktype_name(dlt, room), s->name);
		pcap_close(p);
		return NULL;
	}
	pcap_close(p);
	s->filters[s->filter_count].dlt = dlt;
	return &s->filters[s->filter_count++].program;
}

/* 1: wanted; 0: not; -1 after a complaint. */
static int accepts(struct scan *s, const struct capstan_pcapng_packet *packet)
{
	const struct capstan_pcapng_interface *iface = scan_interface(s, packet->interface_id);
	const struct bpf_program *program;
	struct pcap_pkthdr h;

	if (!scan_wants(s, packet->interface_id))
		return 0;
	if (!s->expression)
		return 1;
	program = find_filter(s, iface->datalink);
	if (!program)
		return -1;
	h = (struct pcap_pkthdr){ .caplen = packet->caplen, .len = packet->len };
	return pcap_offline_filter(program, &h, packet->data) != 0;
}

/* An expression that nothing was held against may still be none. */
static enum scan_status end(struct scan *s)
{
	const struct capstan_pcapng_interface *iface;

	if (!s->expression || s->filter_count || interrupt_seen())
		return SCAN_END;
	iface = scan_interface(s, 0);
	return find_filter(s, iface ? iface->datalink : DLT_EN10MB) ? SCAN_END : SCAN_FAILED;
}

static enum scan_status end_by_interrupt(const struct scan *s)
{
	if (!s->is_file)
		return SCAN_END;
	progress_end(s->progress);
	complain(s->command, "%s: interrupted after %" PRIu64 " packets", s->name, s->packets);
	return SCAN_INTERRUPTED;
}

/* With the number of packets before it, unless the library has told that, too. */
static void tell_damage(const struct scan *s, const char *text)
{
	progress_end(s->progress);
	if (strstr(text, " whole packets"))
		complain_of(s->command, s->name, text);
	else
		complain(s->command, "%s: after %" PRIu64 " packets: %s", s->name, s->packets, text);
}

enum scan_status scan_next(struct scan *s, struct capstan_pcapng_block *block)
{
	int status;

	while (!interrupt_seen()) {
		status = capstan_pcapng_next(s->reader, block);
		if (status == 0)
			return end(s);
		if (status < 0) {
			/* A pipe that was left in mid-packet is no damage. */
			if (interrupt_seen())
				break;
			tell_damage(s, capstan_pcapng_read_error(s->reader));
			return SCAN_DAMAGED;
		}
		switch (block->kind) {
		case CAPSTAN_PCAPNG_SECTION:
			s->sections++;
			s->interfaces = 0;
			return SCAN_BLOCK;
		case CAPSTAN_PCAPNG_INTERFACE:
			s->interfaces++;
			return SCAN_BLOCK;
		case CAPSTAN_PCAPNG_PACKET:
			s->packets++;
			status = accepts(s, &block->u.packet);
			if (status < 0)
				return SCAN_FAILED;
			if (status == 0)
				break;
			return SCAN_BLOCK;
		default:
			return SCAN_BLOCK;
		}
	}
	return end_by_interrupt(s);
}

void scan_close(struct scan *s)
{
	capstan_pcapng_close(s->reader);
	for (size_t i = 0; i < s->filter_count; i++)
		pcap_freecode(&s->filters[i].program);
	free(s->filters);
	free(s->expression);
	*s = (struct scan){ 0 };
}
