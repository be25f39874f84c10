/* ng_tool.c - capstan/pcapng.h on the command line, for scripts that compare it with other programs:
 *   list FILE        every block, a line each, as name=value; the texts in quotes
 *   copy IN OUT      through the reader and the writer
 *   random SEED OUT  random blocks
 *   everything OUT   a section in which everything is said once
 *   plain OUT        an Ethernet interface of microseconds, and packets of all lengths up to 300 */
#include "ng_copy.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static void print_bytes(const char *name, const void *bytes, size_t count)
{
	printf(" %s=", name);
	for (size_t i = 0; i < count; i++)
		printf("%02x", ((const uint8_t *)bytes)[i]);
}

static void print_text(const char *name, const char *text)
{
	if (!text)
		return;
	printf(" %s=\"", name);
	for (; *text; text++)
		if (isprint((unsigned char)*text) && *text != '"' && *text != '\\')
			putchar(*text);
		else
			printf("\\x%02x", (unsigned char)*text);
	putchar('"');
}

static void print_number(const char *name, uint64_t v, uint32_t is_present)
{
	if (is_present)
		printf(" %s=%llu", name, (unsigned long long)v);
}

static void print_time(const char *name, const struct capstan_time *t, uint32_t is_present)
{
	if (is_present)
		printf(" %s=%lld.%09u", name, (long long)t->seconds, t->nanoseconds);
}

static void print_options(const struct capstan_pcapng_options *o)
{
	char name[16];

	print_text("comment", o->comment);
	for (unsigned int i = 0; i < o->more_count; i++) {
		snprintf(name, sizeof(name), "option%u", o->more[i].code);
		print_bytes(name, o->more[i].value, o->more[i].length);
	}
}

static void print_section(const struct capstan_pcapng_section *s)
{
	printf("section version=%u.%u swapped=%d length=%lld", s->major, s->minor, s->swapped, (long long)s->length);
	print_text("hardware", s->hardware);
	print_text("os", s->os);
	print_text("application", s->application);
	print_options(&s->options);
}

static void print_interface(const struct capstan_pcapng_interface *i)
{
	printf("interface datalink=%d snaplen=%u", i->datalink, i->snaplen);
	print_text("name", i->name);
	print_text("description", i->description);
	print_text("filter", i->filter);
	print_text("os", i->os);
	print_text("hardware", i->hardware);
	print_number("tsresol", i->tsresol, i->present & CAPSTAN_PCAPNG_IF_TSRESOL);
	if (i->present & CAPSTAN_PCAPNG_IF_TSOFFSET)
		printf(" tsoffset=%lld", (long long)i->tsoffset);
	print_number("fcslen", i->fcslen, i->present & CAPSTAN_PCAPNG_IF_FCSLEN);
	print_number("speed", i->speed, i->present & CAPSTAN_PCAPNG_IF_SPEED);
	print_number("txspeed", i->txspeed, i->present & CAPSTAN_PCAPNG_IF_TXSPEED);
	print_number("rxspeed", i->rxspeed, i->present & CAPSTAN_PCAPNG_IF_RXSPEED);
	print_number("tzone", i->tzone, i->present & CAPSTAN_PCAPNG_IF_TZONE);
	print_options(&i->options);
}

static void print_packet(const struct capstan_pcapng_packet *p)
{
	printf("packet interface=%u", p->interface_id);
	print_time("ts", &p->ts, !(p->present & CAPSTAN_PCAPNG_NO_TIME));
	print_number("ticks", p->ticks, p->present & CAPSTAN_PCAPNG_TICKS);
	printf(" caplen=%u len=%u", p->caplen, p->len);
	print_bytes("data", p->data, p->caplen);
	print_number("flags", p->flags, p->present & CAPSTAN_PCAPNG_FLAGS);
	print_number("dropcount", p->dropcount, p->present & CAPSTAN_PCAPNG_DROPCOUNT);
	print_number("packetid", p->packetid, p->present & CAPSTAN_PCAPNG_PACKETID);
	print_number("queue", p->queue, p->present & CAPSTAN_PCAPNG_QUEUE);
	print_options(&p->options);
}

static void print_names(const struct capstan_pcapng_names *n)
{
	static const size_t address_bytes[] = { 0, 4, 16, 6, 8 };

	printf("names");
	for (unsigned int i = 0; i < n->record_count; i++) {
		const struct capstan_pcapng_name *record = &n->records[i];
		print_bytes("address", record->address, address_bytes[record->kind]);
		for (unsigned int j = 0; j < record->name_count; j++)
			print_text("name", record->names[j]);
	}
	print_text("dns_name", n->dns_name);
	print_options(&n->options);
}

static void print_statistics(const struct capstan_pcapng_statistics *s)
{
	printf("statistics interface=%u", s->interface_id);
	print_time("ts", &s->ts, 1);
	print_time("starttime", &s->starttime, s->present & CAPSTAN_PCAPNG_ISB_STARTTIME);
	print_time("endtime", &s->endtime, s->present & CAPSTAN_PCAPNG_ISB_ENDTIME);
	print_number("ifrecv", s->ifrecv, s->present & CAPSTAN_PCAPNG_ISB_IFRECV);
	print_number("ifdrop", s->ifdrop, s->present & CAPSTAN_PCAPNG_ISB_IFDROP);
	print_number("filteraccept", s->filteraccept, s->present & CAPSTAN_PCAPNG_ISB_FILTERACCEPT);
	print_number("osdrop", s->osdrop, s->present & CAPSTAN_PCAPNG_ISB_OSDROP);
	print_number("usrdeliv", s->usrdeliv, s->present & CAPSTAN_PCAPNG_ISB_USRDELIV);
	print_options(&s->options);
}

static void print_raw(const struct capstan_pcapng_raw *raw)
{
	printf("other type=0x%x length=%u", raw->type, raw->length);
	if (raw->body)
		print_bytes("body", raw->body, raw->length);
}

static int list(const char *path)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	struct capstan_pcapng_block block;
	capstan_pcapng_reader *r = capstan_pcapng_open(path, errbuf);
	int status;

	if (!r) {
		fprintf(stderr, "%s\n", errbuf);
		return 1;
	}
	while ((status = capstan_pcapng_next(r, &block)) == 1) {
		switch (block.kind) {
		case CAPSTAN_PCAPNG_SECTION:
			print_section(&block.u.section);
			break;
		case CAPSTAN_PCAPNG_INTERFACE:
			print_interface(&block.u.iface);
			break;
		case CAPSTAN_PCAPNG_PACKET:
			print_packet(&block.u.packet);
			break;
		case CAPSTAN_PCAPNG_NAMES:
			print_names(&block.u.names);
			break;
		case CAPSTAN_PCAPNG_STATISTICS:
			print_statistics(&block.u.statistics);
			break;
		default:
			print_raw(&block.u.raw);
		}
		putchar('\n');
	}
	fprintf(stderr, "%s", capstan_pcapng_read_error(r));
	capstan_pcapng_close(r);
	return status < 0;
}

static FILE *must_open(const char *path, const char *mode)
{
	FILE *file = fopen(path, mode);

	if (!file) {
		perror(path);
		exit(1);
	}
	return file;
}

/* A datagram from 10.0.0.1 to 10.0.0.2. */
static const uint8_t frame[] = {
	2,    0, 0, 0,	  0, 2,	   2, 0, 0,  0,	 0, 1,	 8,   0, /* Ethernet */
	0x45, 0, 0, 33,	  0, 1,	   0, 0, 64, 17, 0, 0,	 10,  0,   0,	1,   10,
	0,    0, 2, 0x10, 0, 0x20, 0, 0, 13, 0,	 0, 'h', 'e', 'l', 'l', 'o',
};

static int put_interfaces(capstan_pcapng_writer *w)
{
	const struct capstan_pcapng_interface eth = {
		.datalink = DLT_EN10MB,
		.snaplen = 1500,
		.name = "eth0",
		.description = "the first",
		.filter = "tcp port 80",
		.os = "Linux",
		.hardware = "a card",
		.present = CAPSTAN_PCAPNG_IF_TSRESOL | CAPSTAN_PCAPNG_IF_SPEED | CAPSTAN_PCAPNG_IF_TSOFFSET |
			   CAPSTAN_PCAPNG_IF_FCSLEN,
		.tsresol = 9,
		.tsoffset = -1000,
		.speed = 10000000000,
		.fcslen = 0,
		.options.comment = "of the interface",
	};
	const struct capstan_pcapng_interface tun = {
		.datalink = DLT_RAW,
		.name = "tun0",
		.description = "",
		.present = CAPSTAN_PCAPNG_IF_TSRESOL,
		.tsresol = 0x80 + 20,
	};
	const struct capstan_pcapng_interface nameless = { .datalink = DLT_EN10MB, .snaplen = 262144 };

	return capstan_pcapng_add_interface(w, &eth) == 0 && capstan_pcapng_add_interface(w, &tun) == 1 &&
	       capstan_pcapng_add_interface(w, &nameless) == 2;
}

static int put_packets(capstan_pcapng_writer *w)
{
	static char longest[65536];
	const struct capstan_pcapng_option second = { 1, 6, "second" };
	struct capstan_pcapng_packet packet = {
		.present = CAPSTAN_PCAPNG_FLAGS | CAPSTAN_PCAPNG_DROPCOUNT | CAPSTAN_PCAPNG_PACKETID |
			   CAPSTAN_PCAPNG_QUEUE,
		.ts = { 1700000000, 123456789 },
		.caplen = sizeof(frame),
		.len = sizeof(frame),
		.data = frame,
		.flags = CAPSTAN_PCAPNG_INBOUND,
		.dropcount = 7,
		.packetid = 99,
		.queue = 3,
		.options = { .comment = "first", .more = &second, .more_count = 1 },
	};
	const struct pcap_pkthdr h = { .ts = { 1700000003, 4 }, .caplen = sizeof(frame), .len = sizeof(frame) + 10 };

	memset(longest, 'x', sizeof(longest) - 1);
	if (capstan_pcapng_put(w, &packet) < 0)
		return 0;
	packet = (struct capstan_pcapng_packet){
		/* half a second, which both resolutions can say */
		.interface_id = 1,
		.present = CAPSTAN_PCAPNG_FLAGS,
		.ts = { 1700000001, 500000000 },
		.caplen = sizeof(frame) - 14,
		.len = sizeof(frame) - 14,
		.data = frame + 14,
		.flags = CAPSTAN_PCAPNG_OUTBOUND,
		.options.comment = longest,
	};
	if (capstan_pcapng_put(w, &packet) < 0)
		return 0;
	packet = (struct capstan_pcapng_packet){ .interface_id = 2, .ts = { 1700000002, 0 }, .options.comment = "" };
	return capstan_pcapng_put(w, &packet) == 0 && capstan_pcapng_put_packet(w, 2, &h, frame) == 0;
}

static int put_others(capstan_pcapng_writer *w)
{
	const char *const names[] = { "router.example", "gateway.example" }, *const six[] = { "six.example" };
	const struct capstan_pcapng_name records[] = {
		{ CAPSTAN_PCAPNG_IPV4, { 10, 0, 0, 1 }, names, 1 },
		{ CAPSTAN_PCAPNG_IPV4, { 10, 0, 0, 2 }, names + 1, 1 },
		{ CAPSTAN_PCAPNG_IPV6, { 0x20, 1, 0xd, 0xb8, [15] = 1 }, six, 1 },
	};
	const struct capstan_pcapng_names block = {
		.records = records,
		.record_count = 3,
		.dns_name = "dns.example",
		.options.comment = "of the names",
	};
	const struct capstan_pcapng_statistics statistics = {
		.present = CAPSTAN_PCAPNG_ISB_STARTTIME | CAPSTAN_PCAPNG_ISB_ENDTIME | CAPSTAN_PCAPNG_ISB_IFRECV |
			   CAPSTAN_PCAPNG_ISB_IFDROP | CAPSTAN_PCAPNG_ISB_FILTERACCEPT | CAPSTAN_PCAPNG_ISB_OSDROP |
			   CAPSTAN_PCAPNG_ISB_USRDELIV,
		.ts = { 1700000004, 1 },
		.starttime = { 1700000000, 2 },
		.endtime = { 1700000004, 3 },
		.ifrecv = 10,
		.ifdrop = 1,
		.filteraccept = 9,
		.osdrop = 2,
		.usrdeliv = 7,
	};
	const struct capstan_pcapng_raw secrets = { 10, 8 + 10, "KSLT\12\0\0\0CLIENT ...\n" },
					custom = { 0xbad, 9, "\xd9\x7e\0\0hello" };

	return capstan_pcapng_put_names(w, &block) == 0 && capstan_pcapng_put_statistics(w, &statistics) == 0 &&
	       capstan_pcapng_put_raw(w, &secrets) == 0 && capstan_pcapng_put_raw(w, &custom) == 0;
}

static int everything(const char *path)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	const struct capstan_pcapng_option second = { 1, 11, "and another" };
	const struct capstan_pcapng_section section = {
		.hardware = "a machine",
		.os = "an OS",
		.application = "a program",
		.options = { .comment = "of the section", .more = &second, .more_count = 1 },
	};
	capstan_pcapng_writer *w = capstan_pcapng_create(path, CAPSTAN_COMPRESSION_BY_NAME, 0, &section, errbuf);

	if (w && !(put_interfaces(w) && put_others(w) && put_packets(w)))
		fprintf(stderr, "%s\n", capstan_pcapng_write_error(w));
	if (!w || capstan_pcapng_finish(w, errbuf) < 0) {
		fprintf(stderr, "%s\n", errbuf);
		return 1;
	}
	return 0;
}

static int plain(const char *path)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	uint8_t data[300] = { 0 };
	const struct capstan_pcapng_interface iface = { .datalink = DLT_EN10MB, .snaplen = 65535, .name = "eth0" };
	capstan_pcapng_writer *w = capstan_pcapng_create(path, CAPSTAN_COMPRESSION_BY_NAME, 0, NULL, errbuf);
	int status = w ? capstan_pcapng_add_interface(w, &iface) : -1;

	memcpy(data, frame, sizeof(frame));
	for (uint32_t caplen = 0; caplen <= sizeof(data) && status == 0; caplen++) {
		const struct pcap_pkthdr h = { .ts = { 1700000000 + caplen, caplen },
					       .caplen = caplen,
					       .len = caplen + 4 };
		status = capstan_pcapng_put_packet(w, 0, &h, data);
	}
	if (status < 0 && w)
		fprintf(stderr, "%s\n", capstan_pcapng_write_error(w));
	if (!w || capstan_pcapng_finish(w, errbuf) < 0)
		fprintf(stderr, "%s\n", errbuf);
	return status < 0;
}

int main(int argc, char **argv)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";

	if (argc == 3 && strcmp(argv[1], "list") == 0)
		return list(argv[2]);
	if (argc == 4 && strcmp(argv[1], "copy") == 0) {
		ng_copy(must_open(argv[2], "rb"), must_open(argv[3], "wb"), errbuf);
		fputs(errbuf, stderr);
		return *errbuf != '\0';
	}
	if (argc == 4 && strcmp(argv[1], "random") == 0) {
		ng_write_random(must_open(argv[3], "wb"), (unsigned int)strtoul(argv[2], NULL, 0));
		return 0;
	}
	if (argc == 3 && strcmp(argv[1], "everything") == 0)
		return everything(argv[2]);
	if (argc == 3 && strcmp(argv[1], "plain") == 0)
		return plain(argv[2]);
	fprintf(stderr, "usage: ng_tool list FILE | copy IN OUT | random SEED OUT | everything OUT | plain OUT\n");
	return 2;
}
