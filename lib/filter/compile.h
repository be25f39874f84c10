/* compile.h - filter expressions to BPF programs. */
#ifndef CST_FILTER_COMPILE_H
#define CST_FILTER_COMPILE_H

#include <pcap/bpf.h>
#include <stdbool.h>

/* What a filter is compiled for. */
struct cst_filter_target {
	int dlt;	    /* DLT_* of the frames */
	int snaplen;	    /* what `ret` keeps of an accepted packet; negative: all. 0 is an error. */
	bool optimize;	    /* false: plain code, test after test as written */
	bpf_u_int32 netmask; /* of `ip broadcast`, host byte order; PCAP_NETMASK_UNKNOWN */
	bool is_live;	    /* an activated Linux capture: the kernel's metadata may be asked */
	bool is_savefile;
};

/* Compile `expression` (NULL and blank: every packet) into `out`. Returns 0, and `out` is to be ended with pcap_freecode();
 * or PCAP_ERROR with a sentence in `errbuf` (PCAP_ERRBUF_SIZE bytes, may be NULL), and `out` is empty. Reentrant. */
int cst_filter_compile(const char *expression, const struct cst_filter_target *target, struct bpf_program *out,
		       char *errbuf);

#endif
