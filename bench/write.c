/* write.c - dump packets to a savefile: write LIBRARY PATH BYTES COUNT. COUNT packets of BYTES each. With "floor" for
 * LIBRARY, what it would take without one: records copied into a block that write(2) takes away. Prints the file's length
 * that came of it, and the nanoseconds that it took, opening and closing included. */
#include "host.h"
#include "library.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK_BYTES = 128 * 1024, PACKET_BYTES = 65535, FILE_HEADER_BYTES = 24 };

struct job {
	const char *path;
	unsigned long bytes, count;
};

static u_char packet[PACKET_BYTES];

static struct timeval stamp(unsigned long number)
{
	return (struct timeval){ .tv_sec = 1700000000 + (time_t)(number >> 20), .tv_usec = (suseconds_t)(number & 0x7ffff) };
}

static unsigned long with_library(const char *path, const struct job *job)
{
	struct library lib = load_library(path);
	pcap_t *p = lib.open_dead(DLT_EN10MB, 262144);
	pcap_dumper_t *dumper = lib.dump_open(p, job->path);

	if (!dumper) {
		fprintf(stderr, "%s\n", lib.geterr(p));
		exit(2);
	}
	struct pcap_pkthdr h = { .caplen = (bpf_u_int32)job->bytes, .len = (bpf_u_int32)job->bytes };
	for (unsigned long i = 0; i < job->count; i++) {
		h.ts = stamp(i);
		lib.dump((u_char *)dumper, &h, packet);
	}
	const long length = lib.dump_ftell(dumper);
	if (lib.dump_flush(dumper) < 0) {
		perror(job->path);
		exit(2);
	}
	lib.dump_close(dumper);
	lib.close(p);
	return (unsigned long)length;
}

static void take_away(int fd, const uint8_t *block, size_t bytes)
{
	if (write(fd, block, bytes) != (ssize_t)bytes) {
		perror("write");
		exit(2);
	}
}

static unsigned long floor_of(const struct job *job)
{
	static uint8_t block[BLOCK_BYTES];
	const int fd = open(job->path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	const size_t record_bytes = 16 + job->bytes;
	size_t used = FILE_HEADER_BYTES;

	if (fd < 0) {
		perror(job->path);
		exit(2);
	}
	for (unsigned long i = 0; i < job->count; i++) {
		const struct timeval ts = stamp(i);
		const uint32_t header[4] = { (uint32_t)ts.tv_sec, (uint32_t)ts.tv_usec, (uint32_t)job->bytes, (uint32_t)job->bytes };

		if (sizeof(block) - used < record_bytes) {
			take_away(fd, block, used);
			used = 0;
		}
		memcpy(block + used, header, sizeof(header));
		memcpy(block + used + sizeof(header), packet, job->bytes);
		used += record_bytes;
	}
	take_away(fd, block, used);
	close(fd);
	return FILE_HEADER_BYTES + job->count * record_bytes;
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		fprintf(stderr, "usage: write LIBRARY|floor PATH BYTES COUNT\n");
		return 2;
	}
	const struct job job = { argv[2], strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10) };
	if (job.bytes > PACKET_BYTES) {
		fprintf(stderr, "at most %d bytes a packet\n", PACKET_BYTES);
		return 2;
	}
	const double start = wall_seconds();
	const unsigned long length = strcmp(argv[1], "floor") == 0 ? floor_of(&job) : with_library(argv[1], &job);
	printf("%lu %.0f\n", length, (wall_seconds() - start) * 1e9);
	return 0;
}
