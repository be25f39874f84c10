/* savefile_damage_diff.c - savefile_damage_diff STRIDE: small savefiles of every kind damaged in every way, one in STRIDE of
 * them, read by Capstan and by libpcap: the same packets before the damage, and the same verdicts. */
#include "savefile_reading.h"
#include "../damage.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static struct reading mine, reference;
static int fd;

static void read_file(struct reading *r, const struct library *lib, u_int precision)
{
	struct pcap_pkthdr *h;
	const u_char *data;

	lseek(fd, 0, SEEK_SET);
	FILE *file = fdopen(dup(fd), "rb");
	r->lib = lib;
	r->count = 0;
	r->text[0] = '\0';
	r->p = lib->fopen(file, precision, r->text);
	if (!r->p) {
		fclose(file);
		return;
	}
	while ((r->status = lib->next_ex(r->p, &h, &data)) == 1)
		reading_note((u_char *)r, h, data);
}

static void compare(const char *what, const uint8_t *bytes, size_t size)
{
	static unsigned int nr;
	const u_int precision = ++nr % 4 == 0 ? PCAP_TSTAMP_PRECISION_MICRO : PCAP_TSTAMP_PRECISION_NANO;

	if (ftruncate(fd, 0) != 0 || pwrite(fd, bytes, size, 0) != (ssize_t)size) {
		perror("memfd");
		exit(1);
	}
	reading_about(what, precision == PCAP_TSTAMP_PRECISION_MICRO ? "micro" : "nano");
	read_file(&mine, &library_ours, precision);
	read_file(&reference, library_theirs(), precision);
	reading_compare_opening(&mine, &reference);
	if (mine.p && reference.p) {
		reading_compare_answers(&mine, &reference);
		reading_compare_ends(&mine, &reference);
	}
	reading_close(&mine);
	reading_close(&reference);
}

int main(int argc, char **argv)
{
	const long stride = argc == 2 ? atol(argv[1]) : 0;
	char subject[64];

	setvbuf(stdout, NULL, _IOLBF, 0);
	fd = memfd_create("damaged", MFD_CLOEXEC);
	if (stride < 1 || fd < 0) {
		fputs("usage: savefile_damage_diff STRIDE\n", stderr);
		return 2;
	}
	snprintf(subject, sizeof(subject), "%zu damaged files", damage_all((size_t)stride, compare));
	free(mine.packets);
	free(reference.packets);
	return reading_sum_up(subject) ? 0 : 1;
}
