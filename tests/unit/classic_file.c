/* classic_file.c - see classic_file.h. */
#include "classic_file.h"

static void put(struct file *f, uint32_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		f->bytes[f->size++] = (uint8_t)(value >> 8 * (f->big_endian ? bytes - 1 - i : i));
}

void put_header(struct file *f, uint32_t magic, int major, int minor, uint32_t snaplen, uint32_t linktype)
{
	put(f, magic, 4);
	put(f, (uint32_t)major, 2);
	put(f, (uint32_t)minor, 2);
	put(f, 0, 4);
	put(f, 0, 4);
	put(f, snaplen, 4);
	put(f, linktype, 4);
}

void put_record_header(struct file *f, uint32_t seconds, uint32_t fraction, uint32_t caplen, uint32_t len)
{
	put(f, seconds, 4);
	put(f, fraction, 4);
	put(f, caplen, 4);
	put(f, len, 4);
}

void put_data(struct file *f, uint8_t first, uint32_t caplen)
{
	for (uint32_t i = 0; i < caplen; i++)
		f->bytes[f->size++] = (uint8_t)(first + i);
}

void put_record(struct file *f, uint32_t seconds, uint32_t fraction, uint32_t caplen)
{
	put_record_header(f, seconds, fraction, caplen, caplen + 100);
	put_data(f, (uint8_t)caplen, caplen);
}

struct file plain_file(void)
{
	struct file f = { .size = 0 };

	put_header(&f, MICRO, 2, 4, 65535, DLT_EN10MB);
	put_record(&f, 1000, 1, 60);
	put_record(&f, 1001, 2, 0);
	put_record(&f, 1002, 3, 14);
	return f;
}

FILE *on_disk(const struct file *f)
{
	FILE *stream = tmpfile();

	assert_non_null(stream);
	assert_int_equal(fwrite(f->bytes, 1, f->size, stream), f->size);
	rewind(stream);
	return stream;
}

pcap_t *open_file(const struct file *f, u_int precision)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	pcap_t *p = pcap_fopen_offline_with_tstamp_precision(on_disk(f), precision, errbuf);

	if (!p)
		print_message("%s\n", errbuf);
	assert_non_null(p);
	return p;
}

const char *open_error(const struct file *f)
{
	static char errbuf[PCAP_ERRBUF_SIZE];
	FILE *stream = on_disk(f);

	assert_null(pcap_fopen_offline(stream, errbuf));
	fclose(stream);
	return errbuf;
}

void expect_packet(pcap_t *p, time_t seconds, long fraction, uint32_t caplen)
{
	struct pcap_pkthdr *h;
	const u_char *data;

	assert_int_equal(pcap_next_ex(p, &h, &data), 1);
	assert_int_equal(h->ts.tv_sec, seconds);
	assert_int_equal(h->ts.tv_usec, fraction);
	assert_int_equal(h->caplen, caplen);
	assert_int_equal(h->len, caplen + 100);
	for (uint32_t i = 0; i < caplen; i++)
		assert_int_equal(data[i], (uint8_t)(caplen + i));
}

void expect_end(pcap_t *p)
{
	struct pcap_pkthdr *h;
	const u_char *data;

	assert_int_equal(pcap_next_ex(p, &h, &data), PCAP_ERROR_BREAK);
}

void expect_error(pcap_t *p, const char *part)
{
	struct pcap_pkthdr *h;
	const u_char *data;

	assert_int_equal(pcap_next_ex(p, &h, &data), PCAP_ERROR);
	if (!strstr(pcap_geterr(p), part))
		fail_msg("\"%s\" does not say \"%s\"", pcap_geterr(p), part);
}
