/* summary.c - counts what passes and prints it. */
#include "summary.h"

#include "device.h"
#include "text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NS_PER_S UINT64_C(1000000000)

static const uint32_t size_bounds[SUMMARY_SIZES - 1] = { 64, 128, 256, 512, 1024, 1519, 9019 };

static bool is_before(const struct capstan_time *a, const struct capstan_time *b)
{
	return a->seconds != b->seconds ? a->seconds < b->seconds : a->nanoseconds < b->nanoseconds;
}

static char *keep(struct summary *s, const char *text)
{
	char *kept = text ? strndup(text, SUMMARY_MOST_TEXT) : NULL;

	s->out_of_memory |= text && !kept;
	return kept;
}

void summary_take_section(struct summary *s, const struct capstan_pcapng_section *section)
{
	s->section_begins = s->interface_count;
	if (s->sections++)
		return;
	s->application = keep(s, section->application);
	s->os = keep(s, section->os);
	s->hardware = keep(s, section->hardware);
}

static void name_resolution(char name[static 24], const struct capstan_pcapng_interface *iface)
{
	uint8_t resolution = iface->present & CAPSTAN_PCAPNG_IF_TSRESOL ? iface->tsresol : 6;

	if (resolution == 6)
		snprintf(name, 24, "microseconds");
	else if (resolution == 9)
		snprintf(name, 24, "nanoseconds");
	else
		snprintf(name, 24, "%d^-%d s", resolution & 0x80 ? 2 : 10, resolution & 0x7f);
}

void summary_take_interface(struct summary *s, const struct capstan_pcapng_interface *iface, bool wanted)
{
	struct summary_interface *room;

	s->all_interfaces += wanted;
	if (s->interface_count == SUMMARY_MOST_INTERFACES)
		return;
	room = realloc(s->interfaces, (s->interface_count + 1) * sizeof(*room));
	if (!room) {
		s->out_of_memory = true;
		return;
	}
	s->interfaces = room;
	room += s->interface_count++;
	*room = (struct summary_interface){ .wanted = wanted,
					    .section = s->sections,
					    .id = (uint32_t)(s->interface_count - 1 - s->section_begins),
					    .snaplen = iface->snaplen,
					    .dlt = iface->datalink,
					    .name = keep(s, iface->name),
					    .description = keep(s, iface->description),
					    .filter = keep(s, iface->filter) };
	name_resolution(room->resolution, iface);
}

/* In the present section; NULL: it is not in the list. */
static struct summary_interface *find_interface(struct summary *s, uint32_t id)
{
	return id < s->interface_count - s->section_begins ? &s->interfaces[s->section_begins + id] : NULL;
}

static bool is_same(const struct decode_protocol *a, const struct decode_protocol *b)
{
	/* Texts are the decoder's own, so equal ones have one address, mostly; else there are two lines. */
	return a->kind == b->kind && a->over == b->over && a->name == b->name && a->number == b->number;
}

/* Those that have been met often are near the front. */
static struct summary_protocol *find_protocol(struct summary *s, const struct decode_protocol *protocol)
{
	struct summary_protocol *room;

	for (size_t i = 0; i < s->protocol_count; i++) {
		if (!is_same(&s->protocols[i].protocol, protocol))
			continue;
		if (i > 0 && s->protocols[i - 1].tally.packets < s->protocols[i].tally.packets) {
			struct summary_protocol swapped = s->protocols[i];

			s->protocols[i] = s->protocols[i - 1];
			s->protocols[--i] = swapped;
		}
		return &s->protocols[i];
	}
	if (s->protocol_count == SUMMARY_MOST_PROTOCOLS)
		return NULL;
	room = realloc(s->protocols, (s->protocol_count + 1) * sizeof(*room));
	if (!room) {
		s->out_of_memory = true;
		return NULL;
	}
	s->protocols = room;
	room += s->protocol_count++;
	*room = (struct summary_protocol){ .protocol = *protocol };
	return room;
}

static void count(struct tally *tally, uint32_t bytes)
{
	tally->packets++;
	tally->bytes += bytes;
}

static void take_time(struct summary *s, const struct capstan_time *ts)
{
	if (!s->has_time) {
		s->has_time = s->in_order = true;
		s->first = s->last = s->latest = *ts;
		return;
	}
	s->in_order &= !is_before(ts, &s->last);
	s->last = *ts;
	if (is_before(ts, &s->first))
		s->first = *ts;
	if (is_before(&s->latest, ts))
		s->latest = *ts;
}

void summary_take_packet(struct summary *s, const struct capstan_pcapng_packet *packet, struct decode_protocol protocol)
{
	struct summary_interface *iface = find_interface(s, packet->interface_id);
	struct summary_protocol *p = find_protocol(s, &protocol);
	size_t size = 0;

	if (!s->all.packets || packet->len < s->smallest)
		s->smallest = packet->len;
	if (packet->len > s->largest)
		s->largest = packet->len;
	count(&s->all, packet->len);
	s->saved_bytes += packet->caplen;
	while (size < SUMMARY_SIZES - 1 && packet->len >= size_bounds[size])
		size++;
	s->sizes[size]++;
	if (!(packet->present & CAPSTAN_PCAPNG_NO_TIME))
		take_time(s, &packet->ts);
	s->comments += packet->options.comment != NULL;
	count(p ? &p->tally : &s->other_protocols, packet->len);
	if (!iface)
		return;
	count(&iface->tally, packet->len);
	if (packet->present & CAPSTAN_PCAPNG_DROPCOUNT)
		iface->dropped += packet->dropcount;
}

void summary_take_statistics(struct summary *s, const struct capstan_pcapng_statistics *statistics)
{
	struct summary_interface *iface = find_interface(s, statistics->interface_id);

	if (!iface)
		return;
	iface->statistics = *statistics;
	iface->statistics.options = (struct capstan_pcapng_options){ 0 };
}

uint64_t summary_duration_ns(const struct summary *s)
{
	uint64_t seconds = (uint64_t)s->latest.seconds - (uint64_t)s->first.seconds;

	if (seconds > UINT64_MAX / NS_PER_S - 1)
		return UINT64_MAX;
	return seconds * NS_PER_S + s->latest.nanoseconds - s->first.nanoseconds;
}

static void print_foreign(const char *before, const char *text)
{
	char room[512];
	struct text t = { room, sizeof(room) };

	if (!text)
		return;
	*room = '\0';
	text_put_foreign(&t, text);
	printf("%s%s", before, room);
}

static void print_time(const char *title, const struct capstan_time *ts)
{
	time_t seconds = ts->seconds;
	struct tm local;
	char stamp[64];

	if (!localtime_r(&seconds, &local) || !strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S", &local))
		snprintf(stamp, sizeof(stamp), "%" PRId64, ts->seconds);
	printf("%-12s %s.%09" PRIu32 "\n", title, stamp, ts->nanoseconds);
}

static void print_times(const struct summary *s)
{
	uint64_t ns = summary_duration_ns(s);

	if (!s->has_time)
		return;
	print_time("first", &s->first);
	print_time("last", &s->latest);
	printf("%-12s %" PRIu64 ".%09" PRIu64 " s%s\n", "duration", ns / NS_PER_S, ns % NS_PER_S,
	       s->in_order ? "" : ", not in order of time");
	if (ns > 0)
		printf("%-12s %.1f packets/s, %.3f Mbit/s\n", "rate", (double)s->all.packets * 1e9 / (double)ns,
		       (double)s->all.bytes * 8e3 / (double)ns);
}

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

static void print_sizes(const struct summary *s)
{
	uint32_t from = 0;
	char range[32];

	printf("%-12s %" PRIu32 " to %" PRIu32 " bytes, %.1f on average\n", "packet size", s->smallest, s->largest,
	       (double)s->all.bytes / (double)s->all.packets);
	for (size_t i = 0; i < SUMMARY_SIZES; i++) {
		if (i < SUMMARY_SIZES - 1)
			snprintf(range, sizeof(range), "%" PRIu32 " to %" PRIu32, from, size_bounds[i] - 1);
		else
			snprintf(range, sizeof(range), "%" PRIu32 " and more", from);
		if (s->sizes[i])
			printf("  %-26s %12" PRIu64 " packets %5.1f %%\n", range, s->sizes[i],
			       percent(s->sizes[i], s->all.packets));
		from = i < SUMMARY_SIZES - 1 ? size_bounds[i] : from;
	}
}

static int by_packets(const void *a, const void *b)
{
	const struct summary_protocol *left = a, *right = b;

	return (left->tally.packets < right->tally.packets) - (left->tally.packets > right->tally.packets);
}

static void print_protocol(const struct summary *s, const char *name, const struct tally *tally)
{
	printf("  %-26s %12" PRIu64 " packets %5.1f %%, %" PRIu64 " bytes\n", name, tally->packets,
	       percent(tally->packets, s->all.packets), tally->bytes);
}

static void print_protocols(const struct summary *s)
{
	char name[DECODE_PROTOCOL_SIZE];

	qsort(s->protocols, s->protocol_count, sizeof(*s->protocols), by_packets);
	puts("protocols");
	for (size_t i = 0; i < s->protocol_count; i++) {
		decode_protocol_name(name, &s->protocols[i].protocol);
		print_protocol(s, name, &s->protocols[i].tally);
	}
	if (s->other_protocols.packets)
		print_protocol(s, "others", &s->other_protocols);
}

static void print_count(uint32_t present, uint32_t bit, uint64_t number, const char *what, const char **before)
{
	if (!(present & bit))
		return;
	printf("%s%" PRIu64 " %s", *before, number, what);
	*before = ", ";
}

static void print_interface(const struct summary_interface *iface, bool several_sections)
{
	const struct capstan_pcapng_statistics *counts = &iface->statistics;
	const char *before = "\n    ";
	char room[16];

	printf("  %" PRIu32, iface->id);
	if (several_sections)
		printf(" of section %" PRIu64, iface->section);
	print_foreign(" ", iface->name);
	print_foreign(", ", iface->description);
	printf(": link type %s, %s, ", linktype_name(iface->dlt, room), iface->resolution);
	if (iface->snaplen)
		printf("snaplen %" PRIu32, iface->snaplen);
	else
		printf("no snaplen");
	print_foreign(", filter ", iface->filter);
	printf("; %" PRIu64 " packets, %" PRIu64 " bytes", iface->tally.packets, iface->tally.bytes);
	print_count(counts->present, CAPSTAN_PCAPNG_ISB_IFRECV, counts->ifrecv, "received", &before);
	print_count(counts->present, CAPSTAN_PCAPNG_ISB_FILTERACCEPT, counts->filteraccept, "accepted by filter", &before);
	print_count(counts->present, CAPSTAN_PCAPNG_ISB_OSDROP, counts->osdrop, "dropped by kernel", &before);
	print_count(counts->present, CAPSTAN_PCAPNG_ISB_IFDROP, counts->ifdrop, "dropped by interface", &before);
	print_count(counts->present, CAPSTAN_PCAPNG_ISB_USRDELIV, counts->usrdeliv, "delivered", &before);
	if (iface->dropped)
		printf("%s%" PRIu64 " lost between packets", before, iface->dropped);
	putchar('\n');
}

static void print_origin(const struct summary *s)
{
	print_foreign("application  ", s->application);
	print_foreign(s->application ? "\nsystem       " : "system       ", s->os);
	print_foreign(s->application || s->os ? "\nhardware     " : "hardware     ", s->hardware);
	if (s->application || s->os || s->hardware)
		putchar('\n');
}

void summary_print(const struct summary *s)
{
	uint64_t printed = 0;

	print_origin(s);
	printf("%-12s %" PRIu64 ", %" PRIu64 " bytes (%" PRIu64 " saved)", "packets", s->all.packets, s->all.bytes,
	       s->saved_bytes);
	if (s->comments)
		printf(", %" PRIu64 " with comment", s->comments);
	putchar('\n');
	print_times(s);
	if (s->all.packets) {
		print_sizes(s);
		print_protocols(s);
	}
	puts("interfaces");
	for (size_t i = 0; i < s->interface_count; i++) {
		if (!s->interfaces[i].wanted)
			continue;
		print_interface(&s->interfaces[i], s->sections > 1);
		printed++;
	}
	if (printed < s->all_interfaces)
		printf("  and others: there are %" PRIu64 " in all\n", s->all_interfaces);
}

void summary_free(struct summary *s)
{
	for (size_t i = 0; i < s->interface_count; i++) {
		free(s->interfaces[i].name);
		free(s->interfaces[i].description);
		free(s->interfaces[i].filter);
	}
	free(s->interfaces);
	free(s->protocols);
	free(s->application);
	free(s->os);
	free(s->hardware);
	*s = (struct summary){ 0 };
}
