/* create.h - opening a file to write so that nobody but its owner can have chosen which. */
#ifndef CAPSTAN_CREATE_H
#define CAPSTAN_CREATE_H

#include <stdbool.h>

/* A descriptor to write to `path`, which is made if it is not there (*is_new) and not emptied if it is; the caller's. -1 with a
 * sentence in *why, or NULL and errno.
 * Where anybody may write, anybody may have put a link in place of what is to be written or of a folder on the way to it, so
 * for root no link in such a folder is followed, and a file in it is only written to if it is root's, and has no other name.
 * The same goes for what is below a folder that another user has made there. */
int create_file(const char *path, bool *is_new, const char **why);

#endif
