/* pcap/pcap.h - the capture API: libpcap 1.10's, Npcap's extensions and the remote API, one after the other.
 * Each contract names its source: a manual page of libpcap (3PCAP) or the Npcap API guide.
 *
 * What holds throughout:
 * - Error text: `errbuf` has room for PCAP_ERRBUF_SIZE bytes and is written on failure; functions that take a handle
 *   leave the text to pcap_geterr(). Negative results are PCAP_ERROR_*; PCAP_ERROR alone means "see the text".
 * - Threads: two threads may use two handles at once. One handle is for one thread at a time, except for
 *   pcap_breakloop() and the functions of capstan/event.h. There is no process-wide state but the mode of pcap_init()
 *   and the buffer of pcap_lookupdev(), of which each thread has its own.
 * - Borrowed packets: what a handler gets is valid until it returns; what pcap_next() and pcap_next_ex() return, until
 *   the next read on that handle. Copy what you want to keep. A read is pcap_loop(), _dispatch(), _next(), _next_ex().
 * - "Not activated" below is PCAP_ERROR_NOT_ACTIVATED, for a handle from pcap_create() before pcap_activate(). */
#ifndef lib_pcap_pcap_h
#define lib_pcap_pcap_h

#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>
#include <sys/time.h>

#include <pcap/funcattrs.h>
#include <pcap/pcap-inttypes.h>
#include <pcap/socket.h>
#include <pcap/bpf.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Constants and types ---- */

/* Version of the savefile format that is written. */
#define PCAP_VERSION_MAJOR 2
#define PCAP_VERSION_MINOR 4

#define PCAP_ERRBUF_SIZE 256 /* bytes of an error buffer */

/* A handle: live capture, savefile or neither (pcap_open_dead()). And a savefile being written. */
typedef struct pcap pcap_t;
typedef struct pcap_dumper pcap_dumper_t;
typedef struct pcap_if pcap_if_t;
typedef struct pcap_addr pcap_addr_t;

/* How a savefile begins (pcap-savefile(5)), in the byte order of its writer, which the magic number tells. */
struct pcap_file_header {
	bpf_u_int32 magic;     /* 0xa1b2c3d4: microseconds, 0xa1b23c4d: nanoseconds */
	u_short version_major;
	u_short version_minor;
	bpf_int32 thiszone;    /* 0 */
	bpf_u_int32 sigfigs;   /* 0 */
	bpf_u_int32 snaplen;   /* bytes kept of a packet at most */
	bpf_u_int32 linktype;  /* LINKTYPE_ in the low half, see LT_ below */
};

/* What is in pcap_file_header.linktype and in the result of pcap_datalink_ext(). */
#define LT_LINKTYPE(x) ((x) & 0x0000FFFF)               /* the type itself */
#define LT_LINKTYPE_EXT(x) ((x) & 0xFFFF0000)           /* all the rest */
#define LT_RESERVED1(x) ((x) & 0x03FF0000)              /* 0 in a valid file */
#define LT_FCS_LENGTH_PRESENT(x) ((x) & 0x04000000)     /* is the FCS length given? */
#define LT_FCS_LENGTH(x) (((x) & 0xF0000000) >> 28)     /* FCS at the end of each frame, in 16-bit units */
#define LT_FCS_DATALINK_EXT(x) ((((x) & 0xF) << 28) | 0x04000000) /* the two above, put together */

/* Which packets to capture: pcap_setdirection(). */
typedef enum {
	PCAP_D_INOUT = 0,
	PCAP_D_IN,
	PCAP_D_OUT
} pcap_direction_t;

/* What is known of a packet. */
struct pcap_pkthdr {
	struct timeval ts;  /* seconds; and micro- or nanoseconds, by pcap_get_tstamp_precision() */
	bpf_u_int32 caplen; /* bytes captured */
	bpf_u_int32 len;    /* bytes on the wire */
};

/* Statistics since the start of the capture. pcap_stats() writes the first three only, so that programs built with
 * libpcap's shorter struct are safe; pcap_stats_ex() fills them all. */
struct pcap_stat {
	u_int ps_recv;    /* packets that passed the filter, those dropped included */
	u_int ps_drop;    /* of those, the ones that found the buffer full */
	u_int ps_ifdrop;  /* packets that interface or driver dropped */
	u_int ps_capt;    /* packets handed to the buffer */
	u_int ps_sent;    /* remote capture: packets the server sent */
	u_int ps_netdrop; /* remote capture: packets lost on the way from the server */
};

/* A device that can be opened: pcap_findalldevs(). */
struct pcap_if {
	struct pcap_if *next;        /* NULL in the last */
	char *name;                  /* to open it by */
	char *description;           /* for people; may be NULL */
	struct pcap_addr *addresses; /* IPv4 first, then IPv6, then link-layer; NULL if it has none */
	bpf_u_int32 flags;           /* PCAP_IF_ */
};

#define PCAP_IF_LOOPBACK 0x00000001
#define PCAP_IF_UP 0x00000002
#define PCAP_IF_RUNNING 0x00000004
#define PCAP_IF_WIRELESS 0x00000008 /* any kind of radio or infrared, not just Wi-Fi */
#define PCAP_IF_CONNECTION_STATUS 0x00000030 /* mask for one of these: */
#define PCAP_IF_CONNECTION_STATUS_UNKNOWN 0x00000000
#define PCAP_IF_CONNECTION_STATUS_CONNECTED 0x00000010 /* wireless: associated */
#define PCAP_IF_CONNECTION_STATUS_DISCONNECTED 0x00000020
#define PCAP_IF_CONNECTION_STATUS_NOT_APPLICABLE 0x00000030 /* loopback, for example */

/* One of its addresses. Look at sa_family before you read on. */
struct pcap_addr {
	struct pcap_addr *next;
	struct sockaddr *addr;
	struct sockaddr *netmask;   /* NULL if there is none, as with link-layer addresses */
	struct sockaddr *broadaddr; /* NULL if there is none */
	struct sockaddr *dstaddr;   /* the peer's on a point-to-point link, else NULL */
};

/* Called for each packet. `user` is what was given to pcap_loop() or pcap_dispatch(); h and bytes are borrowed. */
typedef void (*pcap_handler)(u_char *user, const struct pcap_pkthdr *h, const u_char *bytes);

/* Failures. */
#define PCAP_ERROR -1                         /* any other; the error text says which */
#define PCAP_ERROR_BREAK -2                   /* ended by pcap_breakloop() */
#define PCAP_ERROR_NOT_ACTIVATED -3           /* call pcap_activate() first */
#define PCAP_ERROR_ACTIVATED -4               /* too late: the handle is activated */
#define PCAP_ERROR_NO_SUCH_DEVICE -5
#define PCAP_ERROR_RFMON_NOTSUP -6            /* no monitor mode on this device */
#define PCAP_ERROR_NOT_RFMON -7               /* possible in monitor mode only */
#define PCAP_ERROR_PERM_DENIED -8             /* no permission to open the device */
#define PCAP_ERROR_IFACE_NOT_UP -9
#define PCAP_ERROR_CANTSET_TSTAMP_TYPE -10    /* the device has no choice of time-stamp types */
#define PCAP_ERROR_PROMISC_PERM_DENIED -11    /* may be opened, but not in promiscuous mode */
#define PCAP_ERROR_TSTAMP_PRECISION_NOTSUP -12
#define PCAP_ERROR_CAPTURE_NOTSUP -13         /* no capturing on this system */

/* Warnings: the call succeeded, but not quite as asked. */
#define PCAP_WARNING 1                        /* any other; the error text says which */
#define PCAP_WARNING_PROMISC_NOTSUP 2
#define PCAP_WARNING_TSTAMP_TYPE_NOTSUP 3

/* For pcap_compile(): no IPv4 netmask is known. */
#define PCAP_NETMASK_UNKNOWN 0xffffffff

/* Time-stamp types: whose clock, and how good. */
#define PCAP_TSTAMP_HOST 0                    /* the host's; nothing else promised */
#define PCAP_TSTAMP_HOST_LOWPREC 1            /* the host's, cheap and coarse */
#define PCAP_TSTAMP_HOST_HIPREC 2             /* the host's, fine, in step with the system clock */
#define PCAP_TSTAMP_ADAPTER 3                 /* the adapter's, in step with the system clock */
#define PCAP_TSTAMP_ADAPTER_UNSYNCED 4        /* the adapter's, on its own */
#define PCAP_TSTAMP_HOST_HIPREC_UNSYNCED 5    /* the host's, fine, on its own */

/* Precisions: what is in ts.tv_usec. */
#define PCAP_TSTAMP_PRECISION_MICRO 0
#define PCAP_TSTAMP_PRECISION_NANO 1

/* ---- The library ---- */

/* Options of pcap_init(). */
#define PCAP_CHAR_ENC_LOCAL 0x00000000U /* strings are in the local encoding, which is taken to be UTF-8 */
#define PCAP_CHAR_ENC_UTF_8 0x00000001U /* strings are in UTF-8 */
#define PCAP_MMAP_32BIT 0x00000002U     /* map capture buffers below 4 GiB, for 32-bit code in a 64-bit process */

/* Choose how the library behaves in this process. Optional; call it before anything else, and always with the same
 * encoding. Afterwards pcap_lookupdev() always fails. Returns 0, or PCAP_ERROR with a text.
 * Source: pcap_init(3PCAP). */
PCAP_API int pcap_init(unsigned int opts, char *errbuf) PCAP_AVAILABLE_1_9;

/* Name and version of the library and its engines, for people. Static. Source: pcap_lib_version(3PCAP). */
PCAP_API const char *pcap_lib_version(void) PCAP_AVAILABLE_0_8;

/* Text for a PCAP_ERROR_ or PCAP_WARNING_ code; says so if it is none. Borrowed: static for known codes, else valid
 * until the next call in this thread. Source: pcap_statustostr(3PCAP). */
PCAP_API const char *pcap_statustostr(int error) PCAP_AVAILABLE_1_0;

/* Text for an errno value. Borrowed: valid until the next call in this thread. Source: pcap_strerror(3PCAP). */
PCAP_API const char *pcap_strerror(int error) PCAP_AVAILABLE_0_4;

/* ---- Devices ---- */

/* List the devices that can be opened. On success *alldevsp is the list, or NULL if there are none; the caller frees
 * it with pcap_freealldevs(). A device's addresses come IPv4 first, then IPv6, then link-layer.
 * Returns 0, or PCAP_ERROR with a text. Thread-safe. Source: pcap_findalldevs(3PCAP). */
PCAP_API int pcap_findalldevs(pcap_if_t **alldevsp, char *errbuf) PCAP_AVAILABLE_0_7;

/* Free a list of devices with all that hangs on it. NULL is fine. Source: pcap_freealldevs(3PCAP). */
PCAP_API void pcap_freealldevs(pcap_if_t *alldevs) PCAP_AVAILABLE_0_7;

/* Name of the first device of the list. Returns it in a buffer that the next call in this thread overwrites; NULL with
 * a text if there is none but the loopback, or if pcap_init() has been called. Source: pcap_lookupdev(3PCAP). */
PCAP_API char *pcap_lookupdev(char *errbuf) PCAP_AVAILABLE_0_4
	PCAP_DEPRECATED("use pcap_findalldevs() and take the first device");

/* IPv4 network number and mask of `device`, in network byte order; both 0 for "any" and NULL. Returns 0; or PCAP_ERROR
 * with a text, also if the device has no IPv4 address, and leaves *netp and *maskp alone. Thread-safe.
 * Source: pcap_lookupnet(3PCAP). */
PCAP_API int pcap_lookupnet(const char *device, bpf_u_int32 *netp, bpf_u_int32 *maskp, char *errbuf) PCAP_AVAILABLE_0_4;

/* ---- Live captures: create, configure, activate ---- */

/* Make a handle for capturing on `device`; NULL and "any" mean all interfaces. Whether the device is there is seen by
 * pcap_activate(). Returns the handle, which the caller ends with pcap_close(); NULL with a text.
 * Source: pcap_create(3PCAP). */
PCAP_API pcap_t *pcap_create(const char *device, char *errbuf) PCAP_AVAILABLE_1_0;

/* Options, to be set between pcap_create() and pcap_activate(). Each returns 0, or PCAP_ERROR_ACTIVATED and changes
 * nothing if the handle is activated; further results are named where there are any. */

/* Keep at most `snaplen` bytes of each packet. Default 262144, which any value out of range becomes at activation.
 * Source: pcap_set_snaplen(3PCAP). */
PCAP_API int pcap_set_snaplen(pcap_t *p, int snaplen) PCAP_AVAILABLE_1_0;

/* Non-zero: also capture frames that are for other hosts. Default off. Source: pcap_set_promisc(3PCAP). */
PCAP_API int pcap_set_promisc(pcap_t *p, int promisc) PCAP_AVAILABLE_1_0;

/* Can the device be put into monitor mode? Returns 1 or 0; PCAP_ERROR_ACTIVATED, PCAP_ERROR_NO_SUCH_DEVICE,
 * PCAP_ERROR_PERM_DENIED, or PCAP_ERROR with a text. Source: pcap_can_set_rfmon(3PCAP). */
PCAP_API int pcap_can_set_rfmon(pcap_t *p) PCAP_AVAILABLE_1_0;

/* Non-zero: put a Wi-Fi adapter into monitor mode. Default off. Source: pcap_set_rfmon(3PCAP). */
PCAP_API int pcap_set_rfmon(pcap_t *p, int rfmon) PCAP_AVAILABLE_1_0;

/* Read timeout in milliseconds: how long packets may be gathered before they are delivered. It also ends a read when
 * no packet came: pcap_next_ex() and pcap_dispatch() return 0 then. 0 (the default) = no timeout, reads wait for
 * packets; negative: they never wait, as after pcap_setnonblock(). Source: pcap_set_timeout(3PCAP), Npcap API. */
PCAP_API int pcap_set_timeout(pcap_t *p, int timeout_ms) PCAP_AVAILABLE_1_0;

/* Non-zero: deliver each packet as it comes, without gathering. Default off. Source: pcap_set_immediate_mode(3PCAP). */
PCAP_API int pcap_set_immediate_mode(pcap_t *p, int immediate_mode) PCAP_AVAILABLE_1_5;

/* Size of the kernel's capture buffer in bytes; rounded up to what the kernel can do. 0 or negative = default, 2 MiB.
 * Source: pcap_set_buffer_size(3PCAP). */
PCAP_API int pcap_set_buffer_size(pcap_t *p, int buffer_size) PCAP_AVAILABLE_1_0;

/* Choose a PCAP_TSTAMP_ type. Also returns PCAP_WARNING_TSTAMP_TYPE_NOTSUP if the device does not have it; the type
 * stays as it was. Source: pcap_set_tstamp_type(3PCAP). */
PCAP_API int pcap_set_tstamp_type(pcap_t *p, int tstamp_type) PCAP_AVAILABLE_1_2;

/* Choose PCAP_TSTAMP_PRECISION_MICRO (default) or _NANO. Also returns PCAP_ERROR_TSTAMP_PRECISION_NOTSUP.
 * Source: pcap_set_tstamp_precision(3PCAP). */
PCAP_API int pcap_set_tstamp_precision(pcap_t *p, int tstamp_precision) PCAP_AVAILABLE_1_5;

/* Capture packets of one protocol only: an ETH_P_ value in host byte order, 0 = all (the default). No effect on what
 * is not a network interface. Source: pcap_set_protocol_linux(3PCAP). */
PCAP_API int pcap_set_protocol_linux(pcap_t *p, int protocol) PCAP_AVAILABLE_1_9;

/* Start capturing with the options set. Returns 0; a PCAP_WARNING_ above 0, and the handle is activated nonetheless; or
 * PCAP_ERROR_ACTIVATED, _NO_SUCH_DEVICE, _PERM_DENIED, _PROMISC_PERM_DENIED, _RFMON_NOTSUP, _IFACE_NOT_UP, ... or plain
 * PCAP_ERROR, with the details in pcap_geterr(). After a failure the handle still has to be closed.
 * Source: pcap_activate(3PCAP). */
PCAP_API int pcap_activate(pcap_t *p) PCAP_AVAILABLE_1_0;

/* Create, configure and activate in one call: bytes of a packet to keep, promiscuous mode, read timeout in
 * milliseconds. As with Npcap, the kernel's buffer has 1,000,000 bytes and "rpcap://eth0" is "eth0". Returns the handle,
 * NULL with a text. On success errbuf may hold a warning; set errbuf[0] = 0 before the call to tell.
 * Source: pcap_open_live(3PCAP), Npcap API. */
PCAP_API pcap_t *pcap_open_live(const char *device, int snaplen, int promisc, int to_ms, char *errbuf)
	PCAP_AVAILABLE_0_4;

/* List the time-stamp types of the device. Returns how many and sets *tstamp_typesp to an array, which the caller frees
 * with pcap_free_tstamp_types(); PCAP_TSTAMP_HOST is always among them. PCAP_ERROR with a text.
 * Source: pcap_list_tstamp_types(3PCAP). */
PCAP_API int pcap_list_tstamp_types(pcap_t *p, int **tstamp_typesp) PCAP_AVAILABLE_1_2;

/* Free such an array. NULL is fine. Source: pcap_free_tstamp_types(3PCAP). */
PCAP_API void pcap_free_tstamp_types(int *tstamp_types) PCAP_AVAILABLE_1_2;

/* PCAP_TSTAMP_ value of a name like "adapter_unsynced", any case; PCAP_ERROR if there is none.
 * Source: pcap_tstamp_type_name_to_val(3PCAP). */
PCAP_API int pcap_tstamp_type_name_to_val(const char *name) PCAP_AVAILABLE_1_2;

/* Name of a PCAP_TSTAMP_ value; and a description for people. Static; NULL if it is none.
 * Source: pcap_tstamp_type_val_to_name(3PCAP). */
PCAP_API const char *pcap_tstamp_type_val_to_name(int tstamp_type) PCAP_AVAILABLE_1_2;
PCAP_API const char *pcap_tstamp_type_val_to_description(int tstamp_type) PCAP_AVAILABLE_1_2;

/* Precision of the handle's time stamps, PCAP_TSTAMP_PRECISION_. Source: pcap_get_tstamp_precision(3PCAP). */
PCAP_API int pcap_get_tstamp_precision(pcap_t *p) PCAP_AVAILABLE_1_5;

/* ---- Handles without a device ---- */

/* A handle for compiling filters and writing savefiles: link type DLT_, bytes of a packet at most, and in the second
 * form PCAP_TSTAMP_PRECISION_ (else microseconds, also for a value that is none). It has no packets. Returns NULL if
 * memory is short. Source: pcap_open_dead(3PCAP). */
PCAP_API pcap_t *pcap_open_dead(int linktype, int snaplen) PCAP_AVAILABLE_0_6;
PCAP_API pcap_t *pcap_open_dead_with_tstamp_precision(int linktype, int snaplen, u_int precision) PCAP_AVAILABLE_1_5;

/* Open a savefile for reading; "-" is standard input. Time stamps come in microseconds, or in the
 * PCAP_TSTAMP_PRECISION_ asked for, rounded down where the file has a finer one. Returns the handle, NULL with a text.
 *
 * Read are pcap files of every version and byte order, and pcapng files: sections of either byte order, any number of
 * interfaces with their resolutions and offsets, enhanced, simple (whose time stamp is 0) and obsolete packet blocks;
 * all other blocks and options are passed over. A handle has one link type and one snapshot length, those of the first
 * interface: one that has others is an error where it is described, as is whatever cannot be read, after all packets
 * before it. <capstan/pcapng.h> reads such files, and the rest of what they hold. Opening reads up to the first
 * interface. Either may be compressed: <capstan/savefile.h>.
 *
 * A packet that comes over a pipe is delivered as soon as it is complete. A file that ends inside a packet is an error
 * that says how many whole ones came before; when it has grown, reads go on. Source: pcap_open_offline(3PCAP);
 * draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng. */
PCAP_API pcap_t *pcap_open_offline(const char *fname, char *errbuf) PCAP_AVAILABLE_0_4;
PCAP_API pcap_t *pcap_open_offline_with_tstamp_precision(const char *fname, u_int precision, char *errbuf)
	PCAP_AVAILABLE_1_5;

/* The same on a stream that is open for reading at the start of a savefile. On success the handle owns `fp` and
 * pcap_close() closes it (but not stdin); on failure it stays the caller's. Source: pcap_fopen_offline(3PCAP). */
PCAP_API pcap_t *pcap_fopen_offline(FILE *fp, char *errbuf) PCAP_AVAILABLE_0_9;
PCAP_API pcap_t *pcap_fopen_offline_with_tstamp_precision(FILE *fp, u_int precision, char *errbuf) PCAP_AVAILABLE_1_5;

/* The same on a file descriptor, which stands for Windows' file handle. It is the handle's from the call on: closed on
 * failure, too, unless it is no open descriptor. Source: Npcap API. */
PCAP_API pcap_t *pcap_hopen_offline(intptr_t osfd, char *errbuf) PCAP_AVAILABLE_1_5;
PCAP_API pcap_t *pcap_hopen_offline_with_tstamp_precision(intptr_t osfd, u_int precision, char *errbuf)
	PCAP_AVAILABLE_1_5;

/* End the handle, whatever its state: stops the capture, closes files, frees all. p is gone afterwards. The kernel takes
 * some tens of milliseconds to take a capture's ring down; a thread of the library waits for that, not the caller.
 * Source: pcap_close(3PCAP). */
PCAP_API void pcap_close(pcap_t *p) PCAP_AVAILABLE_0_4;

/* ---- Reading ---- */

/* Call `callback` for each packet until cnt have been processed (cnt <= 0: no limit), a savefile ends, or
 * pcap_breakloop(). Read timeouts do not end it. Returns 0 when cnt is reached or the file ended; PCAP_ERROR_BREAK; not
 * activated; PCAP_ERROR. Packets are borrowed until the callback returns. Source: pcap_loop(3PCAP). */
PCAP_API int pcap_loop(pcap_t *p, int cnt, pcap_handler callback, u_char *user) PCAP_AVAILABLE_0_4;

/* The same for one bufferful, up to cnt packets (cnt <= 0: all of it; of a savefile, all). Returns the number of
 * packets processed; 0 if the read timeout ended without one, nothing is there on a non-blocking handle, or the file
 * ended; PCAP_ERROR_BREAK if pcap_breakloop() came before the first packet; not activated; PCAP_ERROR.
 * Source: pcap_dispatch(3PCAP). */
PCAP_API int pcap_dispatch(pcap_t *p, int cnt, pcap_handler callback, u_char *user) PCAP_AVAILABLE_0_4;

/* Read one packet and fill in *h. Returns its bytes, borrowed until the next read on p; NULL on timeout, end of file
 * and error alike, so pcap_next_ex() is better. Source: pcap_next(3PCAP). */
PCAP_API const u_char *pcap_next(pcap_t *p, struct pcap_pkthdr *h) PCAP_AVAILABLE_0_4;

/* Read one packet. Returns 1 and sets *pkt_header and *pkt_data, borrowed until the next read on p; 0 if the read
 * timeout ended without a packet, none is there on a non-blocking handle, or on either a whole bufferful had none that
 * the filter takes; PCAP_ERROR_BREAK at the end of a savefile or after pcap_breakloop(); not activated; PCAP_ERROR.
 * Source: pcap_next_ex(3PCAP), Npcap API. */
PCAP_API int pcap_next_ex(pcap_t *p, struct pcap_pkthdr **pkt_header, const u_char **pkt_data) PCAP_AVAILABLE_0_8;

/* Make the read under way on p, or the next one, return. Wakes a blocked read at once. May be called from a signal
 * handler and from any thread. A read that has delivered packets returns their number and the one after it
 * PCAP_ERROR_BREAK; packets not yet delivered stay for later reads. Whoever reads may close p as soon as the read has
 * ended for that reason. Source: pcap_breakloop(3PCAP). */
PCAP_API void pcap_breakloop(pcap_t *p) PCAP_AVAILABLE_0_8;

/* Non-zero: reads return at once when nothing is there. Live captures only; before activation it is kept for then.
 * Returns 0, or PCAP_ERROR with a text. Source: pcap_setnonblock(3PCAP). */
PCAP_API int pcap_setnonblock(pcap_t *p, int nonblock, char *errbuf) PCAP_AVAILABLE_0_7;

/* Is the handle non-blocking? Returns 1 or 0, 0 for savefiles; not activated; PCAP_ERROR with a text.
 * Source: pcap_getnonblock(3PCAP). */
PCAP_API int pcap_getnonblock(pcap_t *p, char *errbuf) PCAP_AVAILABLE_0_7;

/* A descriptor that select(2), poll(2) and epoll(7) find readable when a read on p would not block; -1 if there is
 * none, as before activation. A savefile's is that of the file, which does not show packets that were read along with
 * earlier ones; and a read waits for a whole packet. Belongs to the handle: do not read or close it.
 * Source: pcap_get_selectable_fd(3PCAP). */
PCAP_API int pcap_get_selectable_fd(pcap_t *p) PCAP_AVAILABLE_0_8;

/* Longest time that such a wait may take before a read has to be tried anyway; NULL if the descriptor alone will do.
 * Borrowed from p; ask before each wait. Source: pcap_get_required_select_timeout(3PCAP). */
PCAP_API const struct timeval *pcap_get_required_select_timeout(pcap_t *p) PCAP_AVAILABLE_1_9;

/* Fill in ps_recv, ps_drop and ps_ifdrop, and nothing else, counted from the start of the capture. ps_recv includes
 * ps_drop. Live captures only. Returns 0, not activated, or PCAP_ERROR. Source: pcap_stats(3PCAP). */
PCAP_API int pcap_stats(pcap_t *p, struct pcap_stat *ps) PCAP_AVAILABLE_0_4;

/* Capture only what comes in, only what goes out, or both (the default). Live captures only.
 * Returns 0, not activated, or PCAP_ERROR. Source: pcap_setdirection(3PCAP). */
PCAP_API int pcap_setdirection(pcap_t *p, pcap_direction_t d) PCAP_AVAILABLE_0_9;

/* ---- Sending ---- */

/* Send the `size` bytes at buf as one frame, link-layer header included. What p sends, by this or a send queue, is
 * delivered to the other handles on the interface, not to p (but see MODE_SENDTORX). Sent is what the kernel took: where
 * there is no link, or while the interface goes down, it drops frames without a word; the next call tells what is down,
 * and a send queue looks at the link. Returns the number of bytes sent, not activated, or PCAP_ERROR.
 * Source: pcap_inject(3PCAP). */
PCAP_API int pcap_inject(pcap_t *p, const void *buf, size_t size) PCAP_AVAILABLE_0_9;

/* The same, but returns 0 on success. Source: pcap_sendpacket(3PCAP). */
PCAP_API int pcap_sendpacket(pcap_t *p, const u_char *buf, int size) PCAP_AVAILABLE_0_8;

/* ---- Errors ---- */

/* Text of the last failure or warning on p. Borrowed: valid until p is used again or closed.
 * Source: pcap_geterr(3PCAP). */
PCAP_API char *pcap_geterr(pcap_t *p) PCAP_AVAILABLE_0_4;

/* Print "prefix: text" and a newline on stderr. Source: pcap_perror(3PCAP). */
PCAP_API void pcap_perror(pcap_t *p, const char *prefix) PCAP_AVAILABLE_0_4;

/* ---- Filters ---- */

/* Compile the expression `str`, capstan-filter(7), into *fp, which the caller ends with pcap_freecode(). NULL and
 * blanks accept every packet. The program is for the link type that p has now and returns its snapshot length or 0;
 * that of a live handle may ask for what only the kernel knows of a packet (VLAN tags, direction, interface), so use
 * it on that handle. optimize: 0 = test after test as written; else short, and an expression proved to accept nothing
 * is an error. netmask: the IPv4 one in host byte order (pcap_lookupnet() gives network order), for "ip broadcast"
 * only, or PCAP_NETMASK_UNKNOWN, and then that is an error. Names are resolved here, which may take as long as the
 * resolver does. Returns 0; PCAP_ERROR, *fp is empty, and pcap_geterr() has one sentence: what was expected, what was
 * found and " at column N", bytes from 1, where there is such a place. A handle that is not activated has no link
 * type yet: PCAP_ERROR. Takes time and memory in proportion to the length of `str`. Threads may compile at once, each
 * on its own handle. Source: pcap_compile(3PCAP). */
PCAP_API int pcap_compile(pcap_t *p, struct bpf_program *fp, const char *str, int optimize, bpf_u_int32 netmask)
	PCAP_AVAILABLE_0_4;

/* The same for packets of link type `linktype`, a DLT_ value, cut to `snaplen`, with no handle and so nowhere to
 * leave an error text. Returns 0, or PCAP_ERROR and *fp is empty. Thread-safe. Source: libpcap's interface,
 * pcap_open_dead(3PCAP). */
PCAP_API int pcap_compile_nopcap(int snaplen, int linktype, struct bpf_program *fp, const char *str, int optimize,
	bpf_u_int32 netmask) PCAP_AVAILABLE_0_5
	PCAP_DEPRECATED("use pcap_open_dead(), pcap_compile() and pcap_close(), which give an error text");

/* Free the instructions of *fp and clear it, so that once more does no harm; not fp itself. For programs that
 * pcap_compile() made: what a caller has built in memory of its own is not to be freed so. Source:
 * pcap_freecode(3PCAP). */
PCAP_API void pcap_freecode(struct bpf_program *fp) PCAP_AVAILABLE_0_6;

/* Deliver only the packets that *fp accepts from now on. The program is copied, so it may be freed at once. Packets
 * that came before and do not match are not delivered after. Live, it runs in the kernel if that takes it, as eBPF
 * above 4,096 instructions, else here. Returns 0; not activated; or PCAP_ERROR, among others for a program that is
 * not valid, and the filter before stays. Source: pcap_setfilter(3PCAP). */
PCAP_API int pcap_setfilter(pcap_t *p, struct bpf_program *fp) PCAP_AVAILABLE_0_4;

/* Run *fp over the h->caplen bytes at `pkt`. Returns 0 if it does not match, or has no instructions, else the
 * filter's value. The program has to have passed bpf_validate(), as all of pcap_compile() do. Thread-safe. A thread
 * that runs a program of 12 to 512 instructions hundreds of times gets native code for it; the program is compared
 * with what was compiled at each call (5 to 15 ns), so it may be changed or freed at any time between calls.
 * pcap_setfilter() costs no such comparison. With CAPSTAN_JIT=0 in the environment both only interpret. Source:
 * pcap_offline_filter(3PCAP). */
PCAP_API int pcap_offline_filter(const struct bpf_program *fp, const struct pcap_pkthdr *h, const u_char *pkt)
	PCAP_AVAILABLE_1_0;

/* ---- Link types ---- */

/* What the handle's packets begin with, a DLT_ value; or not activated. Source: pcap_datalink(3PCAP). */
PCAP_API int pcap_datalink(pcap_t *p) PCAP_AVAILABLE_0_4;

/* For a savefile, what its header says about frame check sequences, to be read with LT_FCS_LENGTH_PRESENT() and
 * LT_FCS_LENGTH(); 0 if nothing, and for other handles; or not activated.
 * Source: libpcap's interface, pcap-savefile(5). */
PCAP_API int pcap_datalink_ext(pcap_t *p) PCAP_AVAILABLE_1_0;

/* List the link types the handle can be set to. Returns how many and sets *dlt_buf to an array, which the caller frees
 * with pcap_free_datalinks(); not activated; PCAP_ERROR. Source: pcap_list_datalinks(3PCAP). */
PCAP_API int pcap_list_datalinks(pcap_t *p, int **dlt_buf) PCAP_AVAILABLE_0_8;

/* Free such an array. NULL is fine. Source: pcap_free_datalinks(3PCAP). */
PCAP_API void pcap_free_datalinks(int *dlt_list) PCAP_AVAILABLE_1_0;

/* Choose one of them. Set filters afterwards. Returns 0, not activated, or PCAP_ERROR.
 * Source: pcap_set_datalink(3PCAP). */
PCAP_API int pcap_set_datalink(pcap_t *p, int dlt) PCAP_AVAILABLE_0_8;

/* DLT_ value of a name like "EN10MB", any case; PCAP_ERROR if there is none.
 * Source: pcap_datalink_name_to_val(3PCAP). */
PCAP_API int pcap_datalink_name_to_val(const char *name) PCAP_AVAILABLE_0_8;

/* Name of a DLT_ value without "DLT_"; and a description for people. Static; NULL if the value is not known.
 * Source: pcap_datalink_val_to_name(3PCAP). */
PCAP_API const char *pcap_datalink_val_to_name(int dlt) PCAP_AVAILABLE_0_8;
PCAP_API const char *pcap_datalink_val_to_description(int dlt) PCAP_AVAILABLE_0_8;

/* The description, or "DLT n". Borrowed: valid until the next call in this thread.
 * Source: pcap_datalink_val_to_description_or_dlt(3PCAP). */
PCAP_API const char *pcap_datalink_val_to_description_or_dlt(int dlt) PCAP_AVAILABLE_1_9;

/* ---- What a handle is ---- */

/* Bytes of a packet at most; or not activated. Source: pcap_snapshot(3PCAP). */
PCAP_API int pcap_snapshot(pcap_t *p) PCAP_AVAILABLE_0_4;

/* Is it a savefile in the other byte order than this host's (pcapng: its first section)? Returns 1 or 0, or not activated.
 * Source: pcap_is_swapped(3PCAP). */
PCAP_API int pcap_is_swapped(pcap_t *p) PCAP_AVAILABLE_0_4;

/* Version of the savefile's format; without meaning for live captures; or not activated.
 * Source: pcap_major_version(3PCAP). */
PCAP_API int pcap_major_version(pcap_t *p) PCAP_AVAILABLE_0_4;
PCAP_API int pcap_minor_version(pcap_t *p) PCAP_AVAILABLE_0_4;

/* Size in bytes of the buffer that packets are read into; or not activated. Source: pcap_bufsize(3PCAP). */
PCAP_API int pcap_bufsize(pcap_t *p) PCAP_AVAILABLE_0_4;

/* The stream of a savefile; NULL for other handles. Belongs to the handle. Source: pcap_file(3PCAP). */
PCAP_API FILE *pcap_file(pcap_t *p) PCAP_AVAILABLE_0_4;

/* The descriptor of a live capture; -1 for a savefile and before activation. Belongs to the handle. To wait on it, use
 * pcap_get_selectable_fd(). Source: pcap_fileno(3PCAP). */
PCAP_API int pcap_fileno(pcap_t *p) PCAP_AVAILABLE_0_4;

/* ---- Writing savefiles ---- */

/* Create or overwrite the savefile `fname` ("-" is standard output) with the link type, snapshot length and time-stamp
 * precision of p. Returns the dumper, which the caller ends with pcap_dump_close(); NULL, see pcap_geterr(p). p may be
 * closed before it. Source: pcap_dump_open(3PCAP). */
PCAP_API pcap_dumper_t *pcap_dump_open(pcap_t *p, const char *fname) PCAP_AVAILABLE_0_4;

/* The same on a stream that is open for writing at the start of a file. On success the dumper owns fp.
 * Source: pcap_dump_fopen(3PCAP). */
PCAP_API pcap_dumper_t *pcap_dump_fopen(pcap_t *p, FILE *fp) PCAP_AVAILABLE_0_9;

/* The same on a file descriptor, which stands for Windows' file handle. It is the dumper's from the call on: closed on
 * failure, too, unless it is no open descriptor. Source: Npcap API. */
PCAP_API pcap_dumper_t *pcap_dump_hopen(pcap_t *p, intptr_t osfd) PCAP_AVAILABLE_0_9;

/* As pcap_dump_open(), but write after the packets of an existing savefile. Its byte order, link type, snapshot length
 * and precision have to be those of p and this host, and it cannot be a pcapng file or a compressed one.
 * Source: pcap_dump_open_append(3PCAP). */
PCAP_API pcap_dumper_t *pcap_dump_open_append(pcap_t *p, const char *fname) PCAP_AVAILABLE_1_7;

/* Write a packet. `user` is the dumper, so that this is a pcap_handler. A failure to write shows in
 * pcap_dump_flush(). Source: pcap_dump(3PCAP). */
PCAP_API void pcap_dump(u_char *user, const struct pcap_pkthdr *h, const u_char *sp) PCAP_AVAILABLE_0_4;

/* Hand what is buffered to the system. Returns 0, or PCAP_ERROR if this or an earlier write failed; errno says why.
 * Source: pcap_dump_flush(3PCAP). */
PCAP_API int pcap_dump_flush(pcap_dumper_t *p) PCAP_AVAILABLE_0_8;

/* Position in the file in bytes, as long and as 64 bits; PCAP_ERROR on failure. Source: pcap_dump_ftell(3PCAP). */
PCAP_API long pcap_dump_ftell(pcap_dumper_t *p) PCAP_AVAILABLE_0_9;
PCAP_API int64_t pcap_dump_ftell64(pcap_dumper_t *p) PCAP_AVAILABLE_1_9;

/* The stream underneath. Belongs to the dumper. Source: pcap_dump_file(3PCAP). */
PCAP_API FILE *pcap_dump_file(pcap_dumper_t *p) PCAP_AVAILABLE_0_8;

/* Write what is buffered, close the file (standard output, too), free the dumper; NULL is accepted. To learn of failures
 * call pcap_dump_flush() before, or close it with capstan_dump_close(). Source: pcap_dump_close(3PCAP). */
PCAP_API void pcap_dump_close(pcap_dumper_t *p) PCAP_AVAILABLE_0_4;

/* ---- Npcap's extensions ----
 * For activated live handles, unless said otherwise. On others the integer functions return PCAP_ERROR or not
 * activated, with a text; NULL for a handle fails likewise, without one. */

/* Make room for `dim` bytes of packets, 20 + caplen each, in the kernel while capturing; rounded up: what the kernel needs
 * beside them comes on top. What is in the kernel's buffer is discarded, and so are packets that come during the change,
 * some tens of milliseconds; the counters start anew. Packets that an earlier read left behind in p stay, but what it has
 * handed over is valid no more. With the size that it has, nothing happens. pcap_open() starts with 1,000,000. In immediate
 * mode the room is counted in packets of 60 bytes, and memory beyond 32 MiB is not taken for small ones. Returns 0; or
 * PCAP_ERROR, among others for 0 and less, for more than 1 GiB and where memory is short, and the buffer before goes on.
 * Source: Npcap API. */
PCAP_API int pcap_setbuff(pcap_t *p, int dim);

/* A read that has to wait returns as soon as `size` bytes of packets are waiting, 20 + caplen each, or at the read timeout
 * with what there is, perhaps nothing. More than the kernel's buffer holds is its size. Large: few wake-ups, each a small
 * fraction of the read timeout (10 to 50 ms) after the amount is there at most. 0, or no more than the smallest packet:
 * each packet at once. pcap_open() starts with 16,000; immediate mode is 0; other handles wait for the kernel's blocks,
 * until this is called. The change from 0 to an amount or back, or the first call on other handles, takes some tens of
 * milliseconds; packets that wait are kept, and those that come meanwhile are kept or counted as dropped; what a read has
 * handed over is valid no more. Where packets were left behind, pcap_getevent()'s event tells, and
 * pcap_get_required_select_timeout(), not pcap_get_selectable_fd(). Returns 0; or PCAP_ERROR, among others for less than 0,
 * and all stays as it was. Source: Npcap API. */
PCAP_API int pcap_setmintocopy(pcap_t *p, int size);

/* One read hands over `size` bytes of packets at most, 20 + caplen each, from the next read on: pcap_dispatch() returns
 * then, and the next one goes on. A packet that does not fit into all of it is cut to what fits, its len stays; a size of
 * 20 or less delivers no packets, and loses none. pcap_open() starts with 256,000; other handles' reads hand over what the
 * kernel's buffer holds. Returns 0; or PCAP_ERROR, among others for a size of 0 or less. Source: Npcap API. */
PCAP_API int pcap_setuserbuffer(pcap_t *p, int size);

/* Modes of pcap_setmode(): one of the first three, and bits. */
#define MODE_CAPT 0                /* capture packets, the default */
#define MODE_STAT 1                /* count instead: see below */
#define MODE_MON 2                 /* WinPcap's network monitor: always refused */
#define MODE_SENDTORX 0x100        /* what p injects is received by its interface: see below */
#define MODE_SENDTORX_CLEAR 0x200  /* what p injects goes to the wire, whatever the system's default */
#define PACKET_MODE_SENDTORX MODE_SENDTORX
#define PACKET_MODE_SENDTORX_CLEAR MODE_SENDTORX_CLEAR
#define PACKET_MODE_NANO 0x400     /* time stamps in nanoseconds; without it in microseconds */

/* Set the whole mode of an activated live handle: what is not stated ends. Returns 0; PCAP_ERROR_NOT_ACTIVATED; or
 * PCAP_ERROR, and the mode stays: a mode that is none has "driver error: working mode not recognized" in its text.
 *
 * With MODE_STAT no packets are delivered. Once per read timeout each read delivers a record as if it were a packet of 16
 * bytes: how many packets passed the filter since the record before, and their bytes, both int64_t in host byte order at
 * an address that is a multiple of 8. Its time stamp is the interval's end; no two are equal. Bytes are those on the wire
 * without the check sequence, as in len when capturing. Periods are counted from the call on and do not drift. A
 * reader that is late gets one record of all; one with zeros comes where nothing did. pcap_dispatch() returns after
 * one record, pcap_loop() counts them. Non-blocking, each read has a record at once. A timeout of 0 never ends, except by
 * pcap_breakloop(), which leaves the counts for the next record. pcap_get_selectable_fd() changes: readable when a record
 * is due. A filter set meanwhile takes over without losing a packet. A handler that ends the mode has the record's bytes
 * still, but no longer its header.
 *
 * Packets that were captured before are delivered once MODE_CAPT is back, if they pass the filter of then. The kernel
 * counts where the process may load eBPF programs (CAP_BPF) and the filter can be one; else user space does, which needs
 * CAP_NET_RAW still (capstan/engine.h tells which). ps_recv goes on meanwhile, ps_capt does not.
 *
 * With MODE_SENDTORX the frames of pcap_inject(), pcap_sendpacket() and send queues do not leave; the host's stack and all
 * who capture on the interface see them come in, p too. Ethernet, not loopback; 14 bytes up to the MTU, at most some
 * 3,300. Takes Linux 5.18, CAP_BPF and CAP_NET_ADMIN. The interface's own counters do not count them.
 *
 * Source: Npcap API; ours: no drift, no lost counts, wire lengths. */
PCAP_API int pcap_setmode(pcap_t *p, int mode);

/* What pcap_getevent() returns on failure, unless a windows.h has been here before. */
#ifndef INVALID_HANDLE_VALUE
#define INVALID_HANDLE_VALUE ((void *)(intptr_t)-1)
#endif

/* An event (a HANDLE, which is a void * here) that is signalled while a read would deliver something, packets that the
 * last one left behind included, and by pcap_breakloop(); a read that leaves nothing resets it. The records of MODE_STAT
 * do not signal it. capstan/event.h makes a descriptor of it for poll(2), and sets and resets it. Belongs to p, the same
 * each time, gone with pcap_close(). Returns INVALID_HANDLE_VALUE on failure, with a text. Source: Npcap API. */
PCAP_API void *pcap_getevent(pcap_t *p);

/* Ask the interface for, or set, the value of an NDIS object `oid` (capstan/oid.h has the numbers and structures). data
 * lies anywhere and has *lenp bytes, 4 at least even for an object of 2; on success *lenp is how many were written, or,
 * when setting, used: 4 for OID_GEN_CURRENT_PACKET_FILTER, 0 for the others. A counter takes 8 bytes where there is room
 * for them, else the low 4. Returns 0, or PCAP_ERROR with "Error calling PacketRequest: OID_... of INTERFACE: reason
 * (code)", the code as Windows would show it, and data is untouched; so is *lenp, unless the buffer was too short for the
 * answer: then it is the size needed. 3758096571 is "not supported": OID_GEN_SUPPORTED_LIST tells what is.
 *
 * What is set belongs to this handle and goes with it. The packet filter chooses the packets that it delivers, by whom
 * they are for, those waiting included; 0 is none; what the host sends comes with any other value but with
 * NDIS_PACKET_TYPE_NO_LOCAL. Promiscuous mode and all multicast are asked of the interface while the filter has them, and
 * pcap_set_promisc()'s wish ends with the first filter set. OID_802_3_MULTICAST_LIST replaces the addresses that the
 * interface listens to for this handle. Queries of these two tell what the interface receives for everyone. The lookahead
 * is remembered only. Source: Npcap API. */
PCAP_API int pcap_oid_get_request(pcap_t *p, bpf_u_int32 oid, void *data, size_t *lenp) PCAP_AVAILABLE_1_8;
PCAP_API int pcap_oid_set_request(pcap_t *p, bpf_u_int32 oid, const void *data, size_t *lenp) PCAP_AVAILABLE_1_8;

/* Packets to be sent together. In the buffer stands, for each, a header of four 32-bit fields in host byte order
 * (seconds, micro- or nanoseconds, caplen, len), then caplen bytes, without padding: what follows the 24 bytes at the
 * start of a savefile. */
struct pcap_send_queue {
	u_int maxlen; /* bytes the buffer has room for */
	u_int len;    /* bytes in use, headers included */
	char *buffer;
};
typedef struct pcap_send_queue pcap_send_queue;

/* Make a queue of `memsize` bytes, 16 + caplen for each packet. Returns it, to be ended with pcap_sendqueue_destroy();
 * NULL if memory is short. Source: Npcap API. */
PCAP_API pcap_send_queue *pcap_sendqueue_alloc(u_int memsize);

/* Free the queue. NULL is fine. Source: Npcap API. */
PCAP_API void pcap_sendqueue_destroy(pcap_send_queue *queue);

/* Copy a packet, caplen bytes of it, to the end of the queue. Returns 0; or -1, and the queue is as it was, if there is
 * no room for it or a pointer is NULL. Source: Npcap API. */
PCAP_API int pcap_sendqueue_queue(pcap_send_queue *queue, const struct pcap_pkthdr *pkt_header, const u_char *pkt_data);

/* Send the packets of the queue, caplen bytes of each. sync 0: back to back. Any other: the first at once, each other
 * one when the time between the first one's stamp and its own has passed; a stamp up to a millisecond before its
 * predecessor's goes at once, one further back is an error. Stamps are in the precision that p has
 * (pcap_get_tstamp_precision(3PCAP)). Returns the bytes of the queue whose packets have left (been taken by the
 * interface's queue or driver), headers included. Fewer than queue->len: the offset of the first packet that has not, and
 * pcap_geterr(p) says why; or pcap_breakloop() ended it, which says so, too, and is taken. The caller keeps the queue,
 * unchanged. The file format's packets are the queue's: a savefile of the host's byte order without its first 24 bytes
 * may be loaded into `buffer`. Source: Npcap API. */
PCAP_API u_int pcap_sendqueue_transmit(pcap_t *p, pcap_send_queue *queue, int sync);

/* All six statistics. ps_recv counts the packets that passed the filter, ps_capt those of them that found room in the
 * kernel's buffer; ps_sent and ps_netdrop are 0 but for remote captures. Returns a struct inside p, valid until the next
 * call or pcap_close(); NULL on failure. In any case *pcap_stat_size is set to its size in bytes. Source: Npcap API. */
PCAP_API struct pcap_stat *pcap_stats_ex(pcap_t *p, int *pcap_stat_size);

/* Dump to the savefile `filename` inside the library until it has maxsize bytes or maxpacks packets (0 = no limit);
 * and ask whether that is done: 1 or 0, with sync non-zero wait for it. Both return PCAP_ERROR: Npcap refuses them
 * always and so does this release. Source: Npcap API. */
PCAP_API int pcap_live_dump(pcap_t *p, char *filename, int maxsize, int maxpacks);
PCAP_API int pcap_live_dump_ended(pcap_t *p, int sync);

/* Start WinPcap's OEM edition, which never was on Linux. Returns -1 and puts a text of at most PCAP_ERRBUF_SIZE bytes
 * into err_str. Source: Npcap API. */
PCAP_API int pcap_start_oem(char *err_str, int flags);

/* The AirPcap adapter behind p; there is none on Linux. Returns NULL, with a text. Source: Npcap API. */
typedef struct _AirpcapHandle *PAirpcapHandle;
PCAP_API PAirpcapHandle pcap_get_airpcap_handle(pcap_t *p);

/* Start Winsock, which needs no start on Linux. Return 0. Source: Npcap API. */
PCAP_API int pcap_wsockinit(void);
PCAP_API int wsockinit(void);

/* ---- Source strings and remote capture ----
 * "Not yet" means that this release always fails, with a text in errbuf that says so; the contract is that of the
 * release that brings the function. So do the others when they are given a source on another host. */

#define PCAP_BUF_SIZE 1024 /* bytes of a source string and of each of its parts */

/* Kinds of source, and how their strings begin. What a source string may be:
 *   file://path                            a savefile; the path is all that follows, as it stands
 *   device, rpcap://device                 a device of this host; a plain device may have slashes and colons, not "://"
 *   rpcap://[user@]host[:port]/device      a device of another host; without a device, for listing, the slash stays.
 *                                          The user is passed over, see struct pcap_rmtauth. Without a port: 2002
 * An IPv6 address stands in brackets, which other hosts may have, too. rpcaps:// is an encrypted rpcap://. Upper and lower
 * case of the beginning are one. White space at the end of a device does not count; at the end of a path it does
 * if there is such a file. At most PCAP_BUF_SIZE characters, PCAP_BUF_SIZE - 1 in each part. */
#define PCAP_SRC_FILE 2
#define PCAP_SRC_IFLOCAL 3
#define PCAP_SRC_IFREMOTE 4
#define PCAP_SRC_FILE_STRING "file://"
#define PCAP_SRC_IF_STRING "rpcap://"

/* Flags of pcap_open(). */
#define PCAP_OPENFLAG_PROMISCUOUS 0x00000001        /* also frames that are for other hosts */
#define PCAP_OPENFLAG_DATATX_UDP 0x00000002         /* remote: packets come over UDP */
#define PCAP_OPENFLAG_NOCAPTURE_RPCAP 0x00000004    /* remote: do not capture the capture's own traffic */
#define PCAP_OPENFLAG_NOCAPTURE_LOCAL 0x00000008    /* not what this handle sends: on Linux it never sees that */
#define PCAP_OPENFLAG_MAX_RESPONSIVENESS 0x00000010 /* immediate mode: pcap_set_immediate_mode() */

/* How to log in on a remote host. */
#define RPCAP_RMTAUTH_NULL 0 /* not at all */
#define RPCAP_RMTAUTH_PWD 1  /* with name and password, in the clear unless the connection is encrypted */
struct pcap_rmtauth {
	int type;       /* RPCAP_RMTAUTH_ */
	char *username;
	char *password;
};

/* Open what a source string names; NULL is "any". For a device: bytes of a packet to keep (pcap_set_snaplen()), flags,
 * read timeout in milliseconds (pcap_set_timeout()); it starts as pcap_setbuff() and pcap_setmintocopy() tell. A savefile
 * ignores them. auth is for other hosts; NULL = do not log in. Returns an activated handle, NULL with a text that names
 * the device or file. On success errbuf may hold a warning, as with pcap_open_live(). Source: Npcap API. */
PCAP_API pcap_t *pcap_open(const char *source, int snaplen, int flags, int read_timeout, struct pcap_rmtauth *auth,
	char *errbuf) PCAP_AVAILABLE_1_9;

/* Compose a source string in `source` (PCAP_BUF_SIZE bytes) from its parts; type is PCAP_SRC_, parts that it does not
 * have are passed over, and NULL or empty ones are left out: without a device the string is for listing. Returns 0; or
 * PCAP_ERROR with a text and `source` empty: no such type, no path or no host, or no source string of that length or
 * with these characters would name what the parts do. Source: Npcap API. */
PCAP_API int pcap_createsrcstr(char *source, int type, const char *host, const char *port, const char *name,
	char *errbuf) PCAP_AVAILABLE_1_9;

/* Take a source string apart. host, port and name have PCAP_BUF_SIZE bytes each; any result may be NULL if it is not
 * wanted. Parts that are not there are empty: the port, a device to be listed, a host in "rpcap:///eth0". Returns 0; or
 * PCAP_ERROR with a text, *type as it was and the others empty. Source: Npcap API. */
PCAP_API int pcap_parsesrcstr(const char *source, int *type, char *host, char *port, char *name, char *errbuf)
	PCAP_AVAILABLE_1_9;

/* List local devices ("rpcap://"), savefiles of a directory ("file://dir") or devices of a host ("rpcap://host/"), with
 * names that pcap_open() takes and descriptions for people. Devices come as from pcap_findalldevs(); files sorted, those
 * that are no savefiles, cannot be read or are not regular left out. *alldevs is freed with pcap_freealldevs(). Returns 0;
 * or PCAP_ERROR with a text and *alldevs NULL, also if there is no device. Source: Npcap API. */
PCAP_API int pcap_findalldevs_ex(const char *source, struct pcap_rmtauth *auth, pcap_if_t **alldevs, char *errbuf)
	PCAP_AVAILABLE_1_9;

/* Which of the packets that passed the filter to leave out, for less load. */
#define PCAP_SAMP_NOSAMP 0           /* none */
#define PCAP_SAMP_1_EVERY_N 1        /* deliver one of `value`, the first to begin with */
#define PCAP_SAMP_FIRST_AFTER_N_MS 2 /* after one that is delivered, none for `value` milliseconds of their time stamps */
struct pcap_samp {
	int method; /* any other: as none */
	int value;  /* 0 or less: no sampling */
};

/* The handle's sampling, to be changed in place; a change counts from the next packet on, and begins anew. For live
 * handles, activated or not, and for savefiles, where Npcap ignores it. Packets that are left out are none to reads and
 * their counts, but are in the statistics; the records of MODE_STAT are never left out. Never fails. Borrowed: lives as
 * long as p. Source: Npcap API. */
PCAP_API struct pcap_samp *pcap_setsampling(pcap_t *p) PCAP_AVAILABLE_1_9;

#define RPCAP_HOSTLIST_SIZE 1024 /* bytes of a list of hosts, and of connectinghost */

/* Wait for a host to offer itself for capture. address NULL = any, port NULL = "2003", hostlist NULL = any host, else
 * names with space, comma or semicolon between them. Returns the control socket, which the library keeps, and puts the
 * peer's numeric address into connectinghost; -1, -2 (listening failed) or -3 (login failed) with a text. With uses_ssl
 * non-zero the connection is encrypted. Not yet: always -1. Source: Npcap API. */
PCAP_API PCAP_SOCKET pcap_remoteact_accept(const char *address, const char *port, const char *hostlist,
	char *connectinghost, struct pcap_rmtauth *auth, char *errbuf) PCAP_AVAILABLE_1_9;
PCAP_API PCAP_SOCKET pcap_remoteact_accept_ex(const char *address, const char *port, const char *hostlist,
	char *connectinghost, struct pcap_rmtauth *auth, int uses_ssl, char *errbuf) PCAP_AVAILABLE_1_10;

/* Write the addresses of the hosts connected like that into hostlist (`size` bytes), `sep` after each. Returns 0, or
 * PCAP_ERROR with a text. Not yet. Source: Npcap API. */
PCAP_API int pcap_remoteact_list(char *hostlist, char sep, int size, char *errbuf) PCAP_AVAILABLE_1_9;

/* End the connection to `host`. Returns 0, or PCAP_ERROR with a text. Not yet. Source: Npcap API. */
PCAP_API int pcap_remoteact_close(const char *host, char *errbuf) PCAP_AVAILABLE_1_9;

/* Stop listening, so that a pcap_remoteact_accept() in another thread returns; connections stay. In this release there
 * is nothing to stop. Source: Npcap API. */
PCAP_API void pcap_remoteact_cleanup(void) PCAP_AVAILABLE_1_9;

#ifdef __cplusplus
}
#endif

#endif
