/* compress IN OUT - write any savefile, compressed or not, pcap or pcapng, as pcap. OUT's name says how: .gz, .zst, .lz4.
 *
 *   cc compress.c $(pkg-config --cflags --libs capstan) -o compress
 *   ./compress trace.pcapng trace.pcap.zst */
#include <capstan/savefile.h>
#include <pcap.h>
#include <stdio.h>
#include <sys/stat.h>

static int is_same_file(const char *a, const char *b)
{
	struct stat sa, sb;

	return stat(a, &sa) == 0 && stat(b, &sb) == 0 && sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

int main(int argc, char **argv)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	unsigned long long packets = 0;
	struct pcap_pkthdr *h;
	const u_char *data;
	int status;

	if (argc != 3) {
		fprintf(stderr, "usage: compress IN OUT\n");
		return 2;
	}
	/* Each kind is optional when the library is built. */
	if (!capstan_can_compress(capstan_compression_of(argv[2]))) {
		fprintf(stderr, "compress: this build of the library cannot write %s\n", argv[2]);
		return 1;
	}
	/* What is opened to be written is emptied. */
	if (is_same_file(argv[1], argv[2])) {
		fprintf(stderr, "compress: %s and %s are the same file\n", argv[1], argv[2]);
		return 1;
	}
	/* Nanoseconds, so that no time stamp loses digits. How IN is compressed, its first bytes say. */
	pcap_t *in = pcap_open_offline_with_tstamp_precision(argv[1], PCAP_TSTAMP_PRECISION_NANO, errbuf);
	if (!in) {
		fprintf(stderr, "compress: %s\n", errbuf);
		return 1;
	}
	pcap_dumper_t *out = capstan_dump_open(in, argv[2], CAPSTAN_COMPRESSION_BY_NAME, 0);
	if (!out) {
		fprintf(stderr, "compress: %s\n", pcap_geterr(in));
		pcap_close(in);
		return 1;
	}
	while ((status = pcap_next_ex(in, &h, &data)) == 1) {
		pcap_dump((u_char *)out, h, data);
		packets++;
	}
	if (status != PCAP_ERROR_BREAK) /* not the file's end: damage, and all packets before it are kept */
		fprintf(stderr, "compress: %s\n", pcap_geterr(in));
	/* Whatever failed on the way, a full disk for one, is told here. pcap_dump_close() would keep it to itself. */
	if (capstan_dump_close(out, errbuf) < 0) {
		fprintf(stderr, "compress: %s\n", errbuf);
		status = PCAP_ERROR;
	} else {
		printf("%llu packets\n", packets);
	}
	pcap_close(in);
	return status == PCAP_ERROR_BREAK ? 0 : 1;
}
