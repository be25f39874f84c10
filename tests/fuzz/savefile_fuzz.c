/* savefile_fuzz.c - any bytes as a savefile, pcap or pcapng: read from a descriptor packet by packet, and from memory in
 * portions and in the other precision, it holds the same packets, no more of them than fit into it, and ends the same way. */
#include "fuzz.h"

#include <pcap.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

/* The least that a packet takes besides its data: a simple packet block. */
enum { LEAST_HEADER = 16 };

struct seen {
	unsigned long long packets, bytes;
	uint64_t sum;  /* over stamps in microseconds, lengths and every byte */
	bool nano;
	bool classic;  /* whose fractions may be anything, and are scaled as they are */
};

static void see(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct seen *s = (struct seen *)(void *)user;
	const uint64_t micro = (uint64_t)(s->nano ? h->ts.tv_usec / 1000 : h->ts.tv_usec);

	FUZZ_REQUIRE(s->classic || (h->ts.tv_usec >= 0 && h->ts.tv_usec < (s->nano ? 1000000000 : 1000000)));
	s->sum = (s->sum ^ (uint64_t)h->ts.tv_sec) * 0x100000001b3;
	s->sum = (s->sum ^ micro) * 0x100000001b3;
	s->sum = (s->sum ^ h->caplen) * 0x100000001b3;
	s->sum = (s->sum ^ h->len) * 0x100000001b3;
	for (bpf_u_int32 i = 0; i < h->caplen; i++)
		s->sum = (s->sum ^ data[i]) * 0x100000001b3;
	s->packets++;
	s->bytes += h->caplen;
}

/* What it ended with is told again when it is asked for again. */
static void require_end(pcap_t *p, int status)
{
	struct pcap_pkthdr *h;
	const u_char *data;

	FUZZ_REQUIRE(status == PCAP_ERROR || status == PCAP_ERROR_BREAK);
	FUZZ_REQUIRE(pcap_next_ex(p, &h, &data) == status);
	FUZZ_REQUIRE(status == PCAP_ERROR_BREAK || strlen(pcap_geterr(p)) > 20);
}

static int read_one_by_one(pcap_t *p, struct seen *s)
{
	struct pcap_pkthdr *h;
	const u_char *data;
	int status;

	while ((status = pcap_next_ex(p, &h, &data)) == 1)
		see((u_char *)s, h, data);
	return status;
}

static int read_in_portions(pcap_t *p, struct seen *s)
{
	int status;

	while ((status = pcap_dispatch(p, 7, see, (u_char *)s)) > 0)
		FUZZ_REQUIRE(status <= 7);
	return status == 0 ? PCAP_ERROR_BREAK : status;
}

/* How the reading ended: PCAP_ERROR_BREAK, PCAP_ERROR, or 1: it did not open. */
static int read_file(FILE *file, u_int precision, int (*read_all)(pcap_t *, struct seen *), struct seen *s, size_t size)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	pcap_t *p = pcap_fopen_offline_with_tstamp_precision(file, precision, errbuf);

	if (!p) {
		FUZZ_REQUIRE(strlen(errbuf) > 20);
		fclose(file);
		return 1;
	}
	s->nano = precision == PCAP_TSTAMP_PRECISION_NANO;
	const int status = read_all(p, s);
	require_end(p, status);
	FUZZ_REQUIRE(s->packets <= size / LEAST_HEADER);
	FUZZ_REQUIRE(s->bytes + s->packets * LEAST_HEADER <= size);
	pcap_close(p);
	return status;
}

static FILE *from_descriptor(const uint8_t *data, size_t size)
{
	const int fd = memfd_create("savefile", MFD_CLOEXEC);

	FUZZ_REQUIRE(fd >= 0 && write(fd, data, size) == (ssize_t)size && lseek(fd, 0, SEEK_SET) == 0);
	return fdopen(fd, "rb");
}

/* Those have unpack_fuzz.c, and hold more than their size. The third is a frame that zstd and lz4 skip. */
static bool is_compressed(const uint8_t *data, size_t size)
{
	return size >= 4 && (memcmp(data, "\x1f\x8b", 2) == 0 || memcmp(data, "\x28\xb5\x2f\xfd", 4) == 0 ||
			     memcmp(data + 1, "\x2a\x4d\x18", 3) == 0 || memcmp(data, "\x04\x22\x4d\x18", 4) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t section[4] = { 0x0a, 0x0d, 0x0d, 0x0a };
	struct seen micro = { .classic = size < 4 || memcmp(data, section, 4) != 0 }, nano = micro;

	if (size == 0)
		return 0; /* fmemopen() wants a byte */
	if (is_compressed(data, size))
		return 0;
	uint8_t *copy = fuzz_copy(data, size);
	FILE *file = from_descriptor(copy, size), *memory = fmemopen(copy, size, "rb");
	FUZZ_REQUIRE(file && memory);
	const int end = read_file(file, PCAP_TSTAMP_PRECISION_MICRO, read_one_by_one, &micro, size);
	FUZZ_REQUIRE(read_file(memory, PCAP_TSTAMP_PRECISION_NANO, read_in_portions, &nano, size) == end);
	FUZZ_REQUIRE(micro.packets == nano.packets && micro.sum == nano.sum);
	free(copy);
	return 0;
}
