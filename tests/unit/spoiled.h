/* spoiled.h - writes that the kernel refuses. */
#ifndef SPOILED_H
#define SPOILED_H

#include <stdbool.h>

/* From now on the kernel answers write(2) and writev(2) on `fd` with `error`; in programs that are run, too. False: it does
 * not let us. */
bool spoil_writes(int fd, int error);

#endif
