/* netlab.h - the world of a live test: a network namespace of its own with a quiet pair of interfaces, more of them on
 * demand, and numbered frames to send through. Nothing of it outlives the process, nothing leaves it. */
#ifndef NETLAB_H
#define NETLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Unshare, and make the veth pair `left` - `right`; `lo` is up, too. Ends the process with status 77 and a reason where
 * the kernel refuses. From here on a watchdog ends a process that takes minutes. */
void netlab_enter(void);

/* Run a shell command; if it fails, the process ends with status 1 and the command on stderr. */
void netlab_run(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Run one that may fail where the kernel lacks something: true if it did not. */
bool netlab_try(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A veth pair, up, without ARP and IPv6: only what a test sends passes. */
void netlab_add_pair(const char *one, const char *other);
void netlab_set_up(const char *device, bool up);
/* The kernel notices the carrier of an interface that came up in its own time. */
void netlab_wait_running(const char *device);

/* A tun device of hardware type `arphrd`, up. Returns the descriptor to write received packets to and to close; -1
 * where there is no /dev/net/tun. */
int netlab_tun(const char *name, int arphrd);

/* How many have asked for promiscuous mode. */
int netlab_promiscuity(const char *device);

/* A descriptor that sends frames out of `device`, and receives none. */
int netlab_sender(const char *device);
void netlab_send(int sender, const void *frame, size_t bytes);

/* Numbered frames: Ethernet from left to right, ethertype 0x88b5 (IEEE's, for local experiments), the number in network
 * byte order, and bytes that depend on number and place. Frames shorter than 18 bytes have no number. */
#define NETLAB_NUMBER_AT 14
#define NETLAB_ETHERTYPE 0x88b5
#define NETLAB_LARGEST   (65535 + 14 + 8)
void netlab_fill(uint8_t *frame, size_t bytes, uint32_t number);
uint32_t netlab_number(const uint8_t *frame);
void netlab_send_numbered(int sender, uint32_t first, uint32_t count, size_t bytes);

int64_t netlab_now_ms(void);
void netlab_sleep_ms(int ms);

#endif
