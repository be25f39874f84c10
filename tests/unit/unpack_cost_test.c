/* unpack_cost_test.c - what unpacking costs in memory: 16 MiB for any file, but for a window that is longer, and however
 * little was packed to become however much. */
#include "../packing.h"

#include <pcap.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#define FRAME_BYTES ((size_t)64 * 1024 * 1024) /* of zeros: empty packets, sixteen bytes each */
#define FRAMES	    3
#define MOST_KIB    (16 * 1024)
#define WINDOW_KIB  (128 * 1024)

static uint8_t *zeros;

static int make_zeros(void **state)
{
	(void)state;
	zeros = calloc(1, FRAME_BYTES);
	return zeros ? 0 : -1;
}

static int free_zeros(void **state)
{
	(void)state;
	free(zeros);
	return 0;
}

static void count(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	(void)h;
	(void)data;
	++*(unsigned long *)(void *)user;
}

static long most_memory_kib(void)
{
	FILE *status = fopen("/proc/self/status", "r");
	char line[200];
	long kib = -1;

	while (status && fgets(line, sizeof(line), status))
		if (sscanf(line, "VmHWM: %ld kB", &kib) == 1)
			break;
	if (status)
		fclose(status);
	return kib;
}

/* This program once more, for nothing but reading: prints how many packets there were and what it took. */
static int read_only(const char *path)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	unsigned long packets = 0;
	pcap_t *p = pcap_open_offline(path, errbuf);

	if (!p || pcap_loop(p, -1, count, (u_char *)&packets) != 0)
		return 1;
	pcap_close(p);
	printf("%lu %ld\n", packets, most_memory_kib());
	return 0;
}

static void measure(const struct packing *how, const struct packed *packed, unsigned long *packets, long *kib)
{
	const int fd = memfd_create("unpack_cost_test", 0);
	char command[100];

	assert_int_equal(write(fd, packed->bytes, packed->size), packed->size);
	snprintf(command, sizeof(command), "exec /proc/%d/exe --read /proc/%d/fd/%d", getpid(), getpid(), fd);
	FILE *child = popen(command, "r");
	assert_non_null(child);
	if (fscanf(child, "%lu %ld", packets, kib) != 2)
		fail_msg("%s: reading failed", how->name);
	pclose(child);
	close(fd);
}

static void memory_is_bounded(void **state)
{
	const uint32_t header[] = { 0xa1b2c3d4, 4 << 16 | 2, 0, 0, 262144, DLT_EN10MB };

	(void)state;
#if defined(__SANITIZE_ADDRESS__)
	print_message("skipped: AddressSanitizer takes memory of its own\n");
	skip();
#endif
	for (size_t k = 0; k < packing_count; k++) {
		const struct packing *how = &packings[k];
		struct packed packed = { 0 };
		unsigned long packets;
		long kib;

		how->pack(how, &packed, (const uint8_t *)header, sizeof(header), 0);
		const size_t start = packed.size;
		how->pack(how, &packed, zeros, FRAME_BYTES, 0);
		const size_t frame_bytes = packed.size - start;
		for (int i = 1; i < FRAMES; i++) {
			uint8_t *frame = malloc(frame_bytes);
			assert_non_null(frame);
			memcpy(frame, packed.bytes + start, frame_bytes);
			packed_append(&packed, frame, frame_bytes);
			free(frame);
		}
		measure(how, &packed, &packets, &kib);
		assert_int_equal(packets, FRAMES * FRAME_BYTES / 16);
		print_message("%s: %zu KiB to %zu MiB with %ld KiB\n", how->name, packed.size >> 10, FRAMES * FRAME_BYTES >> 20,
			      kib);
		assert_true(kib > 0 && kib <= MOST_KIB + (strstr(how->name, "long window") ? WINDOW_KIB : 0));
		packed_free(&packed);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(memory_is_bounded) };

	if (argc == 3 && strcmp(argv[1], "--read") == 0)
		return read_only(argv[2]);
	return cmocka_run_group_tests(tests, make_zeros, free_zeros);
}
