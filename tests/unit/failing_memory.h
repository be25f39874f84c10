/* failing_memory.h - memory that runs out at a given point. Linked with --wrap for whatever allocates (meson.build). */
#ifndef FAILING_MEMORY_H
#define FAILING_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* From now on allocations are counted, and number `first` (from 0) fails, and no other. */
void memory_begin(size_t first);
/* No more of that. Was there an allocation of that number? */
bool memory_end(void);

#endif
