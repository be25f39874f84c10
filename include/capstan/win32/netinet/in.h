/* netinet/in.h - libc's, with Winsock's way to an IPv4 address beside its own: in struct in_addr, s_addr and
 * S_un.S_addr are the same four bytes. Found before libc's by whoever includes it, libc's other headers among them. */
#include "../capstan_types.h"

#ifndef CAPSTAN_WIN32_IN_ADDR
#define CAPSTAN_WIN32_IN_ADDR

/* libc declares the member as `in_addr_t s_addr;`. An unnamed field of no width takes the type, this union the place. */
#define s_addr : 0; \
	__extension__ union { \
		in_addr_t s_addr; \
		union { \
			struct { \
				u_char s_b1, s_b2, s_b3, s_b4; \
			} S_un_b; \
			struct { \
				u_short s_w1, s_w2; \
			} S_un_w; \
			capstan_u_long S_addr; \
		} S_un; \
	}
#include_next <netinet/in.h>
#undef s_addr

#else
#include_next <netinet/in.h>
#endif
