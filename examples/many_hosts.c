/* many_hosts HOSTS FILE - count the packets of a savefile from or to any of the addresses in HOSTS, one a line: ten thousand
 * of them make one filter, and it is compiled in a moment.
 *
 *   cc many_hosts.c $(pkg-config --cflags --libs capstan) -o many_hosts */
#include <errno.h>
#include <pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* "host A or B or C", to be freed. NULL: it has been said why not. */
static char *expression_of(const char *path, unsigned int *hosts)
{
	char *text = NULL, line[256];
	size_t length;
	FILE *out, *in = fopen(path, "r");
	int whole;

	if (!in) {
		fprintf(stderr, "many_hosts: %s: %s\n", path, strerror(errno));
		return NULL;
	}
	*hosts = 0;
	out = open_memstream(&text, &length);
	while (out && fgets(line, sizeof(line), in)) {
		line[strcspn(line, " \t\r\n")] = '\0';
		if (*line)
			fprintf(out, "%s%s", (*hosts)++ ? " or " : "host ", line);
	}
	whole = out && !ferror(in) && !fflush(out) && *hosts;
	if (!whole)
		fprintf(stderr, "many_hosts: no addresses can be read from %s\n", path);
	if (out)
		fclose(out);
	fclose(in);
	if (whole)
		return text;
	free(text);
	return NULL;
}

static int count(pcap_t *file, const struct bpf_program *program)
{
	unsigned long long packets = 0, taken = 0;
	struct pcap_pkthdr *h;
	const u_char *data;
	int status;

	/* pcap_setfilter() would do if the others were of no interest. */
	while ((status = pcap_next_ex(file, &h, &data)) == 1) {
		packets++;
		taken += pcap_offline_filter(program, h, data) != 0;
	}
	printf("%llu of %llu packets\n", taken, packets);
	if (status == PCAP_ERROR_BREAK) /* the file's end */
		return 0;
	fprintf(stderr, "many_hosts: %s\n", pcap_geterr(file));
	return -1;
}

int main(int argc, char **argv)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	struct bpf_program program;
	struct timespec began, ended;
	unsigned int hosts;
	int status;

	if (argc != 3) {
		fprintf(stderr, "usage: many_hosts HOSTS FILE\n");
		return 2;
	}
	char *expression = expression_of(argv[1], &hosts);
	if (!expression)
		return 1;
	pcap_t *file = pcap_open_offline(argv[2], errbuf);
	if (!file) {
		fprintf(stderr, "many_hosts: %s\n", errbuf);
		free(expression);
		return 1;
	}
	clock_gettime(CLOCK_MONOTONIC, &began);
	status = pcap_compile(file, &program, expression, 1, PCAP_NETMASK_UNKNOWN);
	clock_gettime(CLOCK_MONOTONIC, &ended);
	if (status == 0) {
		printf("%u hosts: %u instructions, compiled in %.1f ms\n", hosts, program.bf_len,
		       (double)(ended.tv_sec - began.tv_sec) * 1e3 + (double)(ended.tv_nsec - began.tv_nsec) / 1e6);
		status = count(file, &program);
		pcap_freecode(&program);
	} else {
		fprintf(stderr, "many_hosts: %s\n", pcap_geterr(file)); /* names the word and its column */
	}
	pcap_close(file);
	free(expression);
	return status < 0 ? 1 : 0;
}
