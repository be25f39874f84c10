/* control.c - calls that the source answers: filter, direction, statistics, sending; and the blocking mode. */
#include "bpf/native.h"
#include "bpf/program.h"
#include "filter/compile.h"
#include "handle/handle.h"

#include <string.h>

int pcap_setfilter(pcap_t *p, struct bpf_program *fp)
{
	int status = cst_need_source(p, p->ops && p->ops->set_filter, "setting a filter");
	struct bpf_program copy;

	if (status < 0)
		return status;
	if (!fp)
		return cst_fail(p, PCAP_ERROR, "pcap_setfilter() needs a program, and was given NULL");
	if (!bpf_validate(fp->bf_insns, (int)fp->bf_len))
		return cst_fail(p, PCAP_ERROR, "the filter of %u instructions is not a valid BPF program", fp->bf_len);
	if (cst_bpf_copy(&copy, fp) < 0)
		return cst_fail_errno(p, PCAP_ERROR, "copying a filter of %u instructions", fp->bf_len);
	status = p->ops->set_filter(p, &copy);
	if (status < 0) {
		pcap_freecode(&copy);
		return status;
	}
	pcap_freecode(&p->filter);
	p->filter = copy;
	p->filter_in_user = status == 0;
	/* Where the kernel filters, the few packets of the old filter are not worth a compilation. */
	cst_native_free(p->native);
	p->native = p->filter_in_user && cst_native_is_wanted() ? cst_native_compile(copy.bf_insns, copy.bf_len) : NULL;
	/* What waits in the batch has passed the old filter, not this one. */
	for (unsigned int i = p->batch.next; i < p->batch.count; i++)
		if (!(p->batch.packets[i].flags & CST_PKT_RECORD))
			p->batch.packets[i].flags |= CST_PKT_UNFILTERED;
	return 0;
}

int pcap_compile(pcap_t *p, struct bpf_program *program, const char *expression, int optimize, bpf_u_int32 netmask)
{
	/* A failure leaves a program that pcap_freecode() takes. */
	*program = (struct bpf_program){ 0 };
	if (p->kind == CST_CREATED)
		return cst_fail(p, PCAP_ERROR, "%s: a filter can be compiled only after pcap_activate(), which decides "
				"the link type", p->device);
	return cst_filter_compile(expression,
				  &(struct cst_filter_target){ .dlt = p->dlt,
							       .snaplen = p->snaplen,
							       .optimize = optimize != 0,
							       .netmask = netmask,
							       .is_live = p->kind == CST_LIVE,
							       .is_savefile = p->kind == CST_SAVEFILE },
				  program, p->errbuf);
}

int pcap_compile_nopcap(int snaplen, int linktype, struct bpf_program *program, const char *expression, int optimize,
			bpf_u_int32 netmask)
{
	return cst_filter_compile(expression,
				  &(struct cst_filter_target){ .dlt = linktype,
							       .snaplen = snaplen,
							       .optimize = optimize != 0,
							       .netmask = netmask },
				  program, NULL);
}

int pcap_setdirection(pcap_t *p, pcap_direction_t d)
{
	if (d != PCAP_D_INOUT && d != PCAP_D_IN && d != PCAP_D_OUT)
		return cst_fail(p, PCAP_ERROR, "direction %d is none of PCAP_D_INOUT, PCAP_D_IN, PCAP_D_OUT", (int)d);
	int status = cst_need_source(p, p->ops && p->ops->set_direction, "choosing a direction");
	return status < 0 ? status : p->ops->set_direction(p, d);
}

int pcap_stats(pcap_t *p, struct pcap_stat *ps)
{
	int status = cst_need_source(p, p->ops && p->ops->stats, "reading statistics");
	struct pcap_stat all = { 0 };

	if (status < 0 || (status = p->ops->stats(p, &all)) < 0)
		return status;
	/* Callers that were built for libpcap have room for these three. */
	memcpy(ps, &all, offsetof(struct pcap_stat, ps_capt));
	return status;
}

int pcap_inject(pcap_t *p, const void *buf, size_t size)
{
	int status = cst_need_source(p, p->ops && p->ops->inject, "sending packets");

	if (status < 0)
		return status;
	if (size > INT32_MAX)
		return cst_fail(p, PCAP_ERROR, "%s: a frame of %zu bytes is longer than any packet", p->device, size);
	return p->ops->inject(p, buf, size);
}

int pcap_sendpacket(pcap_t *p, const u_char *buf, int size)
{
	if (size < 0)
		return cst_fail(p, PCAP_ERROR, "a frame cannot have %d bytes", size);
	int sent = pcap_inject(p, buf, (size_t)size);
	return sent < 0 ? sent : 0;
}

int pcap_getnonblock(pcap_t *p, char *errbuf)
{
	int status = cst_need_source(p, p->kind == CST_LIVE || p->kind == CST_SAVEFILE, "non-blocking mode");

	if (status < 0) {
		cst_error(errbuf, "%s", p->errbuf);
		return status;
	}
	return p->nonblock;
}

/* Before activation the wish is noted, as libpcap does, although pcap_getnonblock() then cannot tell it yet. A savefile
 * has nothing to wait for but, perhaps, a pipe, and that it always waits for. */
int pcap_setnonblock(pcap_t *p, int nonblock, char *errbuf)
{
	if (p->kind == CST_DEAD || p->kind == CST_SAVEFILE) {
		int status = cst_need_source(p, false, "choosing non-blocking mode");
		cst_error(errbuf, "%s", p->errbuf);
		return status;
	}
	p->nonblock = nonblock != 0;
	return 0;
}
