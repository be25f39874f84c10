/* critical_section.c - critical sections are recursive mutexes. */
#include "kit.h"

void InitializeCriticalSection(LPCRITICAL_SECTION section)
{
	pthread_mutexattr_t recursive;

	pthread_mutexattr_init(&recursive);
	pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&section->mutex, &recursive);
	pthread_mutexattr_destroy(&recursive);
}

BOOL InitializeCriticalSectionAndSpinCount(LPCRITICAL_SECTION section, DWORD spins)
{
	(void)spins; /* a hint */
	InitializeCriticalSection(section);
	return TRUE;
}

void EnterCriticalSection(LPCRITICAL_SECTION section)
{
	pthread_mutex_lock(&section->mutex);
}

BOOL TryEnterCriticalSection(LPCRITICAL_SECTION section)
{
	return pthread_mutex_trylock(&section->mutex) == 0;
}

void LeaveCriticalSection(LPCRITICAL_SECTION section)
{
	pthread_mutex_unlock(&section->mutex);
}

void DeleteCriticalSection(LPCRITICAL_SECTION section)
{
	pthread_mutex_destroy(&section->mutex);
}
