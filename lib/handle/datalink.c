/* datalink.c - the link type of a handle, and choosing another one where the source offers a choice. */
#include "handle/handle.h"

#include <stdlib.h>

int pcap_datalink(pcap_t *p)
{
	return p->kind == CST_CREATED ? PCAP_ERROR_NOT_ACTIVATED : p->dlt;
}

int pcap_datalink_ext(pcap_t *p)
{
	return p->kind == CST_CREATED ? PCAP_ERROR_NOT_ACTIVATED : p->dlt_ext;
}

int pcap_list_datalinks(pcap_t *p, int **dlt_buffer)
{
	int status = cst_need_activated(p);

	if (status < 0)
		return status;
	int count = p->dlt_count > 0 ? p->dlt_count : 1;
	int *list = malloc((size_t)count * sizeof(*list));
	if (!list)
		return cst_fail_errno(p, PCAP_ERROR, "listing %d link types", count);
	list[0] = p->dlt;
	for (int i = 0; i < p->dlt_count; i++)
		list[i] = p->dlts[i];
	*dlt_buffer = list;
	return count;
}

void pcap_free_datalinks(int *dlt_list)
{
	free(dlt_list);
}

static bool offered(const pcap_t *p, int dlt)
{
	/* A dead handle may hold a number that is no link type; that is never a choice. */
	if (dlt == p->dlt)
		return dlt >= 0;
	for (int i = 0; i < p->dlt_count; i++)
		if (p->dlts[i] == dlt)
			return true;
	return false;
}

int pcap_set_datalink(pcap_t *p, int dlt)
{
	int status = cst_need_activated(p);

	if (status < 0)
		return status;
	if (!offered(p, dlt))
		return cst_fail(p, PCAP_ERROR, "%s is not a link type that this handle can give; pcap_list_datalinks() "
				"tells which are", pcap_datalink_val_to_description_or_dlt(dlt));
	if (dlt == p->dlt)
		return 0;
	if (p->ops && p->ops->set_datalink && (status = p->ops->set_datalink(p, dlt)) < 0)
		return status;
	p->dlt = dlt;
	return 0;
}
