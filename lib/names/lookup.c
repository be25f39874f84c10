/* lookup.c - room for the reentrant lookups of <netdb.h>, whose answers have no known size. */
#include "names/lookup.h"

#include <errno.h>
#include <stdlib.h>

enum {
	FIRST_ROOM = 1024,
	LARGEST_ROOM = 1024 * 1024, /* a DNS answer ends at 64 KiB, and its entry takes a few times that */
};

bool cst_lookup(cst_lookup_step *step, const char *name, void *answer)
{
	char first[FIRST_ROOM];
	int err = step(name, first, sizeof(first), answer);

	for (size_t size = 4 * FIRST_ROOM; err == ERANGE && size <= LARGEST_ROOM; size *= 4) {
		char *room = malloc(size);
		if (!room)
			return false;
		err = step(name, room, size, answer);
		free(room);
	}
	return err == 0;
}
