/* path.c - the folders and names of files that programs ask Windows for. */
#include "kit.h"

#include <unistd.h>

/* `path` into the caller's buffer: its length, or the size that is needed. */
static DWORD give(const char *path, char *buffer, size_t size)
{
	size_t length = strlen(path);

	if (!buffer || size <= length)
		return (DWORD)(length + 1);
	memcpy(buffer, path, length + 1);
	return (DWORD)length;
}

UINT GetSystemDirectoryA(LPSTR buffer, UINT size)
{
	return give("/usr/lib", buffer, size);
}

BOOL SetDllDirectoryA(LPCSTR path)
{
	return path && strchr(path, ';') ? cst_kit_fail(ERROR_INVALID_PARAMETER) : TRUE;
}

DWORD GetShortPathNameA(LPCSTR path, LPSTR buffer, DWORD size)
{
	if (!path)
		return (DWORD)cst_kit_fail(ERROR_INVALID_PARAMETER);
	if (access(path, F_OK) < 0) {
		DWORD error = errno == EACCES ? ERROR_ACCESS_DENIED : errno == ENOTDIR ? ERROR_PATH_NOT_FOUND : ERROR_FILE_NOT_FOUND;

		return (DWORD)cst_kit_fail(error);
	}
	return give(path, buffer, size);
}
