/* library.h - the pcap library under measurement, loaded by path, so that one binary measures either. */
#ifndef BENCH_LIBRARY_H
#define BENCH_LIBRARY_H

#include <pcap.h>

struct library {
	pcap_t *(*open_live)(const char *, int, int, int, char *);
	pcap_t *(*create)(const char *, char *);
	int (*set_snaplen)(pcap_t *, int);
	int (*set_timeout)(pcap_t *, int);
	int (*set_buffer_size)(pcap_t *, int);
	int (*set_promisc)(pcap_t *, int);
	int (*activate)(pcap_t *);
	pcap_t *(*open_offline)(const char *, char *);
	pcap_t *(*open_dead)(int, int);
	pcap_dumper_t *(*dump_open)(pcap_t *, const char *);
	void (*dump)(u_char *, const struct pcap_pkthdr *, const u_char *);
	long (*dump_ftell)(pcap_dumper_t *);
	int (*dump_flush)(pcap_dumper_t *);
	void (*dump_close)(pcap_dumper_t *);
	int (*compile)(pcap_t *, struct bpf_program *, const char *, int, bpf_u_int32);
	int (*dispatch)(pcap_t *, int, pcap_handler, u_char *);
	int (*loop)(pcap_t *, int, pcap_handler, u_char *);
	int (*next_ex)(pcap_t *, struct pcap_pkthdr **, const u_char **);
	int (*setfilter)(pcap_t *, struct bpf_program *);
	int (*stats)(pcap_t *, struct pcap_stat *);
	int (*findalldevs)(pcap_if_t **, char *);
	void (*freealldevs)(pcap_if_t *);
	int (*inject)(pcap_t *, const void *, size_t);
	int (*sendpacket)(pcap_t *, const u_char *, int);
	struct pcap_send_queue *(*sendqueue_alloc)(u_int);
	u_int (*sendqueue_transmit)(pcap_t *, struct pcap_send_queue *, int); /* NULL where there is none */
	char *(*geterr)(pcap_t *);
	void (*close)(pcap_t *);
	int (*setmode)(pcap_t *, int); /* NULL: the library has no such function */
};

/* Load the library at `path`; ends the program with a message when that fails. */
struct library load_library(const char *path);

#endif
