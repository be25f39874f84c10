/* linktypes_diff.c - what a savefile stores for each DLT, and what it gives back, as libpcap writes and reads it. */
#include "oracle.h"

#include "names/linktypes.h"

#include <pcap.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

enum { FIRST_DLT = -20, LAST_DLT = 500 };

/* libpcap's link type is the last word of the file header, draft-ietf-opsawg-pcap. */
struct file_header {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t reserved[2];
	uint32_t snaplen;
	uint32_t linktype;
};

/* What libpcap writes into the header of a savefile of `dlt`, -1 if it refuses to. */
static int their_linktype(int dlt)
{
	pcap_t *(*open_dead)(int, int) = oracle_symbol("pcap_open_dead");
	pcap_dumper_t *(*dump_fopen)(pcap_t *, FILE *) = oracle_symbol("pcap_dump_fopen");
	void (*dump_close)(pcap_dumper_t *) = oracle_symbol("pcap_dump_close");
	void (*close_handle)(pcap_t *) = oracle_symbol("pcap_close");
	struct file_header header = { .linktype = UINT32_MAX };
	pcap_t *p = open_dead(dlt, 100);

	assert_non_null(p);
	FILE *fp = fmemopen(&header, sizeof(header), "w");
	assert_non_null(fp);
	setvbuf(fp, NULL, _IONBF, 0); /* or fmemopen() would have room for one more byte */
	pcap_dumper_t *dumper = dump_fopen(p, fp);
	if (dumper)
		dump_close(dumper);
	close_handle(p);
	return dumper ? (int)header.linktype : -1;
}

/* The handle that libpcap makes of a savefile that has a header and no packet. */
static pcap_t *their_handle(uint32_t linktype, uint32_t snaplen)
{
	pcap_t *(*fopen_offline)(FILE *, char *) = oracle_symbol("pcap_fopen_offline");
	static struct file_header header;
	char errbuf[PCAP_ERRBUF_SIZE];

	header = (struct file_header){ .magic = 0xa1b2c3d4, .major = 2, .minor = 4, .snaplen = snaplen,
				       .linktype = linktype };
	FILE *fp = fmemopen(&header, sizeof(header), "r");
	assert_non_null(fp);
	pcap_t *p = fopen_offline(fp, errbuf);
	assert_non_null(p);
	return p;
}

static void every_dlt_is_stored_alike(void **state)
{
	(void)state;
	for (int dlt = FIRST_DLT; dlt <= LAST_DLT; dlt++) {
		/* Intended: the range in which both are equal has grown since 1.10.3. */
		if (dlt >= 290 && dlt <= 304) {
			assert_int_equal(their_linktype(dlt), -1);
			assert_int_equal(cst_linktype_from_dlt(dlt), dlt);
		} else if (cst_linktype_from_dlt(dlt) != their_linktype(dlt)) {
			fail_msg("DLT %d: stored as %d, by libpcap as %d", dlt, cst_linktype_from_dlt(dlt),
				 their_linktype(dlt));
		}
	}
}

static void every_linktype_is_read_alike(void **state)
{
	int (*datalink)(pcap_t *) = oracle_symbol("pcap_datalink");
	void (*close_handle)(pcap_t *) = oracle_symbol("pcap_close");

	(void)state;
	for (int linktype = 0; linktype <= LAST_DLT; linktype++) {
		pcap_t *p = their_handle((uint32_t)linktype, 100);

		assert_int_equal(cst_dlt_from_linktype(linktype), datalink(p));
		close_handle(p);
	}
}

static void snaplen_of_a_file_without_one(void **state)
{
	int (*snapshot)(pcap_t *) = oracle_symbol("pcap_snapshot");
	int (*datalink)(pcap_t *) = oracle_symbol("pcap_datalink");
	void (*close_handle)(pcap_t *) = oracle_symbol("pcap_close");
	static const uint32_t none[] = { 0, 0x80000000, UINT32_MAX };

	(void)state;
	for (uint32_t linktype = 0; linktype <= LAST_DLT; linktype++) {
		pcap_t *p = their_handle(linktype, none[linktype % 3]);

		assert_int_equal(cst_linktype_max_snaplen(datalink(p)), snapshot(p));
		close_handle(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_dlt_is_stored_alike),
		cmocka_unit_test(every_linktype_is_read_alike),
		cmocka_unit_test(snaplen_of_a_file_without_one),
	};

	oracle_symbol("pcap_lib_version"); /* skips here, before cmocka counts */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
