/* send.c - put frames on "left" in one of several ways, and count or time what arrives at "right".
 *
 *   send rate WAY LIBRARY PACKETS BYTES PEER    back to back: prints packets a second, and how many arrived
 *   send sync WAY LIBRARY SECONDS GAP_US        by the clock: prints what the kernel's receive stamps say of each gap
 *
 * WAY: loop (pcap_sendpacket), queue (pcap_sendqueue_transmit), busy (a loop on the clock around send(2)), tcpreplay.
 * PEER: plain, gro, drop (an XDP program drops what comes). CPU 0 sends, CPU 1 receives. */
#include "host.h"
#include "library.h"
#include "xdp_drop.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RECORD_HEADER 16
#define FILE_HEADER   24
#define ETHERTYPE     0x88b5 /* IEEE's, for local experiments */
#define SAVEFILE      "/dev/shm/capstan-bench.pcap"

static void fail(const char *what)
{
	perror(what);
	exit(2);
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void shell(const char *command)
{
	if (system(command) != 0)
		fail(command);
}

/* ---- what is sent ---- */

/* A savefile in memory: its body is the queue. Frame i is due at stamp_us(i). */
struct load {
	uint8_t *file;
	size_t bytes;
	size_t packets, frame_bytes;
};

/* Bursts of four among single packets, as traffic has them; all multiples of the gap. */
static uint64_t stamp_us(size_t i, uint64_t gap_us)
{
	return i / 8 * 5 * gap_us + (i % 8 < 4 ? 0 : i % 8 - 3) * gap_us;
}

static struct load make_load(size_t packets, size_t frame_bytes, uint64_t gap_us)
{
	static const uint32_t file_header[] = { 0xa1b2c3d4, 2 | 4 << 16, 0, 0, 262144, 1 };
	static const uint8_t ethernet[] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, ETHERTYPE >> 8, ETHERTYPE & 0xff };
	struct load l = { .packets = packets, .frame_bytes = frame_bytes };

	l.bytes = FILE_HEADER + packets * (RECORD_HEADER + frame_bytes);
	l.file = calloc(1, l.bytes);
	if (!l.file)
		fail("memory");
	memcpy(l.file, file_header, sizeof(file_header));
	for (size_t i = 0; i < packets; i++) {
		uint8_t *record = l.file + FILE_HEADER + i * (RECORD_HEADER + frame_bytes);
		const uint64_t us = stamp_us(i, gap_us);
		const uint32_t header[] = { (uint32_t)(1700000000 + us / 1000000), (uint32_t)(us % 1000000),
					    (uint32_t)frame_bytes, (uint32_t)frame_bytes };
		const uint32_t number = htonl((uint32_t)i);
		memcpy(record, header, sizeof(header));
		memcpy(record + RECORD_HEADER, ethernet, sizeof(ethernet));
		memcpy(record + RECORD_HEADER + sizeof(ethernet), &number, sizeof(number));
	}
	return l;
}

static void save(const struct load *l)
{
	FILE *file = fopen(SAVEFILE, "we");

	if (!file || fwrite(l->file, 1, l->bytes, file) != l->bytes || fclose(file) != 0)
		fail(SAVEFILE);
}

static const uint8_t *frame_of(const struct load *l, size_t i)
{
	return l->file + FILE_HEADER + i * (RECORD_HEADER + l->frame_bytes) + RECORD_HEADER;
}

/* ---- ways to send ---- */

/* When the first call to send was made; shared with the parent. */
static int64_t *begun_ns;

static pcap_t *open_left(const struct library *lib)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	pcap_t *p = lib->create("left", errbuf);

	if (!p || lib->set_snaplen(p, 64) < 0 || lib->activate(p) < 0) {
		fprintf(stderr, "left: %s\n", p ? lib->geterr(p) : errbuf);
		exit(2);
	}
	return p;
}

static void send_loop(const struct library *lib, const struct load *l, bool sync)
{
	pcap_t *p = open_left(lib);

	(void)sync;
	*begun_ns = now_ns();
	for (size_t i = 0; i < l->packets; i++)
		while (lib->sendpacket(p, frame_of(l, i), (int)l->frame_bytes) < 0)
			if (errno != ENOBUFS) {
				fprintf(stderr, "%s\n", lib->geterr(p));
				exit(2);
			}
	lib->close(p);
}

static void send_queue(const struct library *lib, const struct load *l, bool sync)
{
	pcap_t *p = open_left(lib);
	const u_int bytes = (u_int)(l->bytes - FILE_HEADER);
	struct pcap_send_queue *queue = lib->sendqueue_alloc(bytes);

	if (!queue)
		fail("memory");
	/* The SDK's rule: the records of a queue are those of the file. */
	memcpy(queue->buffer, l->file + FILE_HEADER, bytes);
	queue->len = bytes;
	*begun_ns = now_ns();
	u_int left = lib->sendqueue_transmit(p, queue, sync);

	if (left != bytes) {
		fprintf(stderr, "%u of %u bytes have left: %s\n", left, bytes, lib->geterr(p));
		exit(2);
	}
	lib->close(p);
}

/* The floor: nothing but the clock and the system call. */
static void send_busy(const struct library *lib, const struct load *l, bool sync)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex("left") };
	int fd = socket(AF_PACKET, SOCK_RAW, 0);
	uint32_t first[2], stamp[2];

	(void)lib;
	if (fd < 0 || bind(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		fail("left");
	memcpy(first, frame_of(l, 0) - RECORD_HEADER, sizeof(first));
	const int64_t start = *begun_ns = now_ns();
	for (size_t i = 0; i < l->packets; i++) {
		memcpy(stamp, frame_of(l, i) - RECORD_HEADER, sizeof(stamp));
		const int64_t due = start + ((int64_t)stamp[0] - first[0]) * 1000000000 +
				    ((int64_t)stamp[1] - first[1]) * 1000;
		while (sync && now_ns() < due)
			;
		while (send(fd, frame_of(l, i), l->frame_bytes, 0) < 0)
			if (errno != ENOBUFS)
				fail("send");
	}
	close(fd);
}

static void send_tcpreplay(const struct library *lib, const struct load *l, bool sync)
{
	(void)lib;
	(void)l;
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	if (sync)
		execlp("tcpreplay", "tcpreplay", "-i", "left", "--preload-pcap", SAVEFILE, NULL);
	else
		execlp("tcpreplay", "tcpreplay", "-i", "left", "--preload-pcap", "--topspeed", SAVEFILE, NULL);
	_exit(127);
}

static const struct way {
	const char *name;
	void (*send)(const struct library *, const struct load *, bool sync);
} ways[] = {
	{ "loop", send_loop }, { "queue", send_queue }, { "busy", send_busy }, { "tcpreplay", send_tcpreplay },
};

static const struct way *way_named(const char *name)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		if (strcmp(ways[i].name, name) == 0)
			return &ways[i];
	fprintf(stderr, "no way \"%s\" to send\n", name);
	exit(2);
}

/* ---- the peer ---- */

static void prepare_peer(const char *peer)
{
	if (strcmp(peer, "drop") == 0)
		drop_at("right"); /* the descriptor lives as long as we do */
	else
		shell(strcmp(peer, "gro") == 0 ? "ethtool -K right gro on" : "ethtool -K right gro off");
}

/* ---- back to back ---- */

/* Send in a child: CPU time is the sender's alone. */
static pid_t start_sending(const struct way *way, const struct library *lib, const struct load *l, bool sync)
{
	begun_ns = mmap(NULL, sizeof(*begun_ns), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (begun_ns == MAP_FAILED)
		fail("memory");
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		run_on(0);
		way->send(lib, l, sync);
		_exit(0);
	}
	return child;
}

/* Seconds of CPU it took. */
static double end_sending(const struct way *way, pid_t child)
{
	struct rusage usage;
	int status;

	if (wait4(child, &status, 0, &usage) != child || status != 0) {
		fprintf(stderr, "%s: status %d\n", way->name, status);
		exit(2);
	}
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* From the first call to the last arrival; of a program, whose first call is its own, from the first arrival. */
static int rate(const struct way *way, const struct library *lib, char **args)
{
	struct load l = make_load((size_t)atol(args[0]), (size_t)atol(args[1]), 0);

	prepare_peer(args[2]);
	save(&l);
	const uint64_t before = packets_received("right");
	int64_t first_ns = 0, last_ns = 0, give_up_ns = INT64_MAX;
	uint64_t count = 0;
	bool ended = false;
	double cpu = 0;
	pid_t child = start_sending(way, lib, &l, false);
	while (count < l.packets && now_ns() < give_up_ns) {
		const uint64_t now = packets_received("right") - before;
		if (now > count) {
			last_ns = now_ns();
			first_ns = first_ns ? first_ns : last_ns;
			count = now;
		}
		usleep(200);
		siginfo_t info = { 0 };
		if (!ended && waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == child) {
			ended = true;
			cpu = end_sending(way, child);
			give_up_ns = now_ns() + 300000000; /* for what the peer has yet to take in */
		}
	}
	if (!ended)
		cpu = end_sending(way, child);
	unlink(SAVEFILE);
	const double seconds = (double)(last_ns - (*begun_ns ? *begun_ns : first_ns)) / 1e9;
	printf("%.0f %zu %llu %.1f\n", (double)count / seconds, l.packets, (unsigned long long)count,
	       cpu * 1e9 / (double)l.packets);
	return 0;
}

/* ---- by the clock ---- */

/* Receive stamps of the kernel in a ring of one frame a packet, read when all is over: nothing is disturbed. */
static int64_t *receive_stamps(size_t packets, int *fd, void **ring, size_t *ring_bytes)
{
	struct sockaddr_ll from = { .sll_family = AF_PACKET, .sll_protocol = htons(ETHERTYPE),
				    .sll_ifindex = (int)if_nametoindex("right") };
	int version = TPACKET_V2;
	struct tpacket_req request = { .tp_block_size = 4096, .tp_frame_size = 128,
				       .tp_block_nr = (unsigned int)(packets / 32 + 2) };

	request.tp_frame_nr = request.tp_block_nr * 32;
	*fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	*ring_bytes = (size_t)request.tp_block_nr * 4096;
	if (*fd < 0 || setsockopt(*fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) < 0 ||
	    setsockopt(*fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request)) < 0)
		fail("right: ring");
	*ring = mmap(NULL, *ring_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	if (*ring == MAP_FAILED || bind(*fd, (struct sockaddr *)&from, sizeof(from)) < 0)
		fail("right: binding");
	return calloc(packets, sizeof(int64_t));
}

static size_t read_stamps(const uint8_t *ring, size_t packets, int64_t *stamps)
{
	for (size_t i = 0; i < packets; i++) {
		const struct tpacket2_hdr *h = (const struct tpacket2_hdr *)(const void *)(ring + i * 128);
		if (!(h->tp_status & TP_STATUS_USER))
			return i;
		stamps[i] = (int64_t)h->tp_sec * 1000000000 + h->tp_nsec;
	}
	return packets;
}

static int by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double quantile(double *sorted, size_t count, double q)
{
	return sorted[(size_t)(q * (double)(count - 1))];
}

static int sync_accuracy(const struct way *way, const struct library *lib, char **args)
{
	const uint64_t gap_us = (uint64_t)atol(args[1]);
	/* Eight packets take five gaps. */
	const size_t packets = (size_t)(atof(args[0]) * 1e6 / (double)gap_us * 8 / 5) + 9;
	struct load l = make_load(packets, 60, gap_us);
	int fd;
	void *ring;
	size_t ring_bytes;
	int64_t *stamps = receive_stamps(packets, &fd, &ring, &ring_bytes);
	double *errors = calloc(packets, sizeof(*errors)), *late = calloc(packets, sizeof(*late));

	if (!stamps || !errors || !late)
		fail("memory");
	save(&l);
	const int64_t start = now_ns();
	const double cpu = end_sending(way, start_sending(way, lib, &l, true));
	const double seconds = (double)(now_ns() - start) / 1e9;
	usleep(10000);
	const size_t count = read_stamps(ring, packets, stamps);
	unlink(SAVEFILE);
	if (count != packets) {
		fprintf(stderr, "%zu of %zu packets arrived\n", count, packets);
		return 2;
	}
	size_t pairs = 0;
	double early = 0, drift[2] = { 0 };
	for (size_t i = 0; i < packets; i++) {
		late[i] = (double)(stamps[i] - stamps[0]) / 1e3 - (double)stamp_us(i, gap_us);
		if (late[i] < early)
			early = late[i];
		/* Packets of a burst follow each other as fast as they can: no error, whatever it takes. */
		if (i > 0 && stamp_us(i, gap_us) != stamp_us(i - 1, gap_us)) {
			double error = late[i] - late[i - 1];
			/* The burst's own length before it is no error of the clock. */
			if (i % 8 == 4 || i < 1)
				error = late[i] - late[i - i % 8];
			errors[pairs++] = error < 0 ? -error : error;
		}
	}
	/* How late the first and the last tenth are, by the median: what has added up. */
	const size_t tenth = packets / 10 + 1;
	for (int end = 0; end < 2; end++) {
		double *part = malloc(tenth * sizeof(*part));
		memcpy(part, end ? late + packets - tenth : late, tenth * sizeof(*part));
		qsort(part, tenth, sizeof(*part), by_size);
		drift[end] = quantile(part, tenth, 0.5);
		free(part);
	}
	for (size_t i = 0; i < packets; i++)
		late[i] -= early; /* the first packet may itself have been the late one */
	qsort(errors, pairs, sizeof(*errors), by_size);
	qsort(late, packets, sizeof(*late), by_size);
	printf("%zu %.3f %.3f %.1f %.1f %.1f %.1f\n", packets, quantile(errors, pairs, 0.5), quantile(errors, pairs, 0.99),
	       quantile(late, packets, 0.99), drift[1] - drift[0], late[packets - 1], 100 * cpu / seconds);
	return 0;
}

int main(int argc, char **argv)
{
	const bool is_rate = argc == 7 && strcmp(argv[1], "rate") == 0;

	if (!is_rate && !(argc == 6 && strcmp(argv[1], "sync") == 0)) {
		fprintf(stderr, "usage: send rate WAY LIBRARY PACKETS BYTES PEER | send sync WAY LIBRARY SECONDS GAP_US\n");
		return 2;
	}
	const struct way *way = way_named(argv[2]);
	struct library lib = load_library(argv[3]);
	run_on(1);
	return is_rate ? rate(way, &lib, argv + 4) : sync_accuracy(way, &lib, argv + 4);
}
