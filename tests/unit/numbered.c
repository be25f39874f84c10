/* numbered.c - packets that follow from their number. */
#include "numbered.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

enum { FILE_HEADER_BYTES = 24, RECORD_HEADER_BYTES = 16 };

pcap_t *numbered_handle(void)
{
	pcap_t *p = pcap_open_dead(DLT_EN10MB, NUMBERED_SNAPLEN);

	assert_non_null(p);
	return p;
}

struct pcap_pkthdr numbered_packet(uint32_t number, u_char bytes[static NUMBERED_LONGEST])
{
	const uint32_t caplen = number % 7 == 3 ? number % (NUMBERED_LONGEST + 1) : number % 90;
	uint32_t state = number * 2654435761u + 1;

	for (uint32_t i = 0; i < caplen; i++) {
		state = state * 1664525u + 1013904223u;
		bytes[i] = (u_char)(state >> (number % 3 ? 24 : 29)); /* some compress well */
	}
	return (struct pcap_pkthdr){ .ts = { 1700000000 + number / 1000, number % 1000 }, .caplen = caplen, .len = caplen + 4 };
}

void numbered_dump(pcap_dumper_t *dumper, uint32_t from, uint32_t until)
{
	u_char bytes[NUMBERED_LONGEST];

	for (uint32_t number = from; number < until; number++) {
		const struct pcap_pkthdr h = numbered_packet(number, bytes);
		pcap_dump((u_char *)dumper, &h, bytes);
	}
}

static void put32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
}

/* What the savefile has at this place, in full. */
static size_t record(uint32_t number, uint8_t out[static RECORD_HEADER_BYTES + NUMBERED_LONGEST])
{
	const struct pcap_pkthdr h = numbered_packet(number, out + RECORD_HEADER_BYTES);

	put32(out, (uint32_t)h.ts.tv_sec);
	put32(out + 4, (uint32_t)h.ts.tv_usec);
	put32(out + 8, h.caplen);
	put32(out + 12, h.len);
	return RECORD_HEADER_BYTES + h.caplen;
}

int numbered_put(capstan_pcapng_writer *w, uint32_t from, uint32_t until)
{
	u_char bytes[NUMBERED_LONGEST];
	int status = 0;

	for (uint32_t number = from; number < until && status == 0; number++) {
		const struct pcap_pkthdr h = numbered_packet(number, bytes);
		status = capstan_pcapng_put_packet(w, 0, &h, bytes);
	}
	return status;
}

uint32_t numbered_in(const uint8_t *bytes, size_t size)
{
	static const uint32_t header[6] = { 0xa1b2c3d4, BYTE_ORDER == LITTLE_ENDIAN ? 4u << 16 | 2 : 2u << 16 | 4, 0, 0,
					    NUMBERED_SNAPLEN, DLT_EN10MB };
	uint8_t expected[RECORD_HEADER_BYTES + NUMBERED_LONGEST];
	uint32_t number = 0;

	assert_memory_equal(bytes, header, size < FILE_HEADER_BYTES ? size : FILE_HEADER_BYTES);
	for (size_t at = FILE_HEADER_BYTES; at < size; number++) {
		const size_t whole = record(number, expected), there = size - at < whole ? size - at : whole;
		assert_memory_equal(bytes + at, expected, there);
		if (there < whole)
			break;
		at += whole;
	}
	return number;
}

uint32_t numbered_in_file(const char *path)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_open_offline(path, errbuf);
	u_char expected[NUMBERED_LONGEST];
	struct pcap_pkthdr *h;
	const u_char *bytes;
	uint32_t number = 0;
	int status;

	if (!p)
		return 0; /* its header is not whole */
	for (; (status = pcap_next_ex(p, &h, &bytes)) == 1; number++) {
		const struct pcap_pkthdr next = numbered_packet(number, expected);
		assert_int_equal(h->ts.tv_sec, next.ts.tv_sec);
		assert_int_equal(h->ts.tv_usec, next.ts.tv_usec);
		assert_int_equal(h->caplen, next.caplen);
		assert_int_equal(h->len, next.len);
		assert_memory_equal(bytes, expected, next.caplen);
	}
	if (status != PCAP_ERROR_BREAK && !strstr(pcap_geterr(p), "whole packets"))
		fail_msg("%s", pcap_geterr(p));
	pcap_close(p);
	return number;
}

uint32_t numbered_killed(numbered_writer *writer, const void *how, unsigned int round)
{
	void *shared = mmap(NULL, sizeof(_Atomic uint32_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	_Atomic uint32_t *flushed = shared;
	int status;

	assert_true(shared != MAP_FAILED);
	const pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		writer(how, flushed);
		for (;;)
			pause();
	}
	for (int ms = 0; round % 2 && atomic_load(flushed) == 0 && ms < 20000; ms++)
		usleep(1000);
	usleep(((round + 1) * 2654435761u >> 16) % 12000);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	const uint32_t count = atomic_load(flushed);
	assert_true(count > 0 || round % 2 == 0);
	munmap(shared, sizeof(*flushed));
	return count;
}
