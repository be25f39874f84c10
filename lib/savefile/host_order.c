/* host_order.c - headers that a machine wrote in its own byte order, turned to ours when the file came from another kind.
 * Layouts: usbmon.rst (kernel tree), linux/netfilter/nfnetlink_log.h, pflog(4). */
#include "savefile/host_order.h"

#include "base/bytes.h"

#include <pcap.h>
#include <stdbool.h>
#include <stddef.h>

struct field {
	uint8_t offset, bytes;
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* Swap the fields that end within `size` bytes. */
static void swap_fields(uint8_t *at, uint32_t size, const struct field *fields, size_t count)
{
	for (const struct field *f = fields; f < fields + count && f->offset + f->bytes <= size; f++)
		for (int low = f->offset, high = f->offset + f->bytes - 1; low < high; low++, high--) {
			const uint8_t byte = at[low];
			at[low] = at[high];
			at[high] = byte;
		}
}

static uint32_t lesser(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* struct usbmon_packet. */
static const struct field usb_common[] = { { 0, 8 }, { 12, 2 }, { 16, 8 }, { 24, 4 }, { 28, 4 }, { 32, 4 }, { 36, 4 } };
static const struct field usb_iso[] = { { 40, 4 }, { 44, 4 } }; /* instead of a setup packet, which is bytes */
static const struct field usb_tail[] = { { 48, 4 }, { 52, 4 }, { 56, 4 }, { 60, 4 } };
static const struct field usb_iso_descriptor[] = { { 0, 4 }, { 4, 4 }, { 8, 4 } };

enum {
	USB_EVENT = 8,
	USB_XFER_TYPE = 9,
	USB_ENDPOINT = 10, /* bit 7: towards the host */
	USB_DATA_FLAG = 15, /* 0: data is there */
	USB_URB_LENGTH = 32,
	USB_NDESC = 60,
	USB_HEADER_BYTES = 64,
	USB_DESCRIPTOR_BYTES = 16,
	USB_XFER_ISO = 0,
};

static bool usb_is_iso(const uint8_t *packet, uint32_t caplen)
{
	return caplen > USB_XFER_TYPE && packet[USB_XFER_TYPE] == USB_XFER_ISO;
}

static void swap_usb(uint8_t *packet, uint32_t caplen, uint32_t len)
{
	(void)len;
	swap_fields(packet, caplen, usb_common, COUNT(usb_common));
	if (usb_is_iso(packet, caplen))
		swap_fields(packet, caplen, usb_iso, COUNT(usb_iso));
}

static void swap_usb_mmapped(uint8_t *packet, uint32_t caplen, uint32_t len)
{
	swap_usb(packet, caplen, len);
	swap_fields(packet, caplen, usb_tail, COUNT(usb_tail));
	if (!usb_is_iso(packet, caplen) || caplen < USB_HEADER_BYTES)
		return;
	uint32_t descriptors = cst_get32(packet + USB_NDESC);
	for (uint32_t at = USB_HEADER_BYTES; descriptors > 0 && at < caplen; descriptors--, at += USB_DESCRIPTOR_BYTES)
		swap_fields(packet + at, caplen - at, usb_iso_descriptor, COUNT(usb_iso_descriptor));
}

uint32_t cst_usb_iso_length(const uint8_t *packet, uint32_t caplen, uint32_t len)
{
	if (caplen < USB_HEADER_BYTES || !usb_is_iso(packet, caplen) || packet[USB_EVENT] != 'C' ||
	    !(packet[USB_ENDPOINT] & 0x80) || packet[USB_DATA_FLAG] != 0)
		return len;
	const uint32_t descriptors = cst_get32(packet + USB_NDESC);
	const uint32_t data_at = USB_HEADER_BYTES + descriptors * USB_DESCRIPTOR_BYTES; /* may wrap, as in libpcap */
	if (len != data_at + cst_get32(packet + USB_URB_LENGTH))
		return len;
	uint32_t data_bytes = 0;
	const uint8_t *at = packet + USB_HEADER_BYTES, *const end = packet + caplen;
	for (uint32_t i = 0; i < descriptors && end - at >= USB_DESCRIPTOR_BYTES; i++, at += USB_DESCRIPTOR_BYTES) {
		const uint32_t data_end = cst_get32(at + 4) + cst_get32(at + 8);
		if (cst_get32(at + 8) > 0 && data_end > data_bytes)
			data_bytes = data_end;
	}
	return data_at + data_bytes >= caplen ? data_at + data_bytes : len;
}

/* A family and version byte, an id in network order, then attributes: length and type in host order, padded to 4. */
static void swap_nflog(uint8_t *packet, uint32_t caplen, uint32_t len)
{
	static const struct field attribute[] = { { 0, 2 }, { 2, 2 } };

	if (lesser(caplen, len) < 4 || packet[1] != 0)
		return;
	uint8_t *at = packet + 4;
	for (uint32_t left = lesser(caplen - 4, len); left >= 4;) {
		uint16_t bytes;

		swap_fields(at, left, attribute, COUNT(attribute));
		memcpy(&bytes, at, sizeof(bytes));
		const uint32_t padded = (bytes + 3u) & ~3u;
		if (padded == 0 || padded > left)
			return;
		at += padded;
		left -= padded;
	}
}

/* Begins with its own length; user and process numbers are in host order. */
static void swap_pflog(uint8_t *packet, uint32_t caplen, uint32_t len)
{
	static const struct field fields[] = { { 44, 4 }, { 48, 4 }, { 52, 4 }, { 56, 4 } };
	const uint32_t size = lesser(caplen, len);

	if (size > 0)
		swap_fields(packet, lesser(packet[0], size), fields, COUNT(fields));
}

/* Behind a cooked header, the identifier of a CAN frame; ETH_P_CAN and ETH_P_CANFD of linux/if_ether.h. */
static void swap_can_id(uint8_t *packet, uint32_t size, uint32_t protocol_at, uint8_t header_bytes)
{
	const struct field can_id = { header_bytes, 4 };
	enum { PROTOCOL_CAN = 0x0c, PROTOCOL_CANFD = 0x0d };

	if (size < header_bytes)
		return;
	const uint16_t protocol = cst_get16be(packet + protocol_at);
	if (protocol == PROTOCOL_CAN || protocol == PROTOCOL_CANFD)
		swap_fields(packet, size, &can_id, 1);
}

static void swap_sll(uint8_t *packet, uint32_t caplen, uint32_t len)
{
	swap_can_id(packet, lesser(caplen, len), 14, 16);
}

static void swap_sll2(uint8_t *packet, uint32_t caplen, uint32_t len)
{
	swap_can_id(packet, lesser(caplen, len), 0, 20);
}

static const struct {
	int dlt;
	cst_header_swapper swap;
} swappers[] = {
	{ DLT_USB_LINUX, swap_usb },
	{ DLT_USB_LINUX_MMAPPED, swap_usb_mmapped },
	{ DLT_NFLOG, swap_nflog },
	{ DLT_PFLOG, swap_pflog },
	{ DLT_LINUX_SLL, swap_sll },
	{ DLT_LINUX_SLL2, swap_sll2 },
};

cst_header_swapper cst_header_swapper_of(int dlt)
{
	for (size_t i = 0; i < COUNT(swappers); i++)
		if (swappers[i].dlt == dlt)
			return swappers[i].swap;
	return NULL;
}
