/* pcap/can_socketcan.h - headers of DLT_CAN_SOCKETCAN frames; the payload follows. Layouts are the kernel's
 * (linux/can.h). The first field is big-endian in all of them, the others of CAN XL are little-endian. */
#ifndef lib_pcap_can_socketcan_h
#define lib_pcap_can_socketcan_h

#include <pcap/pcap-inttypes.h>

/* CAN and CAN FD. */
typedef struct {
	uint32_t can_id;        /* 11 or 29 bits of identifier; 0x80000000 extended, 0x40000000 remote, 0x20000000 error */
	uint8_t payload_length; /* bytes: 0-8, or 0-64 with CAN FD */
	uint8_t fd_flags;       /* CANFD_*; 0 in a classic frame */
	uint8_t reserved1;
	uint8_t reserved2;
} pcap_can_socketcan_hdr;

/* Bits of fd_flags. */
#define CANFD_BRS 0x01 /* bit rate switched for the payload */
#define CANFD_ESI 0x02 /* the sender is error-passive */
#define CANFD_FDF 0x04 /* this is a CAN FD frame, however short */

/* CAN XL. Told from the others by CANXL_XLF in `flags`, at the offset where they have a length of 64 at most. */
typedef struct {
	uint32_t priority_vcid;   /* bits 0-10 priority, bits 16-23 virtual CAN network */
	uint8_t flags;            /* CANXL_* */
	uint8_t sdu_type;         /* what the payload is */
	uint16_t payload_length;  /* bytes: 1-2048 */
	uint32_t acceptance_field;
} pcap_can_socketcan_xl_hdr;

/* Bits of flags. */
#ifndef CANXL_SEC
#define CANXL_SEC 0x01 /* simple extended content (segmentation, security) */
#endif
#ifndef CANXL_XLF
#define CANXL_XLF 0x80 /* set in every CAN XL frame */
#endif

#endif
