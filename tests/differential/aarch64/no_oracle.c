/* no_oracle.c - for programs that run emulated, where no libpcap of that processor can be asked. */
#include "../oracle.h"

#include <stddef.h>

void *oracle_symbol(const char *name)
{
	(void)name;
	return NULL;
}
