/* pcap/bluetooth.h - headers before the packets of Bluetooth captures. All fields are big-endian. */
#ifndef lib_pcap_bluetooth_h
#define lib_pcap_bluetooth_h

#include <pcap/pcap-inttypes.h>

/* DLT_BLUETOOTH_HCI_H4_WITH_PHDR: the H4 packet follows. */
typedef struct _pcap_bluetooth_h4_header {
	uint32_t direction; /* bit 0: 0 = host to controller, 1 = controller to host */
} pcap_bluetooth_h4_header;

/* DLT_BLUETOOTH_LINUX_MONITOR: a message of the kernel's monitor channel follows. */
typedef struct _pcap_bluetooth_linux_monitor_header {
	uint16_t adapter_id; /* n of hci<n> */
	uint16_t opcode;     /* HCI_MON_*: what the message is */
} pcap_bluetooth_linux_monitor_header;

#endif
