/* sources.h - the live sources that lib/linux offers to the table in lib/sources.c. */
#ifndef CST_LINUX_SOURCES_H
#define CST_LINUX_SOURCES_H

#include "handle/source.h"

extern const struct live_source cst_interface_source; /* any network interface, through AF_PACKET */
extern const struct live_source cst_any_source;       /* "any": all of them at once, cooked */

#endif
