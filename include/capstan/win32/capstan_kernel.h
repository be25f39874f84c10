/* capstan_kernel.h - what console programs use of kernel32: handles to wait for, threads, critical sections, time, the
 * error of the calling thread. A HANDLE is one made here or the event of pcap_getevent(), which is waited for together
 * with the others; it is closed by pcap_close() only.
 * FALSE, NULL and WAIT_FAILED are failures, and GetLastError() says which. */
#ifndef CAPSTAN_WIN32_KERNEL_H
#define CAPSTAN_WIN32_KERNEL_H

#include "capstan_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Errors ---- */

#define ERROR_SUCCESS 0
#define NO_ERROR 0
#define ERROR_FILE_NOT_FOUND 2
#define ERROR_PATH_NOT_FOUND 3
#define ERROR_TOO_MANY_OPEN_FILES 4
#define ERROR_ACCESS_DENIED 5
#define ERROR_INVALID_HANDLE 6
#define ERROR_NOT_ENOUGH_MEMORY 8
#define ERROR_NOT_SUPPORTED 50
#define ERROR_INVALID_PARAMETER 87
#define ERROR_INSUFFICIENT_BUFFER 122

/* The error of the kit's last failure in this thread; 0 in a new one. pcap functions do not touch it. */
DWORD GetLastError(void);
void SetLastError(DWORD error);

/* ---- Waiting ---- */

#define INFINITE 0xffffffffU
#define MAXIMUM_WAIT_OBJECTS 64
#define WAIT_OBJECT_0 0U
#define WAIT_ABANDONED_0 0x80U /* of a mutex, which the kit does not have */
#define WAIT_ABANDONED 0x80U
#define WAIT_TIMEOUT 0x102U
#define WAIT_FAILED 0xffffffffU

/* Wait until `handle` is signalled: an event that is set, a thread that has ended, a capture with something to read. It
 * takes the signal of an auto-reset event. Signals of the system do not end a wait.
 * Returns WAIT_OBJECT_0, WAIT_TIMEOUT after `milliseconds` (0 = just ask), WAIT_FAILED. */
DWORD WaitForSingleObject(HANDLE handle, DWORD milliseconds);

/* Wait for one of 1 to 64 handles, or for all at once: nothing is taken before all are signalled. Returns WAIT_OBJECT_0
 * plus the lowest index that is signalled (0 for all), WAIT_TIMEOUT, WAIT_FAILED. */
DWORD WaitForMultipleObjects(DWORD count, const HANDLE *handles, BOOL all, DWORD milliseconds);

/* Give a handle back; what others wait for, or run, lives on. Returns FALSE for what is no open handle of the kit. */
BOOL CloseHandle(HANDLE handle);

/* ---- Events ---- */

typedef struct capstan_security_attributes {
	DWORD nLength;
	LPVOID lpSecurityDescriptor;
	BOOL bInheritHandle;
} SECURITY_ATTRIBUTES, *PSECURITY_ATTRIBUTES, *LPSECURITY_ATTRIBUTES;

/* An event. manual: stays set until ResetEvent(), else one wait takes the signal. `security` is ignored; `name` has to
 * be NULL, since events of the kit are not shared between processes (ERROR_NOT_SUPPORTED). */
HANDLE CreateEventA(LPSECURITY_ATTRIBUTES security, BOOL manual, BOOL set, LPCSTR name);
#define CreateEvent CreateEventA

/* Both also take the event of pcap_getevent(): setting it wakes who waits for it. */
BOOL SetEvent(HANDLE event);
BOOL ResetEvent(HANDLE event);

/* ---- Threads ---- */

typedef DWORD(WINAPI *LPTHREAD_START_ROUTINE)(LPVOID parameter);
typedef LPTHREAD_START_ROUTINE PTHREAD_START_ROUTINE;

#define CREATE_SUSPENDED 0x4
#define STACK_SIZE_PARAM_IS_A_RESERVATION 0x10000
#define STILL_ACTIVE 259

/* Start a thread; with CREATE_SUSPENDED it waits for ResumeThread(). stack_bytes counts where it is more than the
 * system's default. `id` may be NULL. The handle is signalled when the thread has ended. */
HANDLE CreateThread(LPSECURITY_ATTRIBUTES security, SIZE_T stack_bytes, LPTHREAD_START_ROUTINE start, LPVOID parameter,
	DWORD flags, DWORD *id);

/* Start a thread that was created suspended. Returns 1, 0 if it runs already, (DWORD)-1 on failure. */
DWORD ResumeThread(HANDLE thread);

/* End a thread wherever it is. As on Windows, what it has locked stays locked and what it has allocated stays
 * allocated; but destructors of C++ are run. */
BOOL TerminateThread(HANDLE thread, DWORD exit_code);

/* Its result, or STILL_ACTIVE. */
BOOL GetExitCodeThread(HANDLE thread, LPDWORD exit_code);

/* End the calling thread; and the process. */
void ExitThread(DWORD exit_code) __attribute__((noreturn));
void ExitProcess(UINT exit_code) __attribute__((noreturn));

/* The calling thread: its id, and a handle that means "the caller" to whoever uses it (for threads of CreateThread()). */
DWORD GetCurrentThreadId(void);
HANDLE GetCurrentThread(void);
DWORD GetCurrentProcessId(void);

/* ---- Critical sections ---- */

/* May be entered again by the thread that is inside. Not copied, not moved. */
typedef struct capstan_critical_section {
	pthread_mutex_t mutex;
} CRITICAL_SECTION, *PCRITICAL_SECTION, *LPCRITICAL_SECTION;

void InitializeCriticalSection(LPCRITICAL_SECTION section);
BOOL InitializeCriticalSectionAndSpinCount(LPCRITICAL_SECTION section, DWORD spins);
void EnterCriticalSection(LPCRITICAL_SECTION section);
BOOL TryEnterCriticalSection(LPCRITICAL_SECTION section);
void LeaveCriticalSection(LPCRITICAL_SECTION section);
void DeleteCriticalSection(LPCRITICAL_SECTION section);

/* ---- Time ---- */

/* Sleep; 0 gives the processor to another thread, INFINITE never returns. */
void Sleep(DWORD milliseconds);

/* Milliseconds since the system started; the 32-bit one wraps after 49.7 days. */
DWORD GetTickCount(void);
ULONGLONG GetTickCount64(void);

/* A fine clock that never steps: ticks, and ticks a second (10 million, as on Windows). */
BOOL QueryPerformanceCounter(LARGE_INTEGER *count);
BOOL QueryPerformanceFrequency(LARGE_INTEGER *frequency);

/* ---- Paths ---- */

/* The folder of the system's libraries, without a final slash. Returns its length; or, if `size` is too small, the
 * size needed with the NUL. */
UINT GetSystemDirectoryA(LPSTR buffer, UINT size);
#define GetSystemDirectory GetSystemDirectoryA

/* Where to look for DLLs. There are none, the system's loader has its own ways, so nothing changes. Returns TRUE; FALSE
 * for what Windows refuses, too: a path with a semicolon. */
BOOL SetDllDirectoryA(LPCSTR path);
#define SetDllDirectory SetDllDirectoryA

/* The path itself, for Linux has no short names; results as of GetSystemDirectory(), 0 if there is no such file. */
DWORD GetShortPathNameA(LPCSTR path, LPSTR buffer, DWORD size);
#define GetShortPathName GetShortPathNameA

#ifdef __cplusplus
}
#endif

#endif
