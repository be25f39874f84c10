/* stream.c - files that records are written to. */
#include "savefile/stream.h"

#include "base/error.h"

#include <errno.h>

FILE *cst_stream_create(const char *path, char *errbuf)
{
	FILE *file = fopen(path, "wbe");

	if (!file)
		cst_error_errno(errbuf, errno, "%s", path);
	return file;
}
