/* origin.h - what a pcapng file says of where its packets come from. */
#ifndef CAPSTAN_ORIGIN_H
#define CAPSTAN_ORIGIN_H

#include <capstan/pcapng.h>

struct origin {
	char hardware[160], os[160], application[160];
	char *description; /* of the device; NULL: it has none */
};

void origin_find(struct origin *o, const char *device);
void origin_free(struct origin *o);

/* Texts belong to o. */
struct capstan_pcapng_section origin_section(const struct origin *o);

#endif
