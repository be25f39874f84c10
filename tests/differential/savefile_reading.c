/* savefile_reading.c - a savefile read by Capstan and by libpcap: packets, answers and verdicts compared, and what is meant
 * to differ. */
#include "savefile_reading.h"
#include "oracle.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#define FINE_TICKS "all stamps of such interfaces lie in the first second, none is wrong"


#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static const char *const getter_names[7] = {
	"pcap_snapshot", "pcap_datalink", "pcap_datalink_ext", "pcap_is_swapped", "pcap_major_version",
	"pcap_minor_version", "pcap_get_tstamp_precision",
};

const struct library library_ours = {
	"Capstan", pcap_open_offline_with_tstamp_precision, pcap_fopen_offline_with_tstamp_precision, pcap_close,
	pcap_geterr, pcap_next_ex, pcap_loop, pcap_dispatch, pcap_compile, pcap_setfilter, pcap_freecode,
	pcap_dump_open, pcap_dump, pcap_dump_close,
	{ pcap_snapshot, pcap_datalink, pcap_datalink_ext, pcap_is_swapped, pcap_major_version, pcap_minor_version,
	  pcap_get_tstamp_precision },
};

const struct library *library_theirs(void)
{
	static struct library theirs;

	if (theirs.name)
		return &theirs;
	theirs = (struct library){
		"libpcap", oracle_symbol("pcap_open_offline_with_tstamp_precision"),
		oracle_symbol("pcap_fopen_offline_with_tstamp_precision"), oracle_symbol("pcap_close"),
		oracle_symbol("pcap_geterr"), oracle_symbol("pcap_next_ex"), oracle_symbol("pcap_loop"),
		oracle_symbol("pcap_dispatch"), oracle_symbol("pcap_compile"), oracle_symbol("pcap_setfilter"),
		oracle_symbol("pcap_freecode"), oracle_symbol("pcap_dump_open"), oracle_symbol("pcap_dump"),
		oracle_symbol("pcap_dump_close"), { NULL },
	};
	for (size_t i = 0; i < COUNT(getter_names); i++)
		theirs.getters[i] = oracle_symbol(getter_names[i]);
	return &theirs;
}

/* ---- differences on purpose ---- */

/* libpcap reads seconds and fractions of classic files from 2^31 on as negative. */
static bool same_but_for_sign(const char *mine, const char *reference)
{
	return atoll(mine) >= 0 && (uint32_t)atoll(mine) == (uint32_t)atoll(reference);
}

/* The same, scaled to the precision that was asked for afterwards. */
static bool same_but_for_sign_scaled(const char *mine_text, const char *reference_text)
{
	const long long mine = atoll(mine_text), reference = atoll(reference_text);

	if (mine < 0 || reference > 0)
		return false;
	if (mine > UINT32_MAX)
		return mine % 1000 == 0 && (int32_t)(uint32_t)(mine / 1000) * 1000LL == reference;
	for (int rest = 0; rest < 1000; rest++)
		if (mine * 1000 + rest > INT32_MAX &&
		    (int32_t)(uint32_t)(mine * 1000 + rest) / 1000 == reference)
			return true;
	return false;
}

/* Of "-1 after 3 packets: ...". */
static long long packets_in(const char *end)
{
	const char *after = strstr(end, " after ");

	return after ? atoll(after + 7) : -1;
}

static bool no_fewer_packets(const char *mine, const char *reference)
{
	return packets_in(mine) >= packets_in(reference);
}

/* File, question and answers are patterns, fnmatch(3); answers may be held to a function as well. The answer of opening is
 * a sentence or "", of reading to the end a status, how many packets, and a sentence. */
static struct difference {
	const char *file, *question, *ours, *theirs;
	bool (*same)(const char *mine, const char *reference);
	const char *reason;
	unsigned int met;
} differences[] = {
	{ "*", "open", "*reserved bits set*", "", NULL, "newer versions of libpcap refuse such a link type field, too", 0 },
	{ "*", "packet *'s seconds", "*", "*", same_but_for_sign, "seconds from 2^31 on are of 2038 and later", 0 },
	{ "*", "packet *'s fraction", "*", "*", same_but_for_sign, "fractions from 2^31 on are wrong, not negative", 0 },
	{ "*", "packet *'s fraction", "*", "*", same_but_for_sign_scaled, "fractions from 2^31 on, scaled", 0 },
	{ "*", "filter", "1", "0", NULL, "Capstan knows where the network layer is in more link types", 0 },
	{ "*pcapng*", "packet *'s seconds", "9223372036854775807", "-*", NULL, "time ends there, and does not begin anew", 0 },
	{ "*tsresol-bf*", "packet *'s fraction", "*", "*", NULL, "2^-63 s times 10^9 is more than 64 bits hold", 0 },
	{ "*pcapng*", "open", "", "*if_tsresol option resolution * is too high", NULL, FINE_TICKS, 0 },
	{ "*pcapng*", "end", "*", "*if_tsresol option resolution * is too high", no_fewer_packets, FINE_TICKS, 0 },
	{ "*both-orders*", "end", "*", "*: pcapng block size 469762048 > maximum *", no_fewer_packets,
	  "libpcap reads the length of a section header in the byte order of the section before", 0 },
};

static const char *about = "", *how = "";
static unsigned int wrong, meant;
static unsigned long long openings, packets_compared;

void reading_about(const char *file, const char *way)
{
	about = file;
	how = way;
}

void reading_disagree(const char *question, const char *mine, const char *reference)
{
	for (struct difference *d = differences; d < differences + COUNT(differences); d++) {
		if (fnmatch(d->file, about, 0) == 0 && fnmatch(d->question, question, 0) == 0 &&
		    fnmatch(d->ours, mine, 0) == 0 && fnmatch(d->theirs, reference, 0) == 0 &&
		    (!d->same || d->same(mine, reference))) {
			d->met++;
			meant++;
			return;
		}
	}
	printf("%s, %s: %s: Capstan \"%s\", libpcap \"%s\"\n", about, how, question, mine, reference);
	wrong++;
}

void reading_compare_number(const char *question, long long mine, long long reference)
{
	char a[32], b[32];

	if (mine == reference)
		return;
	snprintf(a, sizeof(a), "%lld", mine);
	snprintf(b, sizeof(b), "%lld", reference);
	reading_disagree(question, a, b);
}

/* ---- packets ---- */

void reading_note(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct reading *to = (struct reading *)(void *)user;
	uint64_t sum = 0xcbf29ce484222325;

	if (to->count == to->room) {
		to->room = to->room ? 2 * to->room : 1024;
		to->packets = realloc(to->packets, to->room * sizeof(to->packets[0]));
		if (!to->packets) {
			puts("out of memory");
			exit(1);
		}
	}
	for (uint32_t i = 0; i < h->caplen; i++)
		sum = (sum ^ data[i]) * 0x100000001b3;
	to->packets[to->count++] = (struct reading_packet){ *h, sum };
	if (to->dumper)
		to->lib->dump((u_char *)to->dumper, h, data);
}

void reading_close(struct reading *r)
{
	if (r->p)
		r->lib->close(r->p);
	r->p = NULL;
}

/* ---- comparing ---- */

/* Texts may differ; ours has to be a sentence. */
static void expect_sentence(const char *mine, const char *reference)
{
	if (strlen(mine) < 20 || !strchr(mine, ' '))
		reading_disagree("sentence", mine, reference);
}

void reading_compare_opening(const struct reading *mine, const struct reading *reference)
{
	openings++;
	if (!mine->p != !reference->p)
		reading_disagree("open", mine->text, reference->text);
	else if (!mine->p)
		expect_sentence(mine->text, reference->text);
}

void reading_compare_answers(const struct reading *mine, const struct reading *reference)
{
	for (size_t i = 0; i < COUNT(getter_names); i++)
		reading_compare_number(getter_names[i], mine->lib->getters[i](mine->p),
				       reference->lib->getters[i](reference->p));
}

static void compare_packets(const struct reading *mine, const struct reading *reference)
{
	const size_t common = mine->count < reference->count ? mine->count : reference->count;
	char question[64];

	for (size_t i = 0; i < common; i++) {
		const struct reading_packet *a = &mine->packets[i], *b = &reference->packets[i];
		const unsigned int before = wrong;
		const struct {
			const char *name;
			long long mine, reference;
		} fields[] = {
			{ "seconds", a->h.ts.tv_sec, b->h.ts.tv_sec },
			{ "fraction", a->h.ts.tv_usec, b->h.ts.tv_usec },
			{ "caplen", a->h.caplen, b->h.caplen },
			{ "len", a->h.len, b->h.len },
			{ "data", (long long)a->data, (long long)b->data },
		};

		for (size_t k = 0; k < COUNT(fields); k++) {
			if (fields[k].mine == fields[k].reference)
				continue;
			snprintf(question, sizeof(question), "packet %zu's %s", i + 1, fields[k].name);
			reading_compare_number(question, fields[k].mine, fields[k].reference);
		}
		if (wrong != before)
			return; /* one is enough to look at */
	}
}

static void sentence_of(const struct reading *r, char *text, size_t size)
{
	snprintf(text, size, "%d after %zu packets: %s", r->status, r->count,
		 r->status == PCAP_ERROR ? r->lib->geterr(r->p) : "");
}

void reading_compare_ends(const struct reading *mine, const struct reading *reference)
{
	char a[PCAP_ERRBUF_SIZE + 64], b[PCAP_ERRBUF_SIZE + 64];

	compare_packets(mine, reference);
	packets_compared += mine->count;
	if (mine->status != reference->status || mine->count != reference->count) {
		sentence_of(mine, a, sizeof(a));
		sentence_of(reference, b, sizeof(b));
		reading_disagree("end", a, b);
	} else if (mine->status == PCAP_ERROR) {
		expect_sentence(pcap_geterr(mine->p), reference->lib->geterr(reference->p));
	}
}

unsigned int reading_wrong(void)
{
	return wrong;
}

unsigned int reading_meant(void)
{
	return meant;
}

bool reading_sum_up(const char *subject)
{
	for (size_t i = 0; i < COUNT(differences); i++)
		if (differences[i].met > 0)
			printf("meant, %u times: %s\n", differences[i].met, differences[i].reason);
	printf("%s: opened %llu times, %llu packets compared, %u differences\n", subject, openings, packets_compared, wrong);
	return wrong == 0 && packets_compared > 0;
}
