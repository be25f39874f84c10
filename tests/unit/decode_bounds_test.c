/* decode_bounds_test.c - the command's decoder on packets that end at an unreadable page: whatever is in them, it reads
 * no further. */
#include "../../tools/decode.h"
#include "../../tools/device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What the decoder would have from the library. */
const char *linktype_name(int dlt, char room[static 16])
{
	(void)dlt;
	(void)room;
	return "LINK";
}

static uint32_t random32(void)
{
	static uint64_t seed = 1;

	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(seed >> 32);
}

/* Bytes that headers are made of, so that many packets are understood up to where they end. */
static const uint8_t likely[] = { 0,    1,    2,    3,	  4,	5,    6,    8,	  17,	43,   44,   45,	  46,	51,   58,   60,
				  0x11, 0x14, 0x21, 0x42, 0x45, 0x46, 0x4f, 0x57, 0x60, 0x64, 0x81, 0x86, 0x88, 0xaa, 0xdd, 0xff };

/* Beginnings that random bytes would hardly hit. */
static const struct {
	int dlt;
	const char *bytes;
	size_t length;
} begins[] = {
#define BEGIN(dlt, bytes) { dlt, bytes, sizeof(bytes) - 1 }
	BEGIN(DLT_EN10MB, "\2\0\0\0\0\2\2\0\0\0\0\1\x08\0\x45"),
	BEGIN(DLT_EN10MB, "\2\0\0\0\0\2\2\0\0\0\0\1\x86\xdd\x60\0\0\0\0\0"),
	BEGIN(DLT_EN10MB, "\2\0\0\0\0\2\2\0\0\0\0\1\x81\0\0\7\x81\0"),
	BEGIN(DLT_EN10MB, "\2\0\0\0\0\2\2\0\0\0\0\1\x88\x64\x11\0\0\0\0\0\0"),
	BEGIN(DLT_EN10MB, "\2\0\0\0\0\2\2\0\0\0\0\1\x08\6\0\1\x08\0\6\4\0"),
	BEGIN(DLT_EN10MB, "\2\0\0\0\0\2\2\0\0\0\0\1\0\x26\xaa\xaa\3\0\0\0"),
	BEGIN(DLT_EN10MB, ""), BEGIN(DLT_LINUX_SLL, ""), BEGIN(DLT_LINUX_SLL2, ""), BEGIN(DLT_RAW, ""),
	BEGIN(DLT_IPV4, "\x45"), BEGIN(DLT_IPV6, "\x60\0\0\0\0\0"), BEGIN(DLT_NULL, "\2\0\0\0"), BEGIN(DLT_LOOP, "\0\0\0\x18"),
	BEGIN(DLT_PPP, "\xff\3\0"), BEGIN(DLT_PPP_SERIAL, ""), BEGIN(DLT_PPP_PPPD, ""), BEGIN(DLT_C_HDLC, "\x0f\0"),
	BEGIN(DLT_IEEE802_11, ""),
};

static void no_byte_behind_a_packet_is_read(void **state)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *const pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char line[DECODE_LINE_SIZE], name[DECODE_PROTOCOL_SIZE];

	(void)state;
	assert_true(pages != MAP_FAILED);
	assert_int_equal(mprotect(pages + page, page, PROT_NONE), 0);
	for (unsigned int n = 0; n < 1000000; n++) {
		const size_t which = n % (sizeof(begins) / sizeof(begins[0])), length = random32() % 100;
		uint8_t *const data = pages + page - length;

		for (size_t i = 0; i < length; i++)
			data[i] = i < begins[which].length ? (uint8_t)begins[which].bytes[i] :
							     likely[random32() % sizeof(likely)];
		const struct decode_packet packet = {
			.dlt = begins[which].dlt, .has_time = true, .caplen = (uint32_t)length, .len = 100, .data = data,
		};
		const struct decode_protocol shown = decode_packet(line, &packet), counted = decode_packet(NULL, &packet);
		decode_protocol_name(name, &shown);
		assert_true(strlen(name) > 0 && strlen(line) < sizeof(line) - 1);
		assert_true(shown.kind == counted.kind && shown.number == counted.number);
	}
	munmap(pages, 2 * page);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(no_byte_behind_a_packet_is_read) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
