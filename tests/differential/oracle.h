/* oracle.h - the system's libpcap, loaded beside Capstan to be asked what it would have done. */
#ifndef ORACLE_H
#define ORACLE_H

/* The address of libpcap's `name`, NULL if it has none. Ends the test program as skipped (exit 77, with the reason)
 * when libpcap cannot be had. Cast the result to the type of the function; FILEs and memory may be exchanged freely,
 * as both libraries use the same libc. pcap_t and what it hands out belongs to the library it came from. */
void *oracle_symbol(const char *name);

#endif
