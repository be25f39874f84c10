/* pcap/pcap-inttypes.h - the integer types that the other headers are written in: those of C99, and the
 * BSD names u_char, u_short, u_int, which libc leaves out when it is asked for strict ISO C or POSIX. */
#ifndef pcap_pcap_inttypes_h
#define pcap_pcap_inttypes_h

#include <inttypes.h>
#include <stdint.h>
#include <sys/types.h>

#if defined(__GLIBC__)
#if !defined(__USE_MISC)
#define CAPSTAN_NEEDS_BSD_TYPES
#endif
#elif defined(__STRICT_ANSI__) && !defined(_GNU_SOURCE) && !defined(_BSD_SOURCE)
#define CAPSTAN_NEEDS_BSD_TYPES
#endif

#ifdef CAPSTAN_NEEDS_BSD_TYPES
typedef unsigned char u_char;
typedef unsigned short u_short;
typedef unsigned int u_int;
#undef CAPSTAN_NEEDS_BSD_TYPES
#endif

#endif
