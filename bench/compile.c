/* compile.c - what it costs to compile a filter: compile CAPSTAN LIBPCAP EVERYDAY ROUNDS LIST_ROUNDS LONGEST PATIENCE. The
 * expressions of the file EVERYDAY, one a line, and lists of up to LONGEST random addresses and ports, on Ethernet,
 * optimised, by both libraries in turn. Times are the process's own. libpcap's grows with the cube of a list: it is asked
 * for what it does in PATIENCE seconds.
 *
 * Prints a line each, words apart by tabs, the times of all rounds apart by commas: "everyday", the expression, libpcap's
 * us, ours, libpcap's instructions, ours; and "list", its kind, its length, libpcap's ms (none: not asked), ours, libpcap's
 * instructions, ours, the KiB that our compilation took at its peak, the instructions of the longest way through our
 * program. */
#include "library.h"

#include <dlfcn.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum {
	MOST_ROUNDS = 100,
	MOST_LENGTH = 10000,
	ROOM = 128, /* for one of a list */
};

static const double LEAST_SECONDS = 1e-3; /* of compiling the same expression, for one time of an everyday one */

/* What is asked for. */
struct job {
	int rounds, list_rounds;
	uint32_t longest;
	double patience; /* seconds that one compilation may take */
};

struct compiler {
	pcap_t *dead;
	int (*compile)(pcap_t *, struct bpf_program *, const char *, int, bpf_u_int32);
	void (*freecode)(struct bpf_program *);
	int (*validate)(const struct bpf_insn *, int);
	char *(*geterr)(pcap_t *);
};

static void *symbol(void *handle, const char *name)
{
	void *found = dlsym(handle, name);

	if (!found) {
		fprintf(stderr, "%s\n", dlerror());
		exit(2);
	}
	return found;
}

static struct compiler load_compiler(const char *path)
{
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
	struct compiler c;
	pcap_t *(*open_dead)(int, int);

	if (!handle) {
		fprintf(stderr, "%s\n", dlerror());
		exit(2);
	}
	*(void **)&open_dead = symbol(handle, "pcap_open_dead");
	*(void **)&c.compile = symbol(handle, "pcap_compile");
	*(void **)&c.freecode = symbol(handle, "pcap_freecode");
	*(void **)&c.validate = symbol(handle, "bpf_validate");
	*(void **)&c.geterr = symbol(handle, "pcap_geterr");
	c.dead = open_dead(DLT_EN10MB, 262144);
	return c;
}

static void compile(const struct compiler *c, struct bpf_program *program, const char *expression)
{
	if (c->compile(c->dead, program, expression, 1, PCAP_NETMASK_UNKNOWN) < 0) {
		fprintf(stderr, "%.60s: %s\n", expression, c->geterr(c->dead));
		exit(2);
	}
}

/* Of this process: what others do on the machine counts for nothing. */
static double seconds_of_work(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Seconds for one compilation, on average of `repeats`. */
static double time_of(const struct compiler *c, const char *expression, unsigned int repeats)
{
	double start = seconds_of_work();

	for (unsigned int i = 0; i < repeats; i++) {
		struct bpf_program program;
		compile(c, &program, expression);
		c->freecode(&program);
	}
	return (seconds_of_work() - start) / repeats;
}

static void print_times(const double *seconds, int count, double unit)
{
	for (int i = 0; i < count; i++)
		printf("%s%.3f", i ? "," : "", seconds[i] / unit);
	putchar('\t');
}

/* The instructions of the longest way through a program without loops, each of which jumps forward only. */
static uint32_t longest_way(const struct bpf_program *program)
{
	uint32_t *way = calloc(program->bf_len + 1, sizeof(*way));

	if (!way)
		exit(2);
	for (uint32_t i = program->bf_len; i-- > 0;) {
		const struct bpf_insn *insn = &program->bf_insns[i];
		uint32_t if_true = i + 1, if_false = i + 1;
		if (BPF_CLASS(insn->code) == BPF_RET) {
			way[i] = 1;
			continue;
		}
		if (BPF_CLASS(insn->code) == BPF_JMP) {
			if_true += BPF_OP(insn->code) == BPF_JA ? insn->k : insn->jt;
			if_false += BPF_OP(insn->code) == BPF_JA ? insn->k : insn->jf;
		}
		way[i] = 1 + (way[if_true] > way[if_false] ? way[if_true] : way[if_false]);
	}
	uint32_t longest = way[0];
	free(way);
	return longest;
}

static struct bpf_program program_of(const struct compiler *c, const char *expression)
{
	struct bpf_program program;

	compile(c, &program, expression);
	if (!c->validate(program.bf_insns, (int)program.bf_len)) {
		fprintf(stderr, "%.60s: the program is not valid\n", expression);
		exit(2);
	}
	return program;
}

/* -- everyday expressions -- */

static uint32_t length_of_program(const struct compiler *c, const char *expression)
{
	struct bpf_program program = program_of(c, expression);
	uint32_t length = program.bf_len;

	c->freecode(&program);
	return length;
}

static void measure_everyday(const struct compiler *ours, const struct compiler *theirs, const struct job *job,
			     const char *expression)
{
	double our_times[MOST_ROUNDS], their_times[MOST_ROUNDS];
	unsigned int our_repeats = 1 + (unsigned int)(LEAST_SECONDS / time_of(ours, expression, 3));
	unsigned int their_repeats = 1 + (unsigned int)(LEAST_SECONDS / time_of(theirs, expression, 3));

	for (int i = 0; i < job->rounds; i++) {
		their_times[i] = time_of(theirs, expression, their_repeats);
		our_times[i] = time_of(ours, expression, our_repeats);
	}
	printf("everyday\t%s\t", expression);
	print_times(their_times, job->rounds, 1e-6);
	print_times(our_times, job->rounds, 1e-6);
	printf("%u\t%u\n", length_of_program(theirs, expression), length_of_program(ours, expression));
}

/* Expressions stand one a line; comments and [LINKTYPE] are other programs' (tests/data/filters). */
static void measure_file(const struct compiler *ours, const struct compiler *theirs, const struct job *job, const char *path)
{
	char line[1024];
	FILE *file = fopen(path, "r");

	if (!file) {
		perror(path);
		exit(2);
	}
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] && line[0] != '#' && line[0] != '[')
			measure_everyday(ours, theirs, job, line);
	}
	fclose(file);
}

/* -- lists -- */

static uint32_t below(uint32_t n)
{
	static uint64_t state = 0x9e3779b97f4a7c15;

	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)(state * UINT64_C(0x2545f4914f6cdd1d) >> 32) % n;
}

/* Dotted, the first `bits` of it. */
static const char *some_address(char text[static 16], uint32_t bits)
{
	uint32_t address = ((1 + below(223)) << 24 | below(1 << 24)) & (UINT32_MAX << (32 - bits));

	snprintf(text, 16, "%u.%u.%u.%u", address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255);
	return text;
}

static void host(char *to, uint32_t i)
{
	char address[16];

	(void)i;
	snprintf(to, ROOM, "host %s", some_address(address, 32));
}

/* 40503 is odd: each port once. */
static void port(char *to, uint32_t i)
{
	snprintf(to, ROOM, "port %u", i * 40503 % 65536);
}

static void net_24(char *to, uint32_t i)
{
	char address[16];

	(void)i;
	snprintf(to, ROOM, "net %s/24", some_address(address, 24));
}

static void net(char *to, uint32_t i)
{
	char address[16];
	uint32_t bits = 14 + i % 17;

	snprintf(to, ROOM, "net %s/%u", some_address(address, bits), bits);
}

static void host_and_port(char *to, uint32_t i)
{
	char address[16];

	(void)i;
	snprintf(to, ROOM, "not (host %s and port %u)", some_address(address, 32), below(65536));
}

static void host_6(char *to, uint32_t i)
{
	(void)i;
	snprintf(to, ROOM, "host 2001:db8:%x:%x::%x", below(16), below(65536), below(65536));
}

static void mac(char *to, uint32_t i)
{
	(void)i;
	snprintf(to, ROOM, "ether host 02:00:%02x:%02x:%02x:%02x", below(256), below(256), below(256), below(256));
}

static void mixed(char *to, uint32_t i)
{
	char address[16];
	uint32_t number = below(65000);

	switch (i % 8) {
	case 0:
		snprintf(to, ROOM, "host %s", some_address(address, 32));
		break;
	case 1:
		snprintf(to, ROOM, "net %s/24", some_address(address, 24));
		break;
	case 2:
		snprintf(to, ROOM, "port %u", number);
		break;
	case 3:
		snprintf(to, ROOM, "tcp port %u", number);
		break;
	case 4:
		snprintf(to, ROOM, "src host %s", some_address(address, 32));
		break;
	case 5:
		snprintf(to, ROOM, "dst net %s/16", some_address(address, 16));
		break;
	case 6:
		snprintf(to, ROOM, "(host %s and port %u)", some_address(address, 32), number);
		break;
	default:
		snprintf(to, ROOM, "udp portrange %u-%u", number, number + 9);
	}
}

static const struct kind {
	const char *name, *between;
	void (*write)(char *to, uint32_t i);
} kinds[] = {
	{ "hosts", " or ", host },
	{ "ports", " or ", port },
	{ "nets of 24 bits", " or ", net_24 },
	{ "nets of 14 to 30 bits", " or ", net },
	{ "not (host and port)", " and ", host_and_port },
	{ "mixed", " or ", mixed },
	{ "IPv6 hosts", " or ", host_6 },
	{ "MACs", " or ", mac },
};

static const uint32_t lengths[] = { 10, 50, 100, 200, 1000, 2000, 5000, 10000 };

static void write_list(char *text, const struct kind *kind, uint32_t count)
{
	*text = '\0';
	for (uint32_t i = 0; i < count; i++) {
		if (i > 0)
			text = stpcpy(text, kind->between);
		kind->write(text, i);
		text += strlen(text);
	}
}

/* KiB that a compilation takes at its peak. In a child, whose peak is its own; what a small one takes it has already. */
static long peak_memory(const struct compiler *c, const char *expression)
{
	struct rusage before, after;
	struct bpf_program program;
	int ends[2];
	long kib = 0;

	malloc_trim(0);
	fflush(NULL);
	if (pipe(ends) < 0)
		exit(2);
	pid_t child = fork();
	if (child == 0) {
		time_of(c, "tcp port 80", 1);
		getrusage(RUSAGE_SELF, &before);
		compile(c, &program, expression);
		getrusage(RUSAGE_SELF, &after);
		kib = after.ru_maxrss - before.ru_maxrss;
		_exit(write(ends[1], &kib, sizeof(kib)) != sizeof(kib));
	}
	close(ends[1]);
	if (child < 0 || read(ends[0], &kib, sizeof(kib)) != sizeof(kib))
		exit(2);
	close(ends[0]);
	waitpid(child, NULL, 0);
	return kib;
}

/* As in a process that compiles once: with memory that the system has to give first. */
static double time_of_first(const struct compiler *c, const char *expression)
{
	malloc_trim(0);
	return time_of(c, expression, 1);
}

static double least(const double *numbers, int count)
{
	double found = numbers[0];

	for (int i = 1; i < count; i++)
		found = numbers[i] < found ? numbers[i] : found;
	return found;
}

/* `their_seconds`: what libpcap takes at most, as far as is known; then what it took. */
static void measure_list(const struct compiler *ours, const struct compiler *theirs, const struct job *job,
			 const struct kind *kind, uint32_t count, const char *text, double *their_seconds)
{
	double our_times[MOST_ROUNDS], their_times[MOST_ROUNDS] = { 0 };
	int their_rounds = *their_seconds >= job->patience			? 0
			   : *their_seconds < job->patience / job->list_rounds ? job->list_rounds
										: 1;

	for (int i = 0; i < job->list_rounds; i++) {
		if (i < their_rounds)
			their_times[i] = time_of_first(theirs, text);
		our_times[i] = time_of_first(ours, text);
	}
	if (their_rounds > 0)
		*their_seconds = least(their_times, their_rounds);
	struct bpf_program program = program_of(ours, text);
	printf("list\t%s\t%u\t", kind->name, count);
	print_times(their_times, their_rounds, 1e-3);
	print_times(our_times, job->list_rounds, 1e-3);
	printf("%u\t%u\t%ld\t%u\n", their_rounds > 0 ? length_of_program(theirs, text) : 0, program.bf_len,
	       peak_memory(ours, text), longest_way(&program));
	fflush(stdout);
	ours->freecode(&program);
}

static void measure_kind(const struct compiler *ours, const struct compiler *theirs, const struct job *job,
			 const struct kind *kind, char *text)
{
	double their_seconds = 0;

	for (size_t i = 0; i < COUNT(lengths) && lengths[i] <= job->longest; i++) {
		double growth = i > 0 ? (double)lengths[i] / lengths[i - 1] : 1;
		their_seconds *= growth * growth * growth;
		write_list(text, kind, lengths[i]);
		measure_list(ours, theirs, job, kind, lengths[i], text, &their_seconds);
	}
}

int main(int argc, char **argv)
{
	char *text = malloc((size_t)ROOM * MOST_LENGTH);

	if (argc != 8 || !text) {
		fprintf(stderr, "usage: compile CAPSTAN LIBPCAP EVERYDAY ROUNDS LIST_ROUNDS LONGEST PATIENCE\n");
		return 2;
	}
	const struct job job = { atoi(argv[4]), atoi(argv[5]), (uint32_t)atoi(argv[6]), atof(argv[7]) };
	if (job.rounds < 1 || job.rounds > MOST_ROUNDS || job.list_rounds < 1 || job.list_rounds > MOST_ROUNDS) {
		fprintf(stderr, "1 to %d rounds\n", MOST_ROUNDS);
		return 2;
	}
	struct compiler ours = load_compiler(argv[1]), theirs = load_compiler(argv[2]);
	measure_file(&ours, &theirs, &job, argv[3]);
	for (size_t i = 0; i < COUNT(kinds); i++)
		measure_kind(&ours, &theirs, &job, &kinds[i], text);
	free(text);
	return 0;
}
