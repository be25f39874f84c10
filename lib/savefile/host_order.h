/* host_order.h - link types whose headers were written in the byte order of the capturing machine. */
#ifndef CST_SAVEFILE_HOST_ORDER_H
#define CST_SAVEFILE_HOST_ORDER_H

#include <stdint.h>

/* Turns the header inside a packet of `caplen` captured and `len` original bytes to the other order; fields that are not
 * whole stay as they are. */
typedef void (*cst_header_swapper)(uint8_t *packet, uint32_t caplen, uint32_t len);

/* NULL: packets of `dlt` have nothing that depends on the order. */
cst_header_swapper cst_header_swapper_of(int dlt);

/* The length in its header makes an isochronous USB transfer look as long as the buffer that was offered, gaps included.
 * What it would have been on the bus, for a packet of DLT_USB_LINUX_MMAPPED in this machine's order; else `len`. */
uint32_t cst_usb_iso_length(const uint8_t *packet, uint32_t caplen, uint32_t len);

#endif
