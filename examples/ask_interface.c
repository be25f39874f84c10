/* ask_interface DEVICE - its speed, hardware address, MTU and counters, by the OIDs that programs for Npcap ask by.
 *
 *   cc ask_interface.c $(pkg-config --cflags --libs capstan) -o ask_interface */
#include <capstan/oid.h>
#include <inttypes.h>
#include <pcap.h>
#include <stdio.h>
#include <string.h>

/* Get an object of a size that is known. 0; or -1, and it is said why: not every interface answers everything. */
static int ask(pcap_t *p, bpf_u_int32 oid, void *data, size_t size)
{
	size_t length = size;

	if (pcap_oid_get_request(p, oid, data, &length) < 0) {
		fprintf(stderr, "ask_interface: %s\n", pcap_geterr(p));
		return -1;
	}
	if (length == size)
		return 0;
	fprintf(stderr, "ask_interface: %zu bytes where %zu were expected\n", length, size);
	return -1;
}

static void print_speed(pcap_t *p)
{
	NDIS_LINK_STATE link;

	if (ask(p, OID_GEN_LINK_STATE, &link, sizeof(link)) < 0)
		return;
	printf("link: %s\n", link.MediaConnectState == 1 ? "connected" : "not connected");
	if (link.XmitLinkSpeed == NDIS_LINK_SPEED_UNKNOWN)
		puts("speed: unknown");
	else
		printf("speed: %.0f Mbit/s\n", (double)link.XmitLinkSpeed / 1e6);
}

static void print_address(pcap_t *p)
{
	unsigned char mac[6];

	if (ask(p, OID_802_3_CURRENT_ADDRESS, mac, sizeof(mac)) == 0)
		printf("address: %02x:%02x:%02x:%02x:%02x:%02x\n", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

/* Plain numbers. The library's table says of each object what it is called and what its number means. */
static void print_numbers(pcap_t *p)
{
	static const bpf_u_int32 numbers[] = { OID_GEN_MAXIMUM_FRAME_SIZE, OID_GEN_RCV_OK, OID_GEN_XMIT_OK };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		const struct capstan_oid *facts = capstan_oid_by_value(numbers[i]);
		uint64_t value = 0;
		size_t length = sizeof(value);

		if (pcap_oid_get_request(p, numbers[i], &value, &length) < 0) {
			fprintf(stderr, "ask_interface: %s\n", pcap_geterr(p));
			continue;
		}
		if (length == sizeof(bpf_u_int32)) { /* a counter has 8 bytes where there is room for them, most others 4 */
			bpf_u_int32 narrow;

			memcpy(&narrow, &value, sizeof(narrow));
			value = narrow;
		}
		printf("%s: %" PRIu64 " %s\n", facts->name, value, facts->unit ? facts->unit : "");
	}
}

int main(int argc, char **argv)
{
	char errbuf[PCAP_ERRBUF_SIZE] = "";

	if (argc != 2) {
		fprintf(stderr, "usage: ask_interface DEVICE\n");
		return 2;
	}
	pcap_t *p = pcap_open_live(argv[1], 64, 0, 100, errbuf);
	if (!p) {
		fprintf(stderr, "ask_interface: %s\n", errbuf);
		return 1;
	}
	print_speed(p);
	print_address(p);
	print_numbers(p);
	pcap_close(p);
	return 0;
}
