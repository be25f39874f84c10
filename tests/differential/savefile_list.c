/* savefile_list.c - for tests in Python: savefile_list FILE prints a line for each packet of a savefile as Capstan reads
 * it; savefile_list FILE COPY micro|nano writes them with pcap_dump() instead; savefile_list --memory FILE only counts them,
 * and says how many KiB of memory that took. FILE "-" is standard input. savefile_list --blocks FILE COPY copies block by
 * block, through capstan/pcapng.h. */
#include "../ng_copy.h"

#include <pcap.h>

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static void print(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	uint64_t sum = 0xcbf29ce484222325; /* FNV-1a */

	for (bpf_u_int32 i = 0; i < h->caplen; i++)
		sum = (sum ^ data[i]) * 0x100000001b3;
	printf("%" PRId64 ".%09ld\t%u\t%u\t%016" PRIx64 "\n", (int64_t)h->ts.tv_sec, (long)h->ts.tv_usec, h->caplen, h->len,
	       sum);
	(void)user;
}

static volatile u_char sink;

static void count(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	for (bpf_u_int32 i = 0; i < h->caplen; i += 4096)
		sink ^= data[i];
	++*(unsigned long long *)(void *)user;
}

/* The greatest so far. */
static long resident_kib(void)
{
	char line[256];
	long kib = 0;
	FILE *status = fopen("/proc/self/status", "r");

	while (status && fgets(line, sizeof(line), status))
		if (sscanf(line, "VmHWM: %ld", &kib) == 1)
			break;
	if (status)
		fclose(status);
	return kib;
}

static int count_all(const char *path)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	unsigned long long packets = 0;
	const long before = resident_kib();
	pcap_t *p = pcap_open_offline(path, errbuf);
	const int status = p ? pcap_loop(p, -1, count, (u_char *)&packets) : PCAP_ERROR;

	printf("%llu packets, %ld KiB, %s\n", packets, resident_kib() - before,
	       status == 0 ? "the end" : p ? pcap_geterr(p) : errbuf);
	if (p)
		pcap_close(p);
	return 0;
}

/* The same with capstan/pcapng.h. */
static int count_blocks(const char *path)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	struct capstan_pcapng_block block;
	unsigned long long packets = 0;
	const long before = resident_kib();
	int status = PCAP_ERROR;
	capstan_pcapng_reader *r = capstan_pcapng_open(path, errbuf);

	while (r && (status = capstan_pcapng_next(r, &block)) == 1)
		packets += block.kind == CAPSTAN_PCAPNG_PACKET;
	printf("%llu packets, %ld KiB, %s\n", packets, resident_kib() - before,
	       status == 0 ? "the end" : r ? capstan_pcapng_read_error(r) : errbuf);
	capstan_pcapng_close(r);
	return 0;
}

static int copy_blocks(const char *path, const char *copy)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	FILE *in = fopen(path, "rb"), *out = fopen(copy, "wb");

	if (!in || !out) {
		perror(in ? copy : path);
		return 1;
	}
	printf("%d blocks\n", ng_copy(in, out, errbuf));
	if (errbuf[0])
		fprintf(stderr, "%s\n", errbuf);
	return errbuf[0] != '\0';
}

int main(int argc, char **argv)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	const bool micro = argc == 4 && strcmp(argv[3], "micro") == 0;
	int status = -1;

	if (argc == 3 && strcmp(argv[1], "--memory") == 0)
		return count_all(argv[2]);
	if (argc == 3 && strcmp(argv[1], "--memory-of-blocks") == 0)
		return count_blocks(argv[2]);
	if (argc == 4 && strcmp(argv[1], "--blocks") == 0)
		return copy_blocks(argv[2], argv[3]);
	if (argc != 2 && argc != 4) {
		fputs("usage: savefile_list FILE [COPY micro|nano] | --memory[-of-blocks] FILE | --blocks FILE COPY\n", stderr);
		return 2;
	}
	pcap_t *p = pcap_open_offline_with_tstamp_precision(
		argv[1], micro ? PCAP_TSTAMP_PRECISION_MICRO : PCAP_TSTAMP_PRECISION_NANO, errbuf);
	if (!p) {
		fprintf(stderr, "%s\n", errbuf);
		return 1;
	}
	printf("# %d\n", pcap_datalink(p));
	if (argc == 2) {
		status = pcap_loop(p, -1, print, NULL);
	} else {
		pcap_dumper_t *d = pcap_dump_open(p, argv[2]);

		if (d) {
			status = pcap_loop(p, -1, pcap_dump, (u_char *)d);
			pcap_dump_close(d);
		}
	}
	if (status < 0)
		fprintf(stderr, "%s\n", pcap_geterr(p));
	pcap_close(p);
	return status < 0;
}
