/* filter_diff.c - our filter compiler against Debian's: every expression of the corpus, or random ones, compiled by
 * both, plain and optimised, and the four programs run by one interpreter over the same packets. The reference is
 * libpcap's plain program, as its optimiser has bugs. filter_diff --help tells how to call it. */
#include "bpf/interpret.h"

#include "../random_bpf.h"
#include "filter_corpus.h"
#include "filter_grammar.h"
#include "filter_packets.h"
#include "filter_paths.h"
#include "oracle.h"

#include <pcap/pcap.h>

#include <nss.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum {
	SNAPLEN = 262144,
	DEFAULT_PACKETS = 2000, /* a case, besides truncated ones */
	POOL = 48,
	MOST_JOBS = 16,
	MOST_FILES = 64,
	PATIENCE_S = 60, /* a case */
};
static const bpf_u_int32 netmask = 0xffffff00;

/* ---- the compilers ---- */

struct compiler {
	pcap_t *(*open_dead)(int, int);
	int (*compile)(pcap_t *, struct bpf_program *, const char *, int, bpf_u_int32);
	char *(*geterr)(pcap_t *);
	void (*freecode)(struct bpf_program *);
	void (*close)(pcap_t *);
};

static struct compiler ours = { pcap_open_dead, pcap_compile, pcap_geterr, pcap_freecode, pcap_close };
static struct compiler theirs;

struct program {
	const char *name;
	const struct compiler *by;
	bool optimised, compiled;
	struct bpf_program code;
	char error[PCAP_ERRBUF_SIZE];
	uint8_t *seen; /* of each instruction: bit 0, it went on, bit 1, it jumped */
	bool differed, differed_cut; /* over a whole packet, over one that ended too early */
};

enum { THEIRS, THEIRS_OPTIMISED, OURS, OURS_OPTIMISED, PROGRAMS };

static void compile(struct program *program, const char *text, int dlt)
{
	pcap_t *p = program->by->open_dead(dlt, SNAPLEN);

	if (!p) {
		fprintf(stderr, "filter_diff: pcap_open_dead(%d) fails\n", dlt);
		exit(1);
	}
	program->compiled = program->by->compile(p, &program->code, text, program->optimised, netmask) == 0;
	if (program->compiled)
		program->seen = calloc(program->code.bf_len, 1);
	else
		snprintf(program->error, sizeof(program->error), "%s", program->by->geterr(p));
	program->by->close(p);
}

/* Spoil one instruction, as a compiler with a bug would: another constant, another place, the branches swapped. */
static void damage(struct program *program)
{
	struct bpf_insn *in = &program->code.bf_insns[below(program->code.bf_len)];

	if (BPF_CLASS(in->code) == BPF_JMP && BPF_OP(in->code) != BPF_JA && in->jt != in->jf && below(2)) {
		uint8_t jt = in->jt;

		in->jt = in->jf;
		in->jf = jt;
	} else if (BPF_CLASS(in->code) == BPF_RET) {
		in->k = in->k ? 0 : SNAPLEN;
	} else if (BPF_CLASS(in->code) == BPF_ST || BPF_CLASS(in->code) == BPF_STX) {
		in->k ^= 1;
	} else {
		in->k += below(2) ? 1 : UINT32_MAX;
	}
	if (!bpf_validate(program->code.bf_insns, (int)program->code.bf_len))
		in->k = 1; /* a cell of scratch memory, or a divisor */
}

static void release(struct program *program)
{
	if (program->compiled)
		program->by->freecode(&program->code);
	free(program->seen);
}

/* ---- what is asked and counted ---- */

static struct {
	unsigned long seed, packets, fuzz;
	unsigned int jobs;
	int fuzz_dlt;
	bool itself, damage, listings, sizes, verbose, show;
} wish = { .seed = 1, .packets = DEFAULT_PACKETS, .jobs = 2, .fuzz_dlt = -1 };

struct counts {
	unsigned long cases, compiled, refused, acceptance, provability, verdicts, cut, oracle_bugs, new_oracle_bugs, hand,
		crashes, packets, accepted, compared, longer, our_insns, their_insns;
};

/* What a worker shares with the parent. */
static struct {
	size_t now[MOST_JOBS];
	struct counts counts[MOST_JOBS][MOST_FILES];
} *shared;

struct job {
	const struct filter_case *c;
	const struct corpus *corpus;
	struct counts *counts;
	struct program program[PROGRAMS];
	struct trace trace[PROGRAMS];
	struct packet pool[POOL];
	uint32_t pooled;
	unsigned long accepted;
	FILE *out;
};

/* ---- telling ---- */

static const char *dlt_name(int dlt)
{
	static char number[16];
	const char *name = pcap_datalink_val_to_name(dlt);

	snprintf(number, sizeof(number), "%d", dlt);
	return name ? name : number;
}

static void tell_case(const struct job *job, const char *what)
{
	const struct filter_case *c = job->c;

	fprintf(job->out, "%s:%u: %s: [%s] %s\n", job->corpus->file[c->file], c->line, what, dlt_name(c->dlt), c->text);
	if (c->as)
		fprintf(job->out, "\tlibpcap: %s\n", c->as);
}

static void tell_packet(FILE *out, const struct packet *packet)
{
	uint32_t end = packet->buflen;

	while (end > 0 && packet->bytes[end - 1] == 0)
		end--;
	fprintf(out, "\twirelen %u, buflen %u: ", packet->wirelen, packet->buflen);
	for (uint32_t i = 0; i < end; i++)
		fprintf(out, "%02x%s", packet->bytes[i], i % 4 == 3 ? " " : "");
	if (end < packet->buflen)
		fprintf(out, " 00*%u", packet->buflen - end);
	fputc('\n', out);
}

static void tell_listings(const struct job *job)
{
	for (size_t i = 0; i < PROGRAMS; i++) {
		const struct program *program = &job->program[i];

		if (!program->compiled) {
			fprintf(job->out, "\t%s: %s\n", program->name, program->error);
			continue;
		}
		fprintf(job->out, "\t%s: %u instructions\n", program->name, program->code.bf_len);
		for (u_int k = 0; k < program->code.bf_len; k++)
			fprintf(job->out, "\t\t%s\n", bpf_image(&program->code.bf_insns[k], (int)k));
	}
}

/* ---- packets ---- */

static uint32_t run(const struct program *program, const struct packet *packet)
{
	return cst_bpf_run(program->code.bf_insns, packet->bytes, packet->wirelen, packet->buflen, NULL);
}

/* Is the verdict of trace[which] what the reference allows? A packet that ends inside what libpcap reads is rejected
 * by it; another program may have found the answer without those bytes. */
static bool is_allowed(const struct job *job, size_t which)
{
	const struct trace *reference = &job->trace[THEIRS], *trace = &job->trace[which];

	/* Other words for the same may read other fields first. */
	if (job->c->as && which >= OURS && trace->missed)
		return true;
	return reference->endless || trace->endless || trace->verdict == reference->verdict || reference->missed;
}

static bool traces_agree(struct job *job, const struct packet *packet, size_t which)
{
	trace_packet(&job->trace[THEIRS], &job->program[THEIRS].code, packet);
	trace_packet(&job->trace[which], &job->program[which].code, packet);
	return is_allowed(job, which);
}

/* Clear what does not matter, so that the difference is easier to see. */
static void simplify(struct job *job, struct packet *packet, size_t which)
{
	for (uint32_t i = 0; i < packet->buflen; i++) {
		uint8_t was = packet->bytes[i];

		packet->bytes[i] = 0;
		if (was && traces_agree(job, packet, which))
			packet->bytes[i] = was;
	}
}

static void tell_difference(struct job *job, const struct packet *packet, size_t which)
{
	struct packet simple = *packet;

	simplify(job, &simple, which);
	traces_agree(job, &simple, which);
	tell_case(job, job->trace[which].missed				       ? "verdict differs (cut packet)" :
		       job->trace[which].divided || job->trace[THEIRS].divided ? "verdict differs (division by 0)" :
										 "verdict differs");
	fprintf(job->out, "\t%s: %u, libpcap: %u\n", job->program[which].name, run(&job->program[which], &simple),
		run(&job->program[THEIRS], &simple));
	tell_packet(job->out, &simple);
	if (wish.listings)
		tell_listings(job);
}

static void note_difference(struct job *job, const struct packet *packet, size_t which)
{
	struct program *program = &job->program[which];
	bool is_cut = job->trace[which].missed || job->trace[THEIRS].missed;
	bool *noted = is_cut ? &program->differed_cut : &program->differed;

	if (*noted)
		return;
	*noted = true;
	if (which == THEIRS_OPTIMISED) {
		bool is_second = program->differed && program->differed_cut;

		job->counts->oracle_bugs += !is_second;
		job->counts->new_oracle_bugs += !is_second && !job->c->is_oracle_bug;
		if (!job->c->is_oracle_bug && (wish.itself || wish.verbose))
			tell_difference(job, packet, which);
		return;
	}
	if (wish.itself && !wish.damage)
		return; /* that is THEIRS_OPTIMISED again */
	*(is_cut ? &job->counts->cut : &job->counts->verdicts) += 1;
	if (!wish.damage)
		tell_difference(job, packet, which);
}

static bool note_coverage(struct program *program, const struct trace *trace)
{
	bool is_new = false;

	for (uint32_t i = 0; i < trace->forks; i++) {
		const struct fork *fork = &trace->fork[i];
		uint8_t bit = fork->went ? 2 : 1;

		is_new |= !(program->seen[fork->pc] & bit);
		program->seen[fork->pc] |= bit;
	}
	return is_new;
}

/* Run all programs over the packet and compare. Returns whether a branch went a way that it had not gone before. */
static bool examine(struct job *job, const struct packet *packet)
{
	bool is_new = false;

	job->counts->packets++;
	for (size_t i = 0; i < PROGRAMS; i++) {
		if (!job->program[i].compiled)
			continue;
		trace_packet(&job->trace[i], &job->program[i].code, packet);
		is_new |= note_coverage(&job->program[i], &job->trace[i]);
		if (!job->trace[i].endless && run(&job->program[i], packet) != job->trace[i].verdict) {
			fprintf(stderr, "filter_diff: the tracer is wrong: [%d] %s\n", job->c->dlt, job->c->text);
			exit(1);
		}
	}
	if (!job->program[THEIRS].compiled)
		return is_new;
	job->accepted += job->trace[THEIRS].verdict != 0;
	job->counts->accepted += job->trace[THEIRS].verdict != 0;
	for (size_t i = THEIRS + 1; i < PROGRAMS; i++) {
		if (job->program[i].compiled && !is_allowed(job, i)) {
			struct packet copy = *packet;

			note_difference(job, &copy, i);
			traces_agree(job, packet, i); /* the traces are of the whole packet again */
		}
	}
	return is_new;
}

/* The packet, ended before and after each field that a program has just read in it. */
static void examine_truncated(struct job *job, const struct packet *packet)
{
	bool ends[PACKET_ROOM + 1] = { false };
	struct packet part = *packet;

	for (size_t i = 0; i < PROGRAMS; i++) {
		for (uint32_t e = 0; job->program[i].compiled && e < job->trace[i].ends; e++)
			ends[job->trace[i].end[e]] = ends[job->trace[i].end[e] - 1] = true;
	}
	for (uint32_t len = 0; len <= PACKET_ROOM; len++) {
		if (ends[len]) {
			part.buflen = len;
			examine(job, &part);
		}
	}
}

static void examine_and_keep(struct job *job, const struct packet *packet, bool truncate)
{
	bool is_new = examine(job, packet);

	if (is_new) {
		if (job->pooled < POOL)
			job->pool[job->pooled++] = *packet;
		else
			job->pool[below(POOL)] = *packet;
	}
	if (is_new || truncate)
		examine_truncated(job, packet);
}

/* From a packet seen before, one that takes another way at some branch, preferably at one never gone. */
static bool vary(struct job *job, struct packet *packet)
{
	static struct trace trace;
	struct program *program;

	do {
		program = &job->program[below(PROGRAMS)];
	} while (!program->compiled);
	*packet = job->pool[below(job->pooled)];
	trace_packet(&trace, &program->code, packet);
	if (trace.forks == 0)
		return false;
	uint32_t which = below(trace.forks);
	for (uint32_t i = 0; i < trace.forks; i++) {
		uint32_t at = (which + i) % trace.forks;

		if (!(program->seen[trace.fork[at].pc] & (trace.fork[at].went ? 1 : 2))) {
			which = at;
			break;
		}
	}
	if (!take_other_way(packet, &trace.fork[which]))
		return false;
	/* One more, so that pairs of branches meet. */
	if (below(3) == 0) {
		trace_packet(&trace, &program->code, packet);
		if (trace.forks > 0)
			take_other_way(packet, &trace.fork[below(trace.forks)]);
	}
	return true;
}

static void explore(struct job *job)
{
	unsigned long budget = wish.packets, seeds;
	static struct packet packet;

	/* Lines for all link types are many, and their programs alike. */
	if (job->c->dlts > 8)
		budget = budget / 4 + 1;
	/* Long programs have more branches than that. */
	for (size_t i = THEIRS; i < PROGRAMS; i++)
		budget += job->program[i].compiled && job->program[i].code.bf_len > 250 ?
				  2 * job->program[i].code.bf_len : 0;
	seeds = budget / 6 + 4;
	for (unsigned long i = 0; i < seeds; i++) {
		uint32_t len = build_packet(&packet, job->c->dlt);

		examine_and_keep(job, &packet, i % 8 == 0);
		if (job->pooled < POOL / 4)
			job->pool[job->pooled++] = packet;
		packet.wirelen = packet.buflen = len;
		examine(job, &packet);
	}
	for (unsigned long i = seeds; i < budget; i++) {
		if (vary(job, &packet))
			examine_and_keep(job, &packet, i % 64 == 0);
	}
}

/* ---- cases ---- */

static void examine_by_hand(struct job *job)
{
	const struct filter_case *c = job->c;

	for (size_t i = 0; i < c->packets; i++) {
		struct packet packet = { .wirelen = c->packet[i].len, .buflen = c->packet[i].len };

		memcpy(packet.bytes, c->packet[i].bytes, c->packet[i].len);
		bool has_reference = c->as && c->expect != EXPECT_WRONG;

		for (size_t k = has_reference ? THEIRS : OURS; k < PROGRAMS; k++) {
			const struct program *program = &job->program[k];

			/* A refused one is told of elsewhere. */
			if (!program->compiled || (k == THEIRS_OPTIMISED && c->is_oracle_bug) ||
			    (run(program, &packet) != 0) == c->packet[i].accepted)
				continue;
			job->counts->hand++;
			tell_case(job, "hand-worked packet");
			fprintf(job->out, "\t%s should %s\n", program->name,
				c->packet[i].accepted ? "accept" : "reject");
			tell_packet(job->out, &packet);
		}
	}
}

static void compare_sizes(struct job *job)
{
	const struct program *mine = &job->program[OURS_OPTIMISED], *other = &job->program[THEIRS_OPTIMISED];

	if (!mine->compiled || !other->compiled || other->differed || other->differed_cut || job->c->is_oracle_bug ||
	    job->c->as)
		return;
	job->counts->compared++;
	job->counts->our_insns += mine->code.bf_len;
	job->counts->their_insns += other->code.bf_len;
	bool is_longer = 100 * mine->code.bf_len > 115 * other->code.bf_len;
	job->counts->longer += is_longer;
	if (wish.sizes && is_longer)
		fprintf(job->out, "longer: %u, libpcap %u: [%s] %s\n", mine->code.bf_len, other->code.bf_len,
			dlt_name(job->c->dlt), job->c->text);
}

/* Refused when optimised alone: somebody proved that nothing is accepted. */
static void compare_proofs(struct job *job)
{
	const struct program *mine = &job->program[OURS_OPTIMISED], *other = &job->program[THEIRS_OPTIMISED];

	if (mine->compiled == other->compiled)
		return;
	if (!mine->compiled && job->accepted > 0) {
		job->counts->acceptance++;
		tell_case(job, "we refuse what accepts packets");
		fprintf(job->out, "\tours: %s\n", mine->error);
		return;
	}
	if (!other->compiled && job->accepted > 0)
		return; /* a bug of its optimiser, and our program was compared with the plain one */
	job->counts->provability++;
	if (wish.verbose) {
		tell_case(job, mine->compiled ? "libpcap proves that it rejects all" : "we prove that it rejects all");
		fprintf(job->out, "\t%s\n", mine->compiled ? other->error : mine->error);
	}
}

static void judge(struct job *job)
{
	const struct filter_case *c = job->c;
	const struct program *mine = &job->program[OURS], *other = &job->program[THEIRS];
	bool should = c->expect == EXPECT_VALID || c->expect == EXPECT_WRONG || c->expect == EXPECT_BY_HAND ||
		      (c->expect == EXPECT_THE_SAME && other->compiled);

	if ((c->expect == EXPECT_VALID || c->expect == EXPECT_WRONG) && !other->compiled) {
		tell_case(job, "corpus is wrong, libpcap refuses");
		fprintf(job->out, "\t%s\n", other->error);
		job->counts->acceptance++;
	} else if (c->expect == EXPECT_INVALID && other->compiled) {
		tell_case(job, "corpus is wrong, libpcap compiles");
		job->counts->acceptance++;
	} else if (wish.itself && (c->expect == EXPECT_REFUSAL || c->expect == EXPECT_BY_HAND)) {
		return;
	} else if (mine->compiled != should) {
		tell_case(job, should ? "we refuse" : "we compile");
		fprintf(job->out, "\t%s\n", should ? mine->error : other->error);
		job->counts->acceptance++;
	} else if (!should && job->program[OURS_OPTIMISED].compiled) {
		tell_case(job, "we compile it when optimising");
		job->counts->acceptance++;
	}
}

static void do_case(struct job *job, const struct corpus *corpus, const struct filter_case *c, struct counts *counts)
{
	static const char *const names[] = { "libpcap", "libpcap optimised", "ours", "ours optimised" };
	uint64_t seed = wish.seed;

	for (const char *p = c->text; *p; p++)
		seed = seed * 1000003 + (unsigned char)*p;
	random_seed(seed * 509 + (uint64_t)c->dlt);
	job->c = c;
	job->corpus = corpus;
	job->counts = counts;
	job->pooled = 0;
	job->accepted = 0;
	counts->cases++;
	for (size_t i = 0; i < PROGRAMS; i++) {
		bool is_ours = i >= OURS;

		job->program[i] = (struct program){ .name = names[i], .by = is_ours ? &ours : &theirs,
						    .optimised = i % 2 };
		if (!is_ours && (c->expect == EXPECT_REFUSAL || c->expect == EXPECT_BY_HAND))
			continue;
		compile(&job->program[i], c->as && (!is_ours || wish.itself) ? c->as : c->text, c->dlt);
	}
	if (wish.damage && job->program[OURS_OPTIMISED].compiled)
		damage(&job->program[OURS_OPTIMISED]);
	counts->compiled += job->program[OURS].compiled && job->program[THEIRS].compiled;
	counts->refused += !job->program[OURS].compiled && !job->program[THEIRS].compiled;
	judge(job);
	if (job->program[THEIRS].compiled && job->program[OURS].compiled && c->expect != EXPECT_WRONG) {
		explore(job);
		compare_proofs(job);
		compare_sizes(job);
	}
	if (!wish.itself || c->as)
		examine_by_hand(job);
	if (wish.damage && wish.verbose && !job->program[OURS_OPTIMISED].differed &&
	    !job->program[OURS_OPTIMISED].differed_cut)
		tell_case(job, "damage was not found");
	if (wish.show)
		tell_listings(job);
	for (size_t i = 0; i < PROGRAMS; i++)
		release(&job->program[i]);
}

/* ---- workers ---- */

static struct filter_case fuzz_case(size_t index, char text[static GRAMMAR_TEXT])
{
	random_seed(wish.seed * 7919 + index);
	int dlt = wish.fuzz_dlt >= 0 ? wish.fuzz_dlt : grammar_dlt();
	grammar_expression(text, dlt);
	return (struct filter_case){ .text = text, .dlt = dlt, .dlts = 1, .line = (unsigned int)index,
				     .expect = EXPECT_THE_SAME };
}

static void work(const struct corpus *corpus, unsigned int worker, size_t first, size_t cases)
{
	static struct job job;
	static char text[GRAMMAR_TEXT];

	for (size_t i = first; i < cases; i += wish.jobs) {
		char *told = NULL;
		size_t bytes = 0;
		struct filter_case random_case;
		const struct filter_case *c;

		shared->now[worker] = i;
		alarm(PATIENCE_S);
		job.out = open_memstream(&told, &bytes);
		if (wish.fuzz) {
			random_case = fuzz_case(i, text);
			c = &random_case;
		} else {
			c = &corpus->at[i];
		}
		do_case(&job, corpus, c, &shared->counts[worker][c->file]);
		fclose(job.out);
		if (bytes && write(STDOUT_FILENO, told, bytes) < 0)
			exit(1);
		free(told);
	}
}

static pid_t start(const struct corpus *corpus, unsigned int worker, size_t first, size_t cases)
{
	fflush(NULL);
	pid_t child = fork();
	if (child < 0) {
		perror("filter_diff: fork");
		exit(1);
	}
	if (child == 0) {
		work(corpus, worker, first, cases);
		exit(0);
	}
	return child;
}

/* A case that crashes or hangs ends its worker; another goes on behind it. */
static void work_in_children(const struct corpus *corpus, size_t cases)
{
	pid_t child[MOST_JOBS];
	unsigned int running = wish.jobs;

	for (unsigned int i = 0; i < wish.jobs; i++)
		child[i] = start(corpus, i, i, cases);
	while (running > 0) {
		int status;
		pid_t ended = wait(&status);

		for (unsigned int i = 0; i < wish.jobs; i++) {
			if (child[i] != ended)
				continue;
			if (WIFSIGNALED(status)) {
				char text[GRAMMAR_TEXT];
				size_t now = shared->now[i];
				const struct filter_case random_case = wish.fuzz ? fuzz_case(now, text) :
										   (struct filter_case){ 0 };
				const struct filter_case *c = wish.fuzz ? &random_case : &corpus->at[now];

				printf("%s:%u: %s: [%s] %s\n", corpus->file[c->file], c->line,
				       WTERMSIG(status) == SIGALRM ? "does not end" : strsignal(WTERMSIG(status)),
				       dlt_name(c->dlt), c->text);
				shared->counts[i][c->file].crashes++;
				child[i] = start(corpus, i, now + wish.jobs, cases);
				continue;
			}
			if (status != 0)
				exit(1);
			running--;
		}
	}
}

/* ---- the summary ---- */

static void add(struct counts *sum, const struct counts *counts)
{
	unsigned long *to = (unsigned long *)sum;
	const unsigned long *from = (const unsigned long *)counts;

	for (size_t i = 0; i < sizeof(*sum) / sizeof(*to); i++)
		to[i] += from[i];
}

static void tell_row(const char *name, const struct counts *n)
{
	double ratio = n->their_insns ? (double)n->our_insns / (double)n->their_insns : 0;

	printf("%-18s %7lu %7lu %6lu %6lu %6lu %5lu %5lu %5lu %5lu %4lu %8lu %8lu %6.3f %5lu\n", name, n->cases, n->compiled,
	       n->refused, n->acceptance, n->verdicts, n->cut, n->hand, n->provability, n->oracle_bugs, n->crashes,
	       n->our_insns, n->their_insns, ratio, n->longer);
}

static int tell_summary(const struct corpus *corpus)
{
	struct counts all = { 0 };

	printf("%-18s %7s %7s %6s %6s %6s %5s %5s %5s %5s %4s %8s %8s %6s %5s\n", "", "cases", "both", "neither", "one",
	       "whole", "cut", "hand", "proof", "bugs", "dead", "ours", "libpcap", "ratio", ">1.15");
	for (size_t file = 0; file < corpus->files; file++) {
		struct counts sum = { 0 };

		for (unsigned int i = 0; i < wish.jobs; i++)
			add(&sum, &shared->counts[i][file]);
		tell_row(corpus->file[file], &sum);
		add(&all, &sum);
	}
	tell_row("all", &all);
	printf("%zu distinct expressions, %zu more to be refused; %lu packets (%lu accepted), %lu sizes compared\n",
	       corpus_distinct(corpus, true), corpus_distinct(corpus, false), all.packets, all.accepted, all.compared);
	printf("%lu disagreements on acceptance, %lu verdict differences and %lu on cut packets, %lu at hand-worked packets, "
	       "%lu dead\n",
	       all.acceptance, all.verdicts, all.cut, all.hand, all.crashes);
	if (wish.itself)
		printf("%lu bugs of libpcap's optimiser that oracle-bugs.txt does not list\n", all.new_oracle_bugs);
	if (wish.sizes && (all.longer || all.our_insns > all.their_insns))
		return EXIT_FAILURE;
	return all.acceptance || all.verdicts || all.cut || all.hand || all.crashes || (wish.itself && all.new_oracle_bugs);
}

/* ---- the command line ---- */

static const char usage[] =
	"usage: filter_diff [options] FILE...              the expressions of files (tests/data/filters)\n"
	"       filter_diff [options] --expr TEXT [--dlt D] one\n"
	"       filter_diff [options] --fuzz N [--dlt D]    N random ones\n"
	"  --seed N      other packets, other random expressions\n"
	"  --packets N   a case (2000)\n"
	"  --jobs N      processes (2)\n"
	"  --itself      libpcap in our place: checks the files and finds bugs of its optimiser\n"
	"  --damage      the same with one instruction spoiled: counts how often that is found\n"
	"  --listings    programs at a difference; --show: at every case\n"
	"  --sizes       ours more than 15 % longer anywhere, or longer on the whole, is a failure, too\n"
	"  --verbose     who alone proved that nothing is accepted, and bugs of libpcap's optimiser\n"
	"Columns: cases; compiled by both, by neither, by one against what is expected; verdict differences over whole\n"
	"packets, and over cut ones; hand-worked packets that went wrong; proofs of one alone that all is rejected; bugs\n"
	"of libpcap's optimiser; crashes and hangs; optimised instructions where both are right.\n";

static bool take_flag(const char *arg)
{
	const struct {
		const char *name;
		bool *value;
	} flags[] = { { "--itself", &wish.itself }, { "--damage", &wish.damage },   { "--listings", &wish.listings },
		      { "--sizes", &wish.sizes },   { "--verbose", &wish.verbose }, { "--show", &wish.show } };

	for (size_t i = 0; i < COUNT(flags); i++) {
		if (strcmp(arg, flags[i].name) == 0)
			return *flags[i].value = true;
	}
	return false;
}

static int die_of(const char *what)
{
	fprintf(stderr, "filter_diff: %s\n%s", what, usage);
	return 2;
}

static int parse_dlt(const char *text)
{
	char *end;
	long number = strtol(text, &end, 0);

	return *end == '\0' && end != text ? (int)number : pcap_datalink_name_to_val(text);
}

int main(int argc, char **argv)
{
	struct corpus corpus = { 0 };
	const char *expr = NULL;
	int dlt = -1;

	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if (strncmp(argv[i], "--", 2) != 0) {
			corpus_read(&corpus, argv[i]);
			continue;
		}
		if (take_flag(argv[i]))
			continue;
		i++;
		if (strcmp(argv[i - 1], "--expr") == 0)
			expr = value;
		else if (strcmp(argv[i - 1], "--dlt") == 0)
			dlt = parse_dlt(value);
		else if (strcmp(argv[i - 1], "--seed") == 0)
			wish.seed = strtoul(value, NULL, 0);
		else if (strcmp(argv[i - 1], "--packets") == 0)
			wish.packets = strtoul(value, NULL, 0);
		else if (strcmp(argv[i - 1], "--jobs") == 0)
			wish.jobs = (unsigned int)strtoul(value, NULL, 0);
		else if (strcmp(argv[i - 1], "--fuzz") == 0)
			wish.fuzz = strtoul(value, NULL, 0);
		else
			return die_of(argv[i - 1]);
	}
	if (wish.jobs == 0 || wish.jobs > MOST_JOBS || corpus.files > MOST_FILES)
		return die_of("too many or no --jobs, or too many files");
	if (expr || wish.fuzz) {
		corpus.file = calloc(1, sizeof(char *));
		corpus.file[corpus.files++] = strdup(expr ? "given" : "random");
		wish.fuzz_dlt = dlt;
	}
	if (expr) {
		corpus_add(&corpus, expr, dlt < 0 ? DLT_EN10MB : dlt)->expect = EXPECT_THE_SAME;
		wish.listings = true;
	}
	if (corpus.cases == 0 && wish.fuzz == 0)
		return die_of("nothing to do");
	corpus_mark_bugs(&corpus);
	__nss_configure_lookup("hosts", "files"); /* whether a name is known shall not depend on the network */

	wish.itself |= wish.damage;
	*(void **)&theirs.open_dead = oracle_symbol("pcap_open_dead");
	*(void **)&theirs.compile = oracle_symbol("pcap_compile");
	*(void **)&theirs.geterr = oracle_symbol("pcap_geterr");
	*(void **)&theirs.freecode = oracle_symbol("pcap_freecode");
	*(void **)&theirs.close = oracle_symbol("pcap_close");
	if (wish.itself)
		ours = theirs;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED) {
		perror("filter_diff: mmap");
		return 1;
	}
	work_in_children(&corpus, wish.fuzz ? wish.fuzz : corpus.cases);
	return tell_summary(&corpus);
}
