/* clock.c - sleeping, and Windows' two clocks. */
#include "kit.h"

#include <sched.h>
#include <unistd.h>

#define TICKS_PER_SECOND 10000000 /* of the performance counter */

void Sleep(DWORD milliseconds)
{
	struct timespec until;

	if (milliseconds == 0) {
		sched_yield();
		return;
	}
	while (milliseconds == INFINITE)
		pause();
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += milliseconds / 1000;
	until.tv_nsec += (long)(milliseconds % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	/* Until a time, so that a signal on the way neither shortens nor lengthens it. */
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		;
}

ULONGLONG GetTickCount64(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (ULONGLONG)now.tv_sec * 1000 + (ULONGLONG)now.tv_nsec / 1000000;
}

DWORD GetTickCount(void)
{
	return (DWORD)GetTickCount64();
}

BOOL QueryPerformanceCounter(LARGE_INTEGER *count)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	count->QuadPart = (LONGLONG)now.tv_sec * TICKS_PER_SECOND + now.tv_nsec / (1000000000 / TICKS_PER_SECOND);
	return TRUE;
}

BOOL QueryPerformanceFrequency(LARGE_INTEGER *frequency)
{
	frequency->QuadPart = TICKS_PER_SECOND;
	return TRUE;
}
