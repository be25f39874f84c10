/* pcapng_diff.c - pcapng files made at random, and damaged at random, read by libpcap and by Capstan: the same packets,
 * answers and verdicts, or a difference on purpose. pcapng_diff [SEED [FILES]]; a file that is read differently is
 * kept. */
#include "../ng_builder.h"
#include "oracle.h"

#include <pcap.h>

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

struct library {
	const char *name;
	__typeof__(&pcap_open_offline_with_tstamp_precision) open;
	__typeof__(&pcap_close) close;
	__typeof__(&pcap_geterr) geterr;
	__typeof__(&pcap_next_ex) next_ex;
	__typeof__(&pcap_loop) loop;
	__typeof__(&pcap_dispatch) dispatch;
	__typeof__(&pcap_snapshot) getters[9];
};

static const char *const getter_names[9] = {
	"pcap_snapshot",      "pcap_datalink",	    "pcap_datalink_ext",	 "pcap_is_swapped",
	"pcap_major_version", "pcap_minor_version", "pcap_get_tstamp_precision", "pcap_fileno",
	"pcap_bufsize",
};

static struct library libraries[2] = {
	{ "Capstan",
	  pcap_open_offline_with_tstamp_precision,
	  pcap_close,
	  pcap_geterr,
	  pcap_next_ex,
	  pcap_loop,
	  pcap_dispatch,
	  { pcap_snapshot, pcap_datalink, pcap_datalink_ext, pcap_is_swapped, pcap_major_version, pcap_minor_version,
	    pcap_get_tstamp_precision, pcap_fileno, pcap_bufsize } },
};

static void load_libpcap(struct library *lib)
{
	*lib = (struct library){
		"libpcap",
		oracle_symbol("pcap_open_offline_with_tstamp_precision"),
		oracle_symbol("pcap_close"),
		oracle_symbol("pcap_geterr"),
		oracle_symbol("pcap_next_ex"),
		oracle_symbol("pcap_loop"),
		oracle_symbol("pcap_dispatch"),
		{ NULL },
	};
	for (size_t i = 0; i < COUNT(getter_names); i++)
		lib->getters[i] = oracle_symbol(getter_names[i]);
}

/* ---- files at random ---- */

static uint64_t random_state; /* xorshift: a seed is a run */

static uint32_t any(uint32_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 20) % below;
}

#define PICK(list) (list)[any(COUNT(list))]

static const uint16_t linktypes[] = { 0, 1, 1, 1, 9, 12, 101, 105, 113, 189, 220, 231, 239, 249, 276, 1000, 65535 };
static const uint32_t snaplens[] = { 65535, 262144, 262144, 0, 100, 0x7fffffff, 0x80000000, 0xffffffff };
static const uint8_t resolutions[] = { 0,  1,  3,  6,	 6,    6,    7,	   9,	 9,    9,
				       12, 15, 19, 0x80, 0x81, 0x8a, 0x94, 0x9e, 0xa0, 0xa2 };
static const uint8_t odd_resolutions[] = { 20, 30, 127, 0xa3, 0xb4, 0xbf, 0xc0, 0xff };
static const int64_t offsets[] = { 0, 1, -1, 3600, -1700000000, 1700000000 };
static const int64_t odd_offsets[] = { INT64_MAX, INT64_MIN };

/* What a file is about, for all its sections; and what libpcap is known not to manage. */
struct plan {
	uint16_t linktype;
	uint32_t snaplen, longest;
	bool odd; /* resolutions, offsets, and link types of two numbers */
	bool both_orders;
};

static void put_interface(struct ng_file *f, const struct plan *plan)
{
	/* Seldom another one, which is refused. */
	ng_open_interface(f, any(100) ? plan->linktype : PICK(linktypes), any(100) ? plan->snaplen : PICK(snaplens));
	if (any(3) == 0) {
		ng_put_interface_options(f);
	} else if (any(3)) {
		const uint8_t resolution = plan->odd && any(3) == 0 ? PICK(odd_resolutions) : PICK(resolutions);

		ng_put_option(f, 9, &resolution, 1);
		if (any(2))
			ng_put_option64(f, 14,
					(uint64_t)(plan->odd && any(3) == 0 ? PICK(odd_offsets) : PICK(offsets)));
		if (any(2))
			ng_end_options(f);
	}
	ng_close_block(f);
}

static void put_packet_data(struct ng_file *f, uint32_t caplen)
{
	for (uint32_t i = 0; i < caplen; i++) {
		/* Small numbers are more often right, where a header inside means something. */
		const uint8_t byte = (uint8_t)any(any(2) ? 256 : 3);
		ng_put(f, &byte, 1);
	}
}

static void put_packet(struct ng_file *f, const struct plan *plan, uint32_t interfaces)
{
	const uint32_t caplen = any(20) ? any(plan->longest) : plan->longest, len = any(5) ? caplen : any(2000);
	const uint32_t interface = any(300) ? any(interfaces) : any(interfaces + 2);
	const uint64_t ticks = ((uint64_t)any(UINT32_MAX) << 32 | any(UINT32_MAX)) >> any(64);

	switch (any(8)) {
	case 0:
		ng_simple(f, any(2) ? caplen : caplen + any(3), caplen);
		return;
	case 1:
		ng_obsolete(f, (uint16_t)interface, ticks, caplen);
		return;
	default:
		ng_open_enhanced(f, interface, ticks, caplen, len);
		put_packet_data(f, caplen);
		if (any(3) == 0) {
			static const uint8_t zeros[3];
			ng_put(f, zeros, -caplen % 4);
			ng_put_packet_options(f);
		}
		ng_close_block(f);
	}
}

static void put_section(struct ng_file *f, const struct plan *plan)
{
	static const uint16_t minors[] = { 0, 0, 0, 2 };
	uint32_t interfaces = any(40) ? 1 + any(3) : 0;

	ng_open_section(f, 1, any(50) ? PICK(minors) : (uint16_t)any(4), any(2) ? -1 : (int64_t)any(100000));
	if (any(3) == 0)
		ng_put_section_options(f);
	ng_close_block(f);
	if (any(10) == 0)
		ng_put_blocks_without_packets(f);
	for (uint32_t i = 0; i < interfaces; i++)
		put_interface(f, plan);
	for (uint32_t packets = any(60); packets > 0; packets--) {
		if (any(50) == 0)
			ng_put_blocks_without_packets(f);
		if (any(30) == 0 && ++interfaces)
			put_interface(f, plan);
		if (interfaces > 0 || any(10) == 0)
			put_packet(f, plan, interfaces ? interfaces : 1);
	}
}

static struct plan generate(struct ng_file *f)
{
	struct plan plan = {
		.linktype = PICK(linktypes), .snaplen = PICK(snaplens), .odd = any(10) == 0, .both_orders = any(10) == 0
	};

	plan.longest = plan.snaplen == 100 && any(10) ? 100 : 300;
	f->size = 0;
	f->swapped = any(2);
	for (uint32_t sections = any(3) ? 1 : 1 + any(3); sections > 0; sections--) {
		put_section(f, &plan);
		f->swapped ^= plan.both_orders;
	}
	return plan;
}

/* Damage of the kinds that happen: cut off, bytes changed, lost or doubled, lengths set to what lengths should not be.
 */
static void damage(struct ng_file *f)
{
	static const uint32_t odd_numbers[] = { 0,
						1,
						4,
						8,
						11,
						12,
						13,
						16,
						20,
						28,
						32,
						36,
						0x7fffffff,
						0xfffffffc,
						0xffffffff,
						16 << 20,
						(16 << 20) + 4,
						1 << 20 };

	for (uint32_t times = 1 + any(3); times > 0 && f->size > 8; times--) {
		const size_t at = any(2) ? any((uint32_t)f->size) : any(200) % f->size, word = at / 4 * 4;

		switch (any(6)) {
		case 0:
			f->size = at > 0 ? at : 1;
			break;
		case 1:
			f->bytes[at] ^= (uint8_t)(1u << any(8));
			break;
		case 2:
			f->bytes[at] = (uint8_t)any(256);
			break;
		case 3:
			memmove(f->bytes + at, f->bytes + at + 1, f->size - at - 1);
			f->size--;
			break;
		case 4:
			if (word + 4 <= f->size)
				ng_change32(f, word, PICK(odd_numbers));
			break;
		default: /* four bytes, so that blocks stay where blocks can be */
			if (word + 4 <= f->size) {
				memmove(f->bytes + word, f->bytes + word + 4, f->size - word - 4);
				f->size -= 4;
			}
			break;
		}
	}
}

/* ---- reading ---- */

struct packet {
	struct pcap_pkthdr h;
	uint64_t sum; /* FNV-1a of the data */
};

enum { MAX_PACKETS = 2048 };

struct reading {
	const struct library *lib;
	int answers[COUNT(getter_names)], later_answers[COUNT(getter_names)];
	size_t count;
	char verdict[PCAP_ERRBUF_SIZE + 64]; /* "does not open: ...", "-2 after 7: " */
	struct packet packets[MAX_PACKETS];
};

static void note(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct reading *r = (struct reading *)(void *)user;
	uint64_t sum = 0xcbf29ce484222325;

	for (uint32_t i = 0; i < h->caplen; i++)
		sum = (sum ^ data[i]) * 0x100000001b3;
	if (r->count < MAX_PACKETS)
		r->packets[r->count] = (struct packet){ *h, sum };
	r->count++;
}

/* In portions of `portion` packets; 0: pcap_next_ex(). */
static int read_all(struct reading *r, pcap_t *p, int portion)
{
	for (;;) {
		const size_t before = r->count;
		struct pcap_pkthdr *h;
		const u_char *data;
		int status;

		if (portion == 0) {
			if ((status = r->lib->next_ex(p, &h, &data)) == 1)
				note((u_char *)r, h, data);
		} else if (portion % 2) {
			status = r->lib->loop(p, portion, note, (u_char *)r);
		} else {
			status = r->lib->dispatch(p, portion, note, (u_char *)r);
		}
		if (status < 0 || r->count == before)
			return status;
	}
}

static void read_file(struct reading *r, const struct library *lib, const char *path, u_int precision, int portion)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	pcap_t *p = lib->open(path, precision, errbuf);

	r->lib = lib;
	r->count = 0;
	if (!p) {
		snprintf(r->verdict, sizeof(r->verdict), "does not open: %s", errbuf);
		return;
	}
	for (size_t i = 0; i < COUNT(getter_names); i++)
		r->answers[i] = lib->getters[i](p);
	const int status = read_all(r, p, portion);
	for (size_t i = 0; i < COUNT(getter_names); i++)
		r->later_answers[i] = lib->getters[i](p);
	snprintf(r->verdict, sizeof(r->verdict), "%d after %zu: %s", status, r->count,
		 status == -1 ? lib->geterr(p) : "");
	lib->close(p);
}

/* ---- differences on purpose ---- */

enum what {
	PACKETS, /* we read on where libpcap ends, or open what it does not */
	SECONDS,
	FRACTION, /* of a packet */
};

static bool has_fine_ticks(const struct ng_file *f, const struct plan *plan)
{
	(void)plan;
	for (size_t i = 0; i + 5 <= f->size; i++)
		if ((memcmp(f->bytes + i, "\x09\0\1\0", 4) == 0 || memcmp(f->bytes + i, "\0\x09\0\1", 4) == 0) &&
		    f->bytes[i + 4] >= 0x80 + 35)
			return true;
	return false;
}

static bool is_raw_ip(const struct ng_file *f, const struct plan *plan)
{
	(void)f;
	return plan->linktype == 12 || plan->linktype == 101;
}

static bool turns_order(const struct ng_file *f, const struct plan *plan)
{
	(void)f;
	return plan->both_orders;
}

/* Each is met in every run. */
static struct difference {
	enum what what;
	const char *theirs, *ours;				      /* verdicts, or numbers: patterns of fnmatch(3) */
	bool (*of)(const struct ng_file *f, const struct plan *plan); /* NULL: of any file */
	const char *reason;
	unsigned int met;
} differences[] = {
	{ PACKETS, "*resolution * is too high", "*", NULL, "every resolution that can be expressed is read", 0 },
	{ PACKETS, "*pcapng block size * > maximum *", "*", turns_order, "sections of the other byte order are read",
	  0 },
	{ PACKETS, "*an interface has a type 1[02]* different *", "*", is_raw_ip, "LINKTYPE_ 12 and 101 are one DLT_",
	  0 },
	{ SECONDS, "*", "9223372036854775807", NULL, "time ends, and does not begin anew before 1970", 0 },
	{ FRACTION, "*", "*", has_fine_ticks, "10^9 of 2^-35 s and less do not overflow", 0 },
};

static bool is_meant(enum what what, const char *ours, const char *theirs, const struct ng_file *f,
		     const struct plan *plan)
{
	for (struct difference *d = differences; d < differences + COUNT(differences); d++) {
		if (d->what != what || fnmatch(d->theirs, theirs, 0) != 0 || fnmatch(d->ours, ours, 0) != 0 ||
		    (d->of && !d->of(f, plan)))
			continue;
		d->met++;
		return true;
	}
	return false;
}

static bool same_number(enum what what, long long ours, long long theirs, const struct ng_file *f,
			const struct plan *plan)
{
	char a[32], b[32];

	if (ours == theirs)
		return true;
	snprintf(a, sizeof(a), "%lld", ours);
	snprintf(b, sizeof(b), "%lld", theirs);
	return is_meant(what, a, b, f, plan);
}

/* ---- comparing ---- */

static bool same_packets(const struct reading *ours, const struct reading *theirs, const struct ng_file *f,
			 const struct plan *plan)
{
	const size_t common = ours->count < theirs->count ? ours->count : theirs->count;

	for (size_t i = 0; i < common && i < MAX_PACKETS; i++) {
		const struct packet *a = &ours->packets[i], *b = &theirs->packets[i];

		if (a->h.caplen == b->h.caplen && a->h.len == b->h.len && a->sum == b->sum &&
		    same_number(SECONDS, a->h.ts.tv_sec, b->h.ts.tv_sec, f, plan) &&
		    same_number(FRACTION, a->h.ts.tv_usec, b->h.ts.tv_usec, f, plan))
			continue;
		printf("packet %zu: Capstan %lld.%ld, %u of %u bytes; libpcap %lld.%ld, %u of %u bytes; data %s\n",
		       i + 1, (long long)a->h.ts.tv_sec, (long)a->h.ts.tv_usec, a->h.caplen, a->h.len,
		       (long long)b->h.ts.tv_sec, (long)b->h.ts.tv_usec, b->h.caplen, b->h.len,
		       a->sum == b->sum ? "the same" : "differ");
		return false;
	}
	return true;
}

static bool same_answers(const int *ours, const int *theirs)
{
	for (size_t i = 0; i < COUNT(getter_names); i++) {
		if (ours[i] == theirs[i])
			continue;
		printf("%s: Capstan %d, libpcap %d\n", getter_names[i], ours[i], theirs[i]);
		return false;
	}
	return true;
}

/* Up to the sentence. */
static size_t verdict_length(const char *verdict)
{
	return strcspn(verdict, ":");
}

static bool same_verdict(const struct reading *ours, const struct reading *theirs, const struct ng_file *f,
			 const struct plan *plan)
{
	const size_t length = verdict_length(theirs->verdict);

	if (verdict_length(ours->verdict) == length && memcmp(ours->verdict, theirs->verdict, length) == 0) {
		/* A sentence, where there is one. */
		return !theirs->verdict[length + 2] || strlen(ours->verdict + length) > 20;
	}
	if (ours->count >= theirs->count && is_meant(PACKETS, ours->verdict, theirs->verdict, f, plan))
		return true;
	printf("Capstan \"%s\", libpcap \"%s\"\n", ours->verdict, theirs->verdict);
	return false;
}

static unsigned long opened, packets_compared;

static bool opens(const struct reading *r)
{
	return r->verdict[0] != 'd';
}

static bool read_alike(const struct ng_file *f, const struct plan *plan, const char *path, u_int precision, int portion)
{
	static struct reading ours, theirs;

	read_file(&ours, &libraries[0], path, precision, portion);
	read_file(&theirs, &libraries[1], path, precision, portion);
	packets_compared += theirs.count;
	if (opens(&ours) && opens(&theirs)) {
		opened++;
		/* libpcap's buffer grows with what it reads; ours is not to be asked about. */
		theirs.later_answers[COUNT(getter_names) - 1] = ours.later_answers[COUNT(getter_names) - 1];
		if (!same_answers(ours.answers, theirs.answers) ||
		    !same_answers(ours.later_answers, theirs.later_answers))
			return false;
	}
	return same_packets(&ours, &theirs, f, plan) && same_verdict(&ours, &theirs, f, plan);
}

static void save(const char *path, const struct ng_file *f)
{
	unlink(path); /* truncating a file of the last moment makes some file systems write it out */
	FILE *out = fopen(path, "wb");

	if (!out || fwrite(f->bytes, 1, f->size, out) != f->size || fclose(out) != 0) {
		perror(path);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	const uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 20240229;
	const unsigned long files = argc > 2 ? strtoul(argv[2], NULL, 0) : 6000;
	struct ng_file f = { .size = 0 };
	char path[64];
	unsigned int wrong = 0;

	load_libpcap(&libraries[1]);
	snprintf(path, sizeof(path), "/tmp/pcapng_diff.%d", (int)getpid());
	for (unsigned long i = 0; i < files && wrong < 10; i++) {
		random_state = (seed + 1) * 0x9e3779b97f4a7c15 ^ (i + 1) * 0xd1342543de82ef95;
		const struct plan plan = generate(&f);
		if (i % 2)
			damage(&f);
		save(path, &f);
		const u_int precision = any(2);
		const int portion = (int)any(6);
		if (read_alike(&f, &plan, path, precision, portion))
			continue;
		char kept[96];
		snprintf(kept, sizeof(kept), "%s.%lu", path, i);
		rename(path, kept);
		printf("%s: file %lu of seed %llu, precision %u, portions of %d\n", kept, i, (unsigned long long)seed,
		       precision, portion);
		wrong++;
	}
	unlink(path);
	for (size_t i = 0; i < COUNT(differences); i++) {
		printf("meant, %u times: %s\n", differences[i].met, differences[i].reason);
		wrong += argc == 1 && differences[i].met == 0;
	}
	printf("pcapng: %lu files of seed %llu, of which both open %lu, %lu packets, %u wrong\n", files,
	       (unsigned long long)seed, opened, packets_compared, wrong);
	ng_free(&f);
	return wrong > 0 || packets_compared == 0;
}
