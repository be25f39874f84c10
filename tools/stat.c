/* stat.c - `capstan stat`: packets and bits per second of a device, counted by the library's statistics mode. */
#include "candidates.h"
#include "device.h"
#include "expression.h"
#include "interrupt.h"
#include "options.h"
#include "privileges.h"

#include <capstan/engine.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define PERIOD_MS 1000

/* Lines of the table on a terminal, which the next one is written over. */
#define TABLE_LINES 5

static int run(int argc, char **argv);

static const struct option_row option_rows[] = {
	{ 'i', "interface", "IF", "the device to count on (see capstan list)" },
	{ 't', "period", "MS", "length of a period in milliseconds; 1000 by default" },
	{ 'c', "count", "N", "end after N periods" },
	{ 'p', "no-promiscuous", NULL, "leave the device's promiscuous mode alone" },
	{ 'Z', "user", "USER", "become USER when the device is open" },
	{ 0 },
};

static const struct option_values option_values[] = {
	{ 'i', &device_candidates },
	{ 0 },
};

const struct command stat_command = {
	.name = "stat",
	.run = run,
	.help = "show packets and bits per second of a device",
	.synopsis = "-i IF [-t MS] [-c N] [-p] [-Z USER] [EXPRESSION...]",
	.details = "With EXPRESSION, a filter as in capstan-filter(7), only the packets that it accepts are counted.\n"
		   "On a terminal a table is kept up to date; elsewhere each period is a line.",
	.options = option_rows,
	.values = option_values,
	.rest = &filter_candidates,
};

struct wishes {
	struct device_wishes device;
	long periods; /* 0: no bound */
	const char *user; /* -Z */
	int filter_count;
	char **filter;
};

struct rate {
	double packets, bits; /* per second */
};

struct count {
	const struct wishes *wishes;
	pcap_t *p;
	bool table, on_screen;
	long periods;
	int64_t packets, bytes;
	struct timeval begun, last;
	struct rate peak;
	int write_errno;
};

static double seconds_between(const struct timeval *from, const struct timeval *to)
{
	return (double)(to->tv_sec - from->tv_sec) + (double)(to->tv_usec - from->tv_usec) / 1e6;
}

static struct rate rate_of(int64_t packets, int64_t bytes, double seconds)
{
	if (seconds <= 0)
		return (struct rate){ 0 };
	return (struct rate){ (double)packets / seconds, (double)bytes * 8 / seconds };
}

/* "12.3 M" into `room`. */
static const char *scaled(char room[static 32], double value)
{
	static const char units[] = " kMGTPE";
	size_t unit = 0;

	/* What would be rounded to 1000.0 belongs to the next. */
	for (; value >= 999.95 && units[unit + 1]; unit++)
		value /= 1000;
	if (unit)
		snprintf(room, 32, "%.1f %c", value, units[unit]);
	else
		snprintf(room, 32, "%.0f  ", value);
	return room;
}

static void print_row(const char *name, struct rate rate)
{
	char packets[32], bits[32];

	printf("%-8s%14s%14s\033[K\n", name, scaled(packets, rate.packets), scaled(bits, rate.bits));
}

static void print_table(struct count *c, struct rate now)
{
	if (c->on_screen)
		printf("\033[%dA", TABLE_LINES);
	c->on_screen = true;
	printf("%-8s%14s%14s\033[K\n", "", "packets/s", "bits/s");
	print_row("now", now);
	print_row("mean", rate_of(c->packets, c->bytes, seconds_between(&c->begun, &c->last)));
	print_row("peak", c->peak);
	printf("%" PRId64 " packets, %" PRId64 " bytes in %.1f s\033[K\n", c->packets, c->bytes,
	       seconds_between(&c->begun, &c->last));
}

static void print_line(const struct timeval *at, struct rate now, int64_t packets, int64_t bytes)
{
	struct tm when;
	char clock[16] = "";

	if (localtime_r(&at->tv_sec, &when))
		strftime(clock, sizeof(clock), "%H:%M:%S", &when);
	printf("%s.%06ld %12.0f packets/s %15.0f bits/s  %" PRId64 " packets, %" PRId64 " bytes\n", clock, (long)at->tv_usec,
	       now.packets, now.bits, packets, bytes);
}

static void take(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct count *c = (struct count *)user;
	int64_t record[2];

	memcpy(record, data, sizeof(record));
	const struct rate now = rate_of(record[0], record[1], seconds_between(&c->last, &h->ts));
	c->periods++;
	c->packets += record[0];
	c->bytes += record[1];
	c->last = h->ts;
	if (now.packets > c->peak.packets)
		c->peak.packets = now.packets;
	if (now.bits > c->peak.bits)
		c->peak.bits = now.bits;
	if (c->table)
		print_table(c, now);
	else
		print_line(&h->ts, now, record[0], record[1]);
	if (fflush(stdout) == 0)
		return;
	c->write_errno = errno ? errno : EIO;
	pcap_breakloop(c->p);
}

/* What was counted since the last period that is over. */
static void take_rest(struct count *c)
{
	char errbuf[PCAP_ERRBUF_SIZE];

	if (c->write_errno || pcap_setnonblock(c->p, 1, errbuf) < 0)
		return;
	pcap_dispatch(c->p, 1, take, (u_char *)c);
}

static int count(struct count *c)
{
	int status = 0;

	gettimeofday(&c->begun, NULL);
	c->last = c->begun;
	if (pcap_setmode(c->p, MODE_STAT) < 0) {
		complain_of(&stat_command, c->wishes->device.name, pcap_geterr(c->p));
		return STATUS_FAILED;
	}
	const char *engine = capstan_engine(c->p, CAPSTAN_STATISTICS);
	bool in_kernel = engine && !strcmp(engine, "ebpf");
	if (!privileges_drop(&stat_command, c->wishes->user, in_kernel ? KEEP_COUNTING : KEEP_NOTHING))
		return STATUS_FAILED;
	fprintf(stderr, "counting on %s, %s\n", c->wishes->device.name, in_kernel ? "in the kernel" : "in user space");
	c->table = isatty(STDOUT_FILENO) == 1;
	interrupt_break(c->p);
	while (status >= 0 && !interrupt_seen() && !c->write_errno &&
	       (!c->wishes->periods || c->periods < c->wishes->periods))
		status = pcap_dispatch(c->p, 1, take, (u_char *)c);
	if (interrupt_seen() && (status >= 0 || status == PCAP_ERROR_BREAK))
		take_rest(c);
	interrupt_release();
	if (c->write_errno) {
		complain(&stat_command, "cannot write to standard output: %s", strerror(c->write_errno));
		return STATUS_FAILED;
	}
	if (status < 0 && status != PCAP_ERROR_BREAK) {
		complain_of(&stat_command, c->wishes->device.name, pcap_geterr(c->p));
		return STATUS_FAILED;
	}
	if (!c->table)
		fprintf(stderr, "%" PRId64 " packets, %" PRId64 " bytes in %.1f s\n", c->packets, c->bytes,
			seconds_between(&c->begun, &c->last));
	return STATUS_OK;
}

/* OPTION_END, or why there is nothing to do. */
static int read_wishes(struct wishes *w, int argc, char **argv)
{
	struct option_reader r;
	bool good = true;
	long number;
	int code;

	options_begin(&r, &stat_command, argc, argv);
	while (good && (code = options_next(&r)) != OPTION_END) {
		switch (code) {
		case 'i':
			w->device.name = optarg;
			break;
		case 't':
			good = options_number(&r, "-t", 1, INT32_MAX, &number);
			if (good)
				w->device.timeout_ms = (int)number;
			break;
		case 'c':
			good = options_number(&r, "-c", 1, INT32_MAX, &w->periods);
			break;
		case 'p':
			w->device.promisc = false;
			break;
		case 'Z':
			w->user = optarg;
			break;
		default:
			return code;
		}
	}
	if (!good)
		return OPTION_BAD;
	if (!device_is_named(&stat_command, &w->device))
		return OPTION_BAD;
	w->filter_count = argc - optind;
	w->filter = argv + optind;
	return OPTION_END;
}

static int run(int argc, char **argv)
{
	struct wishes wishes = { .device = { .timeout_ms = PERIOD_MS, .promisc = true } };
	struct count c = { .wishes = &wishes };
	int code = read_wishes(&wishes, argc, argv);

	if (code != OPTION_END)
		return options_status(code);
	if (!privileges_know(&stat_command, wishes.user))
		return STATUS_FAILED;
	c.p = device_open(&stat_command, &wishes.device);
	if (!c.p)
		return STATUS_FAILED;
	int status = expression_set(&stat_command, c.p, wishes.filter_count, wishes.filter,
				    device_netmask(wishes.device.name)) ? count(&c) : STATUS_FAILED;
	pcap_close(c.p);
	return status;
}
