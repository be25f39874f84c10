/* pcap/usb.h - headers of Linux USB captures (usbmon: Documentation/usb/usbmon.rst in the kernel tree).
 * Fields have the byte order of the capturing host, except in pcap_usb_setup, which is little-endian as on the bus. */
#ifndef lib_pcap_usb_h
#define lib_pcap_usb_h

#include <pcap/pcap-inttypes.h>

/* Bit of endpoint_number: the transfer goes to the host. */
#define URB_TRANSFER_IN 0x80

/* transfer_type */
#define URB_ISOCHRONOUS 0x0
#define URB_INTERRUPT 0x1
#define URB_CONTROL 0x2
#define URB_BULK 0x3

/* event_type */
#define URB_SUBMIT 'S'   /* handed to the host controller */
#define URB_COMPLETE 'C' /* came back */
#define URB_ERROR 'E'    /* was refused */

/* Setup packet of a control transfer (USB 2.0, 9.3). */
typedef struct _usb_setup {
	uint8_t bmRequestType;
	uint8_t bRequest;
	uint16_t wValue;
	uint16_t wIndex;
	uint16_t wLength;
} pcap_usb_setup;

/* What an isochronous transfer has in place of the setup packet. */
typedef struct _iso_rec {
	int32_t error_count;
	int32_t numdesc;
} iso_rec;

/* DLT_USB_LINUX: 48 bytes, then data_len bytes of data. */
typedef struct _usb_header {
	uint64_t id;             /* the same in submission and completion */
	uint8_t event_type;      /* URB_SUBMIT, ... */
	uint8_t transfer_type;   /* URB_ISOCHRONOUS, ... */
	uint8_t endpoint_number; /* with URB_TRANSFER_IN */
	uint8_t device_address;
	uint16_t bus_id;
	char setup_flag;         /* 0 = setup is there; else a character that says why not */
	char data_flag;          /* 0 = data is there; else a character that says why not */
	int64_t ts_sec;
	int32_t ts_usec;
	int32_t status;          /* negative errno, as the driver saw it */
	uint32_t urb_len;        /* bytes asked for or transferred */
	uint32_t data_len;       /* bytes captured */
	pcap_usb_setup setup;
} pcap_usb_header;

/* DLT_USB_LINUX_MMAPPED: 64 bytes, then for isochronous transfers ndesc of usb_isodesc, then the data. */
typedef struct _usb_header_mmapped {
	uint64_t id;
	uint8_t event_type;
	uint8_t transfer_type;
	uint8_t endpoint_number;
	uint8_t device_address;
	uint16_t bus_id;
	char setup_flag;
	char data_flag;
	int64_t ts_sec;
	int32_t ts_usec;
	int32_t status;
	uint32_t urb_len;
	uint32_t data_len;       /* bytes captured, descriptors included */
	union {
		pcap_usb_setup setup; /* control */
		iso_rec iso;          /* isochronous */
	} s;
	int32_t interval;        /* interrupt and isochronous: polling interval */
	int32_t start_frame;     /* isochronous */
	uint32_t xfer_flags;     /* the kernel's transfer_flags */
	uint32_t ndesc;          /* isochronous descriptors that follow */
} pcap_usb_header_mmapped;

/* One packet of an isochronous transfer. */
typedef struct _usb_isodesc {
	int32_t status;
	uint32_t offset; /* of its data */
	uint32_t len;    /* bytes */
	uint8_t pad[4];
} usb_isodesc;

#endif
