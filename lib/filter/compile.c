/* compile.c - the way from an expression to a program: cst_filter_compile().
 * The language is pcap-filter(7). So far the empty expression alone is compiled; every other one is refused. */
#include "filter/compile.h"

#include "base/error.h"

#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The DLT_* values for which libpcap 1.10.3 compiles filters; the gaps are systems that are gone. */
static const struct {
	int first, last;
} compiled_dlts[] = { { 0, 1 }, { 6, 12 }, { 15, 16 }, { 19, 19 }, { 50, 51 }, { 99, 99 }, { 104, 289 } };

static bool is_compiled_dlt(int dlt)
{
	for (size_t i = 0; i < sizeof(compiled_dlts) / sizeof(compiled_dlts[0]); i++) {
		if (dlt >= compiled_dlts[i].first && dlt <= compiled_dlts[i].last)
			return true;
	}
	return false;
}

/* The white space of pcap-filter(7); other control characters are errors of syntax. */
static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " \t\r\n");
}

int cst_filter_compile(const char *expr, int dlt, int snaplen, struct bpf_program *out, char *errbuf)
{
	out->bf_len = 0;
	out->bf_insns = NULL;
	if (snaplen == 0) {
		cst_error(errbuf, "snaplen of 0 rejects all packets");
		return PCAP_ERROR;
	}
	if (!is_compiled_dlt(dlt)) {
		cst_error(errbuf, "unknown data link type %d: no filter can be compiled for it", dlt);
		return PCAP_ERROR;
	}
	const char *start = skip_blanks(expr ? expr : "");
	if (*start != '\0') {
		cst_error(errbuf,
			  "cannot compile the filter \"%.60s%s\": filter expressions arrive with the filter compiler "
			  "of a later release; this one takes an empty expression (every packet) or a ready program",
			  start, strlen(start) > 60 ? "..." : "");
		return PCAP_ERROR;
	}

	struct bpf_insn *accept = calloc(1, sizeof(*accept));
	if (!accept) {
		cst_error(errbuf, "out of memory for a filter program of 1 instruction");
		return PCAP_ERROR;
	}
	*accept = (struct bpf_insn)BPF_STMT(BPF_RET | BPF_K, (bpf_u_int32)snaplen);
	out->bf_len = 1;
	out->bf_insns = accept;
	return 0;
}
