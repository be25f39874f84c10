/* error.c - the last error, of which each thread has its own. */
#include "kit.h"

static _Thread_local DWORD last_error;

DWORD GetLastError(void)
{
	return last_error;
}

void SetLastError(DWORD error)
{
	last_error = error;
}

BOOL cst_kit_fail(DWORD error)
{
	last_error = error;
	return FALSE;
}
