/* pcapng_format.h - pcapng as it lies in a file: block types, option codes, fixed parts. draft-ietf-opsawg-pcapng.
 * Numbers are in the byte order of the section, which its byte-order magic tells. */
#ifndef CST_SAVEFILE_PCAPNG_FORMAT_H
#define CST_SAVEFILE_PCAPNG_FORMAT_H

#include <stdint.h>

enum cst_pcapng_block_type {
	CST_NG_INTERFACE = 1,
	CST_NG_PACKET = 2, /* obsolete */
	CST_NG_SIMPLE = 3,
	CST_NG_NAMES = 4,
	CST_NG_STATISTICS = 5,
	CST_NG_ENHANCED = 6,
	CST_NG_JOURNAL = 9, /* systemd */
	CST_NG_SECRETS = 10,
	CST_NG_CUSTOM = 0x00000bad,
	CST_NG_CUSTOM_DONT_COPY = 0x40000bad,
	CST_NG_SECTION = 0x0a0d0d0a, /* the same in either order */
};

#define CST_NG_BYTE_ORDER 0x1a2b3c4du
#define CST_NG_MAJOR 1
#define CST_NG_MINOR 0

/* A block: type, total length, body, total length again. A multiple of 4 bytes. */
enum { CST_NG_HEADER_BYTES = 8, CST_NG_FRAME_BYTES = 12 };

struct cst_pcapng_header {
	uint32_t type, total;
};

/* Bodies, as far as every block of the type has them; options or data follow. */
struct cst_pcapng_section_body {
	uint32_t byte_order;
	uint16_t major, minor;
	uint32_t length[2]; /* 64 bits, at no multiple of 8 */
};

struct cst_pcapng_interface_body {
	uint16_t linktype, reserved;
	uint32_t snaplen;
};

struct cst_pcapng_enhanced_body {
	uint32_t interface, ticks_high, ticks_low, caplen, len;
};

struct cst_pcapng_packet_body {
	uint16_t interface, drops;
	uint32_t ticks_high, ticks_low, caplen, len;
};

struct cst_pcapng_statistics_body {
	uint32_t interface, ticks_high, ticks_low;
};

struct cst_pcapng_option_header {
	uint16_t code, length;
};

enum cst_pcapng_option_code {
	CST_NG_END_OF_OPTIONS = 0,
	CST_NG_COMMENT = 1,
	CST_NG_CUSTOM_TEXT = 2988,
	CST_NG_CUSTOM_BYTES = 2989,
	CST_NG_CUSTOM_TEXT_DONT_COPY = 19372,
	CST_NG_CUSTOM_BYTES_DONT_COPY = 19373,

	CST_NG_SHB_HARDWARE = 2,
	CST_NG_SHB_OS = 3,
	CST_NG_SHB_USERAPPL = 4,

	CST_NG_IF_NAME = 2,
	CST_NG_IF_DESCRIPTION = 3,
	CST_NG_IF_IPV4ADDR = 4,
	CST_NG_IF_IPV6ADDR = 5,
	CST_NG_IF_MACADDR = 6,
	CST_NG_IF_EUIADDR = 7,
	CST_NG_IF_SPEED = 8,
	CST_NG_IF_TSRESOL = 9,
	CST_NG_IF_TZONE = 10,
	CST_NG_IF_FILTER = 11,
	CST_NG_IF_OS = 12,
	CST_NG_IF_FCSLEN = 13,
	CST_NG_IF_TSOFFSET = 14,
	CST_NG_IF_HARDWARE = 15,
	CST_NG_IF_TXSPEED = 16,
	CST_NG_IF_RXSPEED = 17,
	CST_NG_IF_IANA_TZNAME = 18,

	CST_NG_EPB_FLAGS = 2,
	CST_NG_EPB_HASH = 3,
	CST_NG_EPB_DROPCOUNT = 4,
	CST_NG_EPB_PACKETID = 5,
	CST_NG_EPB_QUEUE = 6,
	CST_NG_EPB_VERDICT = 7,
	CST_NG_EPB_PROCESSID_THREADID = 8,

	CST_NG_NS_DNSNAME = 2,
	CST_NG_NS_DNSIP4ADDR = 3,
	CST_NG_NS_DNSIP6ADDR = 4,

	CST_NG_ISB_STARTTIME = 2,
	CST_NG_ISB_ENDTIME = 3,
	CST_NG_ISB_IFRECV = 4,
	CST_NG_ISB_IFDROP = 5,
	CST_NG_ISB_FILTERACCEPT = 6,
	CST_NG_ISB_OSDROP = 7,
	CST_NG_ISB_USRDELIV = 8,
};

#endif
