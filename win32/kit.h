/* kit.h - what the files of the porting kit share: objects behind handles, the lock of their table, the terminal. */
#ifndef CAPSTAN_KIT_H
#define CAPSTAN_KIT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <signal.h>

#include "windows.h"

/* The library's code is written against libc itself. */
#undef printf
#undef fprintf
#undef sprintf
#undef snprintf
#undef vprintf
#undef vfprintf
#undef vsprintf
#undef vsnprintf
#undef scanf
#undef fscanf
#undef sscanf

enum cst_kit_kind { CST_KIT_EVENT, CST_KIT_THREAD };

/* What a handle of the kit stands for. Its descriptor, an eventfd, is readable while it is signalled, so that poll(2)
 * waits for any mixture of these and of captures. */
struct cst_kit_object {
	enum cst_kit_kind kind;
	atomic_uint references; /* the handle's, and one for each who is using it */
	atomic_uint signals;    /* counted before the descriptor becomes readable: what happened before is seen after */
	int fd;
	bool manual;            /* a wait does not take the signal */
	void (*destroy)(struct cst_kit_object *object);
};

/* Give `object` its descriptor, and one reference, the caller's. False, with an error set, if the system has no more. */
bool cst_kit_object_init(struct cst_kit_object *object, enum cst_kit_kind kind, bool manual, bool set,
	void (*destroy)(struct cst_kit_object *object));
void cst_kit_object_signal(struct cst_kit_object *object);
void cst_kit_object_release(struct cst_kit_object *object);

/* A new handle, which takes over the caller's reference; NULL, with an error set and the reference dropped. */
HANDLE cst_kit_handle_new(struct cst_kit_object *object);
/* Is it a pointer, to the event of a capture, and neither a handle of the kit, open or not, nor a special value? */
bool cst_kit_handle_is_pointer(HANDLE handle);
/* A reference to what is behind a handle of the kit; NULL, with ERROR_INVALID_HANDLE set, if there is nothing. */
struct cst_kit_object *cst_kit_handle_get(HANDLE handle);
/* The calling thread's object, borrowed; NULL if CreateThread() did not make it. */
struct cst_kit_object *cst_kit_current_thread(void);

/* The one lock: of the table of handles, of taking signals and of ending threads. Signals are blocked while it is held,
 * for their handlers may wait, too, and so is TerminateThread(). */
struct cst_kit_locked {
	sigset_t signals;
	int cancel;
};
void cst_kit_lock(struct cst_kit_locked *locked);
void cst_kit_unlock(const struct cst_kit_locked *locked);

/* FALSE, with the thread's error set. */
BOOL cst_kit_fail(DWORD error);

/* Put a terminal that _kbhit() has changed back, for reading lines. */
void cst_kit_terminal_restore(void);

#endif
