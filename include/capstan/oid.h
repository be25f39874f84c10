/* capstan/oid.h - the objects of pcap_oid_get_request() and pcap_oid_set_request(): their numbers, the structures that
 * some of them are, and a table by which a program shows them. Numbers and layouts are those of NDIS.
 *
 * All integers are in host byte order. Where nothing else is said, an object is one bpf_u_int32. */
#ifndef CAPSTAN_OID_H
#define CAPSTAN_OID_H

#include <pcap/pcap.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Any interface */
#define OID_GEN_SUPPORTED_LIST                  0x00010101u
#define OID_GEN_HARDWARE_STATUS                 0x00010102u
#define OID_GEN_MEDIA_SUPPORTED                 0x00010103u
#define OID_GEN_MEDIA_IN_USE                    0x00010104u
#define OID_GEN_MAXIMUM_LOOKAHEAD               0x00010105u
#define OID_GEN_MAXIMUM_FRAME_SIZE              0x00010106u
#define OID_GEN_LINK_SPEED                      0x00010107u
#define OID_GEN_TRANSMIT_BUFFER_SPACE           0x00010108u
#define OID_GEN_RECEIVE_BUFFER_SPACE            0x00010109u
#define OID_GEN_TRANSMIT_BLOCK_SIZE             0x0001010au
#define OID_GEN_RECEIVE_BLOCK_SIZE              0x0001010bu
#define OID_GEN_VENDOR_ID                       0x0001010cu
#define OID_GEN_VENDOR_DESCRIPTION              0x0001010du
#define OID_GEN_CURRENT_PACKET_FILTER           0x0001010eu
#define OID_GEN_CURRENT_LOOKAHEAD               0x0001010fu
#define OID_GEN_DRIVER_VERSION                  0x00010110u
#define OID_GEN_MAXIMUM_TOTAL_SIZE              0x00010111u
#define OID_GEN_PROTOCOL_OPTIONS                0x00010112u
#define OID_GEN_MAC_OPTIONS                     0x00010113u
#define OID_GEN_MEDIA_CONNECT_STATUS            0x00010114u
#define OID_GEN_MAXIMUM_SEND_PACKETS            0x00010115u
#define OID_GEN_VENDOR_DRIVER_VERSION           0x00010116u
#define OID_GEN_SUPPORTED_GUIDS                 0x00010117u
#define OID_GEN_NETWORK_LAYER_ADDRESSES         0x00010118u
#define OID_GEN_TRANSPORT_HEADER_OFFSET         0x00010119u
#define OID_GEN_MEDIA_CAPABILITIES              0x00010201u
#define OID_GEN_PHYSICAL_MEDIUM                 0x00010202u
#define OID_GEN_MAC_ADDRESS                     0x00010205u
#define OID_GEN_MAX_LINK_SPEED                  0x00010206u
#define OID_GEN_LINK_STATE                      0x00010207u
#define OID_GEN_LINK_PARAMETERS                 0x00010208u
#define OID_GEN_INTERRUPT_MODERATION            0x00010209u
#define OID_GEN_ENUMERATE_PORTS                 0x0001020du
#define OID_GEN_PORT_STATE                      0x0001020eu
#define OID_GEN_PHYSICAL_MEDIUM_EX              0x00010213u
#define OID_GEN_MACHINE_NAME                    0x0001021au
#define OID_GEN_VLAN_ID                         0x0001021cu
#define OID_GEN_PROMISCUOUS_MODE                0x00010280u
#define OID_GEN_LAST_CHANGE                     0x00010281u
#define OID_GEN_DISCONTINUITY_TIME              0x00010282u
#define OID_GEN_OPERATIONAL_STATUS              0x00010283u
#define OID_GEN_XMIT_LINK_SPEED                 0x00010284u
#define OID_GEN_RCV_LINK_SPEED                  0x00010285u
#define OID_GEN_UNKNOWN_PROTOS                  0x00010286u
#define OID_GEN_INTERFACE_INFO                  0x00010287u
#define OID_GEN_ADMIN_STATUS                    0x00010288u
#define OID_GEN_ALIAS                           0x00010289u
#define OID_GEN_MEDIA_CONNECT_STATUS_EX         0x0001028au
#define OID_GEN_LINK_SPEED_EX                   0x0001028bu
#define OID_GEN_MEDIA_DUPLEX_STATE              0x0001028cu
#define OID_GEN_IP_OPER_STATUS                  0x0001028du
#define OID_GEN_FRIENDLY_NAME                   0x00020216u

/* Statistics */
#define OID_GEN_XMIT_OK                         0x00020101u
#define OID_GEN_RCV_OK                          0x00020102u
#define OID_GEN_XMIT_ERROR                      0x00020103u
#define OID_GEN_RCV_ERROR                       0x00020104u
#define OID_GEN_RCV_NO_BUFFER                   0x00020105u
#define OID_GEN_STATISTICS                      0x00020106u
#define OID_GEN_DIRECTED_BYTES_XMIT             0x00020201u
#define OID_GEN_DIRECTED_FRAMES_XMIT            0x00020202u
#define OID_GEN_MULTICAST_BYTES_XMIT            0x00020203u
#define OID_GEN_MULTICAST_FRAMES_XMIT           0x00020204u
#define OID_GEN_BROADCAST_BYTES_XMIT            0x00020205u
#define OID_GEN_BROADCAST_FRAMES_XMIT           0x00020206u
#define OID_GEN_DIRECTED_BYTES_RCV              0x00020207u
#define OID_GEN_DIRECTED_FRAMES_RCV             0x00020208u
#define OID_GEN_MULTICAST_BYTES_RCV             0x00020209u
#define OID_GEN_MULTICAST_FRAMES_RCV            0x0002020au
#define OID_GEN_BROADCAST_BYTES_RCV             0x0002020bu
#define OID_GEN_BROADCAST_FRAMES_RCV            0x0002020cu
#define OID_GEN_RCV_CRC_ERROR                   0x0002020du
#define OID_GEN_TRANSMIT_QUEUE_LENGTH           0x0002020eu
#define OID_GEN_GET_TIME_CAPS                   0x0002020fu
#define OID_GEN_GET_NETCARD_TIME                0x00020210u
#define OID_GEN_INIT_TIME_MS                    0x00020213u
#define OID_GEN_RESET_COUNTS                    0x00020214u
#define OID_GEN_MEDIA_SENSE_COUNTS              0x00020215u
#define OID_GEN_BYTES_RCV                       0x00020219u
#define OID_GEN_BYTES_XMIT                      0x0002021au
#define OID_GEN_RCV_DISCARDS                    0x0002021bu
#define OID_GEN_XMIT_DISCARDS                   0x0002021cu

/* Ethernet */
#define OID_802_3_PERMANENT_ADDRESS             0x01010101u
#define OID_802_3_CURRENT_ADDRESS               0x01010102u
#define OID_802_3_MULTICAST_LIST                0x01010103u
#define OID_802_3_MAXIMUM_LIST_SIZE             0x01010104u
#define OID_802_3_MAC_OPTIONS                   0x01010105u
#define OID_802_3_ADD_MULTICAST_ADDRESS         0x01010208u
#define OID_802_3_DELETE_MULTICAST_ADDRESS      0x01010209u
#define OID_802_3_RCV_ERROR_ALIGNMENT           0x01020101u
#define OID_802_3_XMIT_ONE_COLLISION            0x01020102u
#define OID_802_3_XMIT_MORE_COLLISIONS          0x01020103u
#define OID_802_3_XMIT_DEFERRED                 0x01020201u
#define OID_802_3_XMIT_MAX_COLLISIONS           0x01020202u
#define OID_802_3_RCV_OVERRUN                   0x01020203u
#define OID_802_3_XMIT_UNDERRUN                 0x01020204u
#define OID_802_3_XMIT_HEARTBEAT_FAILURE        0x01020205u
#define OID_802_3_XMIT_TIMES_CRS_LOST           0x01020206u
#define OID_802_3_XMIT_LATE_COLLISIONS          0x01020207u

/* Wi-Fi as of Windows XP */
#define OID_802_11_BSSID                        0x0d010101u
#define OID_802_11_SSID                         0x0d010102u
#define OID_802_11_INFRASTRUCTURE_MODE          0x0d010108u
#define OID_802_11_AUTHENTICATION_MODE          0x0d010118u
#define OID_802_11_BSSID_LIST_SCAN              0x0d01011au
#define OID_802_11_ENCRYPTION_STATUS            0x0d01011bu
#define OID_802_11_ASSOCIATION_INFORMATION      0x0d01011fu
#define OID_802_11_CAPABILITY                   0x0d010122u
#define OID_802_11_NETWORK_TYPES_SUPPORTED      0x0d010203u
#define OID_802_11_NETWORK_TYPE_IN_USE          0x0d010204u
#define OID_802_11_TX_POWER_LEVEL               0x0d010205u
#define OID_802_11_RSSI                         0x0d010206u
#define OID_802_11_RSSI_TRIGGER                 0x0d010207u
#define OID_802_11_FRAGMENTATION_THRESHOLD      0x0d010209u
#define OID_802_11_RTS_THRESHOLD                0x0d01020au
#define OID_802_11_NUMBER_OF_ANTENNAS           0x0d01020bu
#define OID_802_11_SUPPORTED_RATES              0x0d01020eu
#define OID_802_11_DESIRED_RATES                0x0d010210u
#define OID_802_11_CONFIGURATION                0x0d010211u
#define OID_802_11_POWER_MODE                   0x0d010216u
#define OID_802_11_BSSID_LIST                   0x0d010217u
#define OID_802_11_STATISTICS                   0x0d020212u

/* Wi-Fi as of Windows Vista */
#define OID_DOT11_OPERATION_MODE_CAPABILITY     0x0d010307u
#define OID_DOT11_CURRENT_OPERATION_MODE        0x0d010308u
#define OID_DOT11_CURRENT_PHY_TYPE              0x0d01030cu
#define OID_DOT11_NIC_POWER_STATE               0x0d010311u
#define OID_DOT11_STATION_ID                    0x0d010314u
#define OID_DOT11_BEACON_PERIOD                 0x0d01031bu
#define OID_DOT11_MAC_ADDRESS                   0x0d01031eu
#define OID_DOT11_SUPPORTED_PHY_TYPES           0x0d010326u
#define OID_DOT11_CURRENT_REG_DOMAIN            0x0d010327u
#define OID_DOT11_CURRENT_TX_POWER_LEVEL        0x0d01032du
#define OID_DOT11_CURRENT_CHANNEL               0x0d010335u
#define OID_DOT11_CURRENT_FREQUENCY             0x0d010342u
#define OID_DOT11_RSSI_RANGE                    0x0d01035au
#define OID_DOT11_CURRENT_ADDRESS               0x0d010702u
#define OID_DOT11_PERMANENT_ADDRESS             0x0d010703u
#define OID_DOT11_MULTICAST_LIST                0x0d010704u
#define OID_DOT11_ENUM_BSS_LIST                 0x0e010179u
#define OID_DOT11_DESIRED_SSID_LIST             0x0e01017cu
#define OID_DOT11_DESIRED_BSSID_LIST            0x0e01017eu
#define OID_DOT11_ENUM_ASSOCIATION_INFO         0x0e01018du
#define OID_DOT11_HARDWARE_PHY_STATE            0x0e010190u
#define OID_DOT11_DATA_RATE_MAPPING_TABLE       0x0e010197u
#define OID_DOT11_STATISTICS                    0x0e020183u
/* OID_GEN_CURRENT_PACKET_FILTER: which packets are received. Not set: nothing of that kind is delivered. */
#define NDIS_PACKET_TYPE_DIRECTED      0x00000001u /* to the interface's own address */
#define NDIS_PACKET_TYPE_MULTICAST     0x00000002u /* to groups, those of OID_802_3_MULTICAST_LIST among them */
#define NDIS_PACKET_TYPE_ALL_MULTICAST 0x00000004u
#define NDIS_PACKET_TYPE_BROADCAST     0x00000008u
#define NDIS_PACKET_TYPE_PROMISCUOUS   0x00000020u /* everything */
#define NDIS_PACKET_TYPE_ALL_LOCAL     0x00000080u /* directed, multicast and broadcast */
#define NDIS_PACKET_TYPE_NO_LOCAL      0x00010000u /* but nothing that goes out */

/* OID_GEN_MAC_OPTIONS */
#define NDIS_MAC_OPTION_COPY_LOOKAHEAD_DATA 0x00000001u
#define NDIS_MAC_OPTION_RECEIVE_SERIALIZED  0x00000002u
#define NDIS_MAC_OPTION_TRANSFERS_NOT_PEND  0x00000004u
#define NDIS_MAC_OPTION_NO_LOOPBACK         0x00000008u
#define NDIS_MAC_OPTION_FULL_DUPLEX         0x00000010u
#define NDIS_MAC_OPTION_EOTX_INDICATION     0x00000020u
#define NDIS_MAC_OPTION_8021P_PRIORITY      0x00000040u
#define NDIS_MAC_OPTION_8021Q_VLAN          0x00000200u

/* A speed that nobody knows. */
#define NDIS_LINK_SPEED_UNKNOWN UINT64_MAX

typedef struct _NDIS_OBJECT_HEADER {
	uint8_t Type;     /* 0x80 */
	uint8_t Revision; /* 1 */
	uint16_t Size;    /* of the whole structure, in bytes */
} NDIS_OBJECT_HEADER;

/* OID_GEN_LINK_STATE */
typedef struct _NDIS_LINK_STATE {
	NDIS_OBJECT_HEADER Header;
	uint32_t MediaConnectState;    /* 0 unknown, 1 connected, 2 disconnected */
	uint32_t MediaDuplexState;     /* 0 unknown, 1 half, 2 full */
	uint64_t XmitLinkSpeed;        /* bit/s, or NDIS_LINK_SPEED_UNKNOWN */
	uint64_t RcvLinkSpeed;
	uint32_t PauseFunctions;       /* 0 none, 1 send, 2 receive, 3 both, 4 unknown */
	uint32_t AutoNegotiationFlags; /* negotiated: 1 transmit speed, 2 receive speed, 4 duplex, 8 pause */
} NDIS_LINK_STATE;

/* OID_GEN_LINK_SPEED_EX, OID_GEN_MAX_LINK_SPEED: bit/s, or NDIS_LINK_SPEED_UNKNOWN */
typedef struct _NDIS_LINK_SPEED {
	uint64_t XmitLinkSpeed;
	uint64_t RcvLinkSpeed;
} NDIS_LINK_SPEED;

/* Which members of the next two structures are known; the others are 0. */
#define NDIS_STATISTICS_FLAGS_VALID_DIRECTED_FRAMES_RCV   0x00000001u
#define NDIS_STATISTICS_FLAGS_VALID_MULTICAST_FRAMES_RCV  0x00000002u
#define NDIS_STATISTICS_FLAGS_VALID_BROADCAST_FRAMES_RCV  0x00000004u
#define NDIS_STATISTICS_FLAGS_VALID_BYTES_RCV             0x00000008u
#define NDIS_STATISTICS_FLAGS_VALID_RCV_DISCARDS          0x00000010u
#define NDIS_STATISTICS_FLAGS_VALID_RCV_ERROR             0x00000020u
#define NDIS_STATISTICS_FLAGS_VALID_DIRECTED_FRAMES_XMIT  0x00000040u
#define NDIS_STATISTICS_FLAGS_VALID_MULTICAST_FRAMES_XMIT 0x00000080u
#define NDIS_STATISTICS_FLAGS_VALID_BROADCAST_FRAMES_XMIT 0x00000100u
#define NDIS_STATISTICS_FLAGS_VALID_BYTES_XMIT            0x00000200u
#define NDIS_STATISTICS_FLAGS_VALID_XMIT_ERROR            0x00000400u
#define NDIS_STATISTICS_FLAGS_VALID_XMIT_DISCARDS         0x00008000u
#define NDIS_STATISTICS_FLAGS_VALID_DIRECTED_BYTES_RCV    0x00010000u
#define NDIS_STATISTICS_FLAGS_VALID_MULTICAST_BYTES_RCV   0x00020000u
#define NDIS_STATISTICS_FLAGS_VALID_BROADCAST_BYTES_RCV   0x00040000u
#define NDIS_STATISTICS_FLAGS_VALID_DIRECTED_BYTES_XMIT   0x00080000u
#define NDIS_STATISTICS_FLAGS_VALID_MULTICAST_BYTES_XMIT  0x00100000u
#define NDIS_STATISTICS_FLAGS_VALID_BROADCAST_BYTES_XMIT  0x00200000u

/* OID_GEN_STATISTICS: since the driver was loaded. */
typedef struct _NDIS_STATISTICS_INFO {
	NDIS_OBJECT_HEADER Header;
	uint32_t SupportedStatistics; /* NDIS_STATISTICS_FLAGS_VALID_... */
	uint64_t ifInDiscards;
	uint64_t ifInErrors;
	uint64_t ifHCInOctets;
	uint64_t ifHCInUcastPkts;
	uint64_t ifHCInMulticastPkts;
	uint64_t ifHCInBroadcastPkts;
	uint64_t ifHCOutOctets;
	uint64_t ifHCOutUcastPkts;
	uint64_t ifHCOutMulticastPkts;
	uint64_t ifHCOutBroadcastPkts;
	uint64_t ifOutErrors;
	uint64_t ifOutDiscards;
	uint64_t ifHCInUcastOctets;
	uint64_t ifHCInMulticastOctets;
	uint64_t ifHCInBroadcastOctets;
	uint64_t ifHCOutUcastOctets;
	uint64_t ifHCOutMulticastOctets;
	uint64_t ifHCOutBroadcastOctets;
} NDIS_STATISTICS_INFO;

/* OID_GEN_INTERFACE_INFO */
typedef struct _NDIS_INTERFACE_INFORMATION {
	uint32_t ifOperStatus;        /* as OID_GEN_OPERATIONAL_STATUS */
	uint32_t ifOperStatusFlags;
	uint32_t MediaConnectState;   /* as in NDIS_LINK_STATE */
	uint32_t MediaDuplexState;
	uint32_t ifMtu;               /* bytes */
	uint8_t ifPromiscuousMode;    /* 0 or 1 */
	uint8_t ifDeviceWakeUpEnable; /* 0: not known */
	uint64_t XmitLinkSpeed;       /* bit/s, or NDIS_LINK_SPEED_UNKNOWN */
	uint64_t RcvLinkSpeed;
	uint64_t ifLastChange;        /* 0: not known */
	uint64_t ifCounterDiscontinuityTime;
	uint64_t ifInUnknownProtos;
	uint64_t ifInDiscards;
	uint64_t ifInErrors;
	uint64_t ifHCInOctets;
	uint64_t ifHCInUcastPkts;
	uint64_t ifHCInMulticastPkts;
	uint64_t ifHCInBroadcastPkts;
	uint64_t ifHCOutOctets;
	uint64_t ifHCOutUcastPkts;
	uint64_t ifHCOutMulticastPkts;
	uint64_t ifHCOutBroadcastPkts;
	uint64_t ifOutErrors;
	uint64_t ifOutDiscards;
	uint64_t ifHCInUcastOctets;
	uint64_t ifHCInMulticastOctets;
	uint64_t ifHCInBroadcastOctets;
	uint64_t ifHCOutUcastOctets;
	uint64_t ifHCOutMulticastOctets;
	uint64_t ifHCOutBroadcastOctets;
	uint32_t CompartmentId;       /* 0 */
	uint32_t SupportedStatistics; /* NDIS_STATISTICS_FLAGS_VALID_... */
} NDIS_INTERFACE_INFORMATION;

/* OID_802_11_SSID; an element of OID_DOT11_DESIRED_SSID_LIST */
typedef struct _NDIS_802_11_SSID {
	uint32_t SsidLength;
	uint8_t Ssid[32];
} NDIS_802_11_SSID;

/* OID_802_11_CONFIGURATION */
typedef struct _NDIS_802_11_CONFIGURATION {
	uint32_t Length;       /* 32 */
	uint32_t BeaconPeriod; /* units of 1024 us */
	uint32_t ATIMWindow;
	uint32_t DSConfig;     /* centre frequency in kHz */
	uint32_t FHLength;     /* 16; frequency hopping itself is history */
	uint32_t FHHopPattern;
	uint32_t FHHopSet;
	uint32_t FHDwellTime;
} NDIS_802_11_CONFIGURATION;

/* OID_DOT11_OPERATION_MODE_CAPABILITY */
typedef struct _DOT11_OPERATION_MODE_CAPABILITY {
	uint32_t uReserved;
	uint32_t uMajorVersion;
	uint32_t uMinorVersion;
	uint32_t uNumOfTXBuffers;
	uint32_t uNumOfRXBuffers;
	uint32_t uOpModeCapability; /* DOT11_OPERATION_MODE_... */
} DOT11_OPERATION_MODE_CAPABILITY;

/* OID_DOT11_CURRENT_OPERATION_MODE */
typedef struct _DOT11_CURRENT_OPERATION_MODE {
	uint32_t uReserved;
	uint32_t uCurrentOpMode; /* one of DOT11_OPERATION_MODE_... */
} DOT11_CURRENT_OPERATION_MODE;

#define DOT11_OPERATION_MODE_UNKNOWN            0x00000000u
#define DOT11_OPERATION_MODE_STATION            0x00000001u
#define DOT11_OPERATION_MODE_AP                 0x00000002u
#define DOT11_OPERATION_MODE_EXTENSIBLE_STATION 0x00000004u
#define DOT11_OPERATION_MODE_EXTENSIBLE_AP      0x00000008u
#define DOT11_OPERATION_MODE_NETWORK_MONITOR    0x80000000u

/* What the bytes of an object are, for programs that show it. */
enum capstan_oid_form {
	CAPSTAN_OID_OTHER,      /* a structure without more said here */
	CAPSTAN_OID_NUMBER,     /* 4 or 8 bytes, unsigned, of `unit` */
	CAPSTAN_OID_SIGNED,     /* 4 bytes, signed, of `unit` */
	CAPSTAN_OID_FLAGS,      /* 4 bytes, of bits */
	CAPSTAN_OID_CHOICE,     /* 4 bytes, one of `choices`, by their numbers */
	CAPSTAN_OID_VERSION,    /* major and minor number, in two halves of 2 or 4 bytes */
	CAPSTAN_OID_TEXT,       /* bytes up to a zero */
	CAPSTAN_OID_COUNTED,    /* 2 bytes, how many follow; then so many of UTF-16; then a zero */
	CAPSTAN_OID_ADDRESSES,  /* hardware addresses of 6 bytes */
	CAPSTAN_OID_OIDS,       /* numbers of objects, 4 bytes each */
	CAPSTAN_OID_MEDIA,      /* NDIS_MEDIUM, 4 bytes each */
	CAPSTAN_OID_RATES,      /* bytes, each units of 500 kbit/s, top bit aside; ends at a zero */
	CAPSTAN_OID_LINK_STATE, /* the structures above */
	CAPSTAN_OID_LINK_SPEED,
	CAPSTAN_OID_STATISTICS,
	CAPSTAN_OID_INTERFACE_INFO,
	CAPSTAN_OID_SSID,
};

#define CAPSTAN_OID_QUERY 1u
#define CAPSTAN_OID_SET   2u

/* An object as NDIS has it; whether an interface answers is for OID_GEN_SUPPORTED_LIST to say. Lives as long as the
 * library. May grow at its end in later versions. */
struct capstan_oid {
	bpf_u_int32 value;          /* OID_... */
	const char *name;           /* "OID_..." */
	unsigned int access;        /* CAPSTAN_OID_QUERY, CAPSTAN_OID_SET */
	enum capstan_oid_form form;
	const char *unit;           /* "bytes"; NULL: none */
	const char *const *choices; /* of CAPSTAN_OID_CHOICE: from 0 on, NULL at the end; "" where a number is not used */
};

/* The object of this number, or of this name, in capitals or not. Return NULL if there is none in the table. */
PCAP_API const struct capstan_oid *capstan_oid_by_value(bpf_u_int32 value);
PCAP_API const struct capstan_oid *capstan_oid_by_name(const char *name);

#ifdef __cplusplus
}
#endif

#endif
