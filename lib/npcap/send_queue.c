/* send_queue.c - batches of packets to send. */
#include "npcap/not_yet.h"

#include <errno.h>
#include <stdlib.h>

pcap_send_queue *pcap_sendqueue_alloc(u_int memsize)
{
	(void)memsize;
	errno = ENOSYS;
	return NULL;
}

/* There is no queue but one that a program made up by itself, out of malloc() as the API has it. */
void pcap_sendqueue_destroy(pcap_send_queue *queue)
{
	if (!queue)
		return;
	free(queue->buffer);
	free(queue);
}

int pcap_sendqueue_queue(pcap_send_queue *queue, const struct pcap_pkthdr *pkt_header, const u_char *pkt_data)
{
	(void)queue;
	(void)pkt_header;
	(void)pkt_data;
	return -1;
}

u_int pcap_sendqueue_transmit(pcap_t *p, pcap_send_queue *queue, int sync)
{
	(void)queue;
	(void)sync;
	cst_not_yet(p, __func__);
	return 0;
}
