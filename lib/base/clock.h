/* clock.h - monotonic time in nanoseconds, for deadlines. */
#ifndef CST_BASE_CLOCK_H
#define CST_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define CST_NS_PER_SEC 1000000000LL
#define CST_NS_PER_MS  1000000LL

static inline int64_t cst_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * CST_NS_PER_SEC + now.tv_nsec;
}

#endif
