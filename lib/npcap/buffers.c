/* buffers.c - how much the kernel keeps, how much has to wait before a read returns, how much one read hands over. */
#include "handle/event.h"
#include "handle/handle.h"

/* Npcap's bound, too. */
#define LARGEST_KERNEL_BUFFER (1 << 30)

int pcap_setbuff(pcap_t *p, int dim)
{
	if (!p)
		return PCAP_ERROR;
	int status = cst_need_source(p, p->ops && p->ops->set_buffer, "changing the kernel buffer");

	if (status < 0)
		return status;
	if (dim <= 0 || dim > LARGEST_KERNEL_BUFFER)
		return cst_fail(p, PCAP_ERROR, "%s: a kernel buffer has 1 to %d bytes, not %d", p->device,
				LARGEST_KERNEL_BUFFER, dim);
	status = p->ops->set_buffer(p, dim);
	cst_event_refresh(p);
	return status;
}

int pcap_setmintocopy(pcap_t *p, int size)
{
	if (!p)
		return PCAP_ERROR;
	int status = cst_need_source(p, p->ops && p->ops->set_min_to_copy, "choosing how much to wait for");

	if (status < 0)
		return status;
	if (size < 0)
		return cst_fail(p, PCAP_ERROR, "%s: a read cannot wait for %d bytes; 0 is each packet at once", p->device,
				size);
	status = p->ops->set_min_to_copy(p, size);
	cst_event_refresh(p); /* packets may have gone from the kernel's buffer into ours */
	return status;
}

int pcap_setuserbuffer(pcap_t *p, int size)
{
	if (!p)
		return PCAP_ERROR;
	int status = cst_need_source(p, p->kind == CST_LIVE, "choosing how much a read hands over");

	if (status < 0)
		return status;
	if (size <= 0)
		return cst_fail(p, PCAP_ERROR, "%s: one read cannot hand over %d bytes", p->device, size);
	cst_set_user_buffer(p, size);
	return 0;
}
