/* lookup.h - room for the reentrant lookups of <netdb.h>, whose answers have no known size. */
#ifndef CST_NAMES_LOOKUP_H
#define CST_NAMES_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>

/* One attempt to look `name` up with `size` bytes of room at `room`, the answer copied to `answer`. Returns 0, ERANGE
 * if the room was too small, another errno value if there is no answer. */
typedef int cst_lookup_step(const char *name, char *room, size_t size, void *answer);

/* Call `step` with more and more room until it is content. Returns whether there is an answer. */
bool cst_lookup(cst_lookup_step *step, const char *name, void *answer);

#endif
