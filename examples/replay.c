/* replay DEVICE FILE - send the packets of a savefile with the gaps that they were captured with.
 *
 *   cc replay.c $(pkg-config --cflags --libs capstan) -o replay */
#include <pcap.h>
#include <stdint.h>
#include <stdio.h>

/* Read the file: put its packets into `queue`, or with NULL add up what a queue of them needs, 16 bytes each beside them. */
static int walk(const char *path, int linktype, pcap_send_queue *queue, uint64_t *bytes)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_t *file = pcap_open_offline(path, errbuf);
	struct pcap_pkthdr *h;
	const u_char *data;
	int status = PCAP_ERROR;

	if (!file) {
		fprintf(stderr, "replay: %s\n", errbuf);
		return -1;
	}
	if (pcap_datalink(file) != linktype) {
		fprintf(stderr, "replay: the packets of %s are %s, which the device cannot send\n", path,
			pcap_datalink_val_to_description_or_dlt(pcap_datalink(file)));
		pcap_close(file);
		return -1;
	}
	while ((status = pcap_next_ex(file, &h, &data)) == 1) {
		*bytes += 16 + (uint64_t)h->caplen;
		if (queue && pcap_sendqueue_queue(queue, h, data) < 0)
			break; /* full: the file has grown meanwhile */
	}
	if (status == PCAP_ERROR)
		fprintf(stderr, "replay: %s\n", pcap_geterr(file));
	pcap_close(file);
	return status == PCAP_ERROR ? -1 : 0;
}

static int send_file(pcap_t *device, const char *path)
{
	pcap_send_queue *queue;
	uint64_t bytes = 0;
	int status = -1;
	u_int sent;

	if (walk(path, pcap_datalink(device), NULL, &bytes) < 0)
		return -1;
	queue = bytes <= UINT32_MAX ? pcap_sendqueue_alloc((u_int)bytes) : NULL;
	if (!queue) {
		fprintf(stderr, "replay: no memory for %llu bytes of packets\n", (unsigned long long)bytes);
		return -1;
	}
	if (walk(path, pcap_datalink(device), queue, &bytes) == 0) {
		sent = pcap_sendqueue_transmit(device, queue, 1);
		printf("sent %u of %u bytes, headers of the queue included\n", sent, queue->len);
		status = sent == queue->len ? 0 : -1;
		if (status < 0) /* at `sent` is the first packet that has not left, and this says why */
			fprintf(stderr, "replay: %s\n", pcap_geterr(device));
	}
	pcap_sendqueue_destroy(queue);
	return status;
}

int main(int argc, char **argv)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";
	int status;

	if (argc != 3) {
		fprintf(stderr, "usage: replay DEVICE FILE\n");
		return 2;
	}
	pcap_t *device = pcap_open_live(argv[1], 64, 0, 100, errbuf);
	if (!device) {
		fprintf(stderr, "replay: %s\n", errbuf);
		return 1;
	}
	status = send_file(device, argv[2]);
	pcap_close(device);
	return status < 0 ? 1 : 0;
}
