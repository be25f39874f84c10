/* thread.c - threads of the kit: detached POSIX threads with an object that is signalled when they end, and are ended
 * by asynchronous cancellation, which is as rude as what it stands for. */
#include "kit.h"

#include <semaphore.h>
#include <stddef.h>
#include <unistd.h>

struct thread {
	struct cst_kit_object object; /* first: one is the other */
	pthread_t id;
	LPTHREAD_START_ROUTINE start;
	LPVOID parameter;
	sem_t started; /* posted when kernel_id is there */
	sem_t go;      /* posted when it may run, unless `running` from the start */
	DWORD kernel_id;
	bool running, ended; /* under the lock, as the next */
	DWORD exit_code;
};

static _Thread_local struct thread *current;

struct cst_kit_object *cst_kit_current_thread(void)
{
	return current ? &current->object : NULL;
}

static void destroy(struct cst_kit_object *object)
{
	struct thread *t = (struct thread *)object;

	sem_destroy(&t->started);
	sem_destroy(&t->go);
	free(t);
}

/* From here on it counts as ended, and pthread_cancel() is not called any more. */
static void end(void *argument)
{
	struct thread *t = argument;
	struct cst_kit_locked locked;

	cst_kit_lock(&locked);
	t->ended = true;
	cst_kit_unlock(&locked);
	cst_kit_object_signal(&t->object);
	cst_kit_object_release(&t->object);
}

static void note_exit_code(struct thread *t, DWORD exit_code)
{
	struct cst_kit_locked locked;

	cst_kit_lock(&locked);
	t->exit_code = exit_code;
	cst_kit_unlock(&locked);
}

static void *run(void *argument)
{
	struct thread *t = argument;
	int ignored;

	pthread_cleanup_push(end, t);
	current = t;
	t->kernel_id = GetCurrentThreadId();
	sem_post(&t->started);
	while (sem_wait(&t->go) < 0)
		;
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &ignored);
	DWORD exit_code = t->start(t->parameter);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &ignored);
	note_exit_code(t, exit_code);
	pthread_cleanup_pop(1);
	return NULL;
}

/* Stack size and detachment: 0 or an errno. */
static int make_attributes(pthread_attr_t *attributes, SIZE_T stack_bytes)
{
	size_t usual;
	int error = pthread_attr_init(attributes);

	if (error)
		return error;
	pthread_attr_setdetachstate(attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_getstacksize(attributes, &usual);
	if (stack_bytes > usual)
		error = pthread_attr_setstacksize(attributes, (stack_bytes + 0xffff) & ~(size_t)0xffff);
	if (error)
		pthread_attr_destroy(attributes);
	return error;
}

static int start_detached(struct thread *t, SIZE_T stack_bytes)
{
	pthread_attr_t attributes;
	int error = make_attributes(&attributes, stack_bytes);

	if (error)
		return error;
	error = pthread_create(&t->id, &attributes, run, t);
	pthread_attr_destroy(&attributes);
	return error;
}

static struct thread *new_thread(LPTHREAD_START_ROUTINE start, LPVOID parameter, bool running)
{
	struct thread *t = calloc(1, sizeof(*t));

	if (!t) {
		cst_kit_fail(ERROR_NOT_ENOUGH_MEMORY);
		return NULL;
	}
	t->start = start;
	t->parameter = parameter;
	t->running = running;
	t->exit_code = STILL_ACTIVE;
	sem_init(&t->started, 0, 0);
	sem_init(&t->go, 0, running);
	if (!cst_kit_object_init(&t->object, CST_KIT_THREAD, true, false, destroy)) {
		free(t);
		return NULL;
	}
	return t;
}

HANDLE CreateThread(LPSECURITY_ATTRIBUTES security, SIZE_T stack_bytes, LPTHREAD_START_ROUTINE start, LPVOID parameter,
		    DWORD flags, DWORD *id)
{
	struct thread *t;

	(void)security;
	if (!start || (flags & ~(DWORD)(CREATE_SUSPENDED | STACK_SIZE_PARAM_IS_A_RESERVATION))) {
		cst_kit_fail(ERROR_INVALID_PARAMETER);
		return NULL;
	}
	t = new_thread(start, parameter, !(flags & CREATE_SUSPENDED));
	if (!t)
		return NULL;
	/* One reference is the handle's, and the thread's own is there before it runs. The handle comes first, too: when
	 * there is none to be had, nothing has happened yet. */
	atomic_fetch_add(&t->object.references, 1);
	HANDLE handle = cst_kit_handle_new(&t->object);
	if (!handle || start_detached(t, stack_bytes) != 0) {
		if (handle) {
			CloseHandle(handle);
			cst_kit_fail(ERROR_NOT_ENOUGH_MEMORY);
		}
		cst_kit_object_release(&t->object);
		return NULL;
	}
	while (sem_wait(&t->started) < 0)
		;
	if (id)
		*id = t->kernel_id;
	return handle;
}

/* The thread behind a handle, referenced; NULL with ERROR_INVALID_HANDLE, for an event, too. */
static struct thread *get_thread(HANDLE handle)
{
	struct cst_kit_object *object = cst_kit_handle_get(handle);

	if (object && object->kind != CST_KIT_THREAD) {
		cst_kit_object_release(object);
		cst_kit_fail(ERROR_INVALID_HANDLE);
		return NULL;
	}
	return (struct thread *)object;
}

DWORD ResumeThread(HANDLE handle)
{
	struct thread *t = get_thread(handle);
	struct cst_kit_locked locked;

	if (!t)
		return (DWORD)-1;
	cst_kit_lock(&locked);
	bool was_running = t->running;
	t->running = true;
	if (!was_running)
		sem_post(&t->go);
	cst_kit_unlock(&locked);
	cst_kit_object_release(&t->object);
	return was_running ? 0 : 1;
}

BOOL TerminateThread(HANDLE handle, DWORD exit_code)
{
	struct thread *t = get_thread(handle);
	struct cst_kit_locked locked;

	if (!t)
		return FALSE;
	if (t == current) {
		cst_kit_object_release(&t->object);
		ExitThread(exit_code);
	}
	cst_kit_lock(&locked);
	/* One whose code is known is on its way out. */
	if (!t->ended && t->exit_code == STILL_ACTIVE) {
		t->exit_code = exit_code;
		pthread_cancel(t->id);
	}
	cst_kit_unlock(&locked);
	cst_kit_object_release(&t->object);
	return TRUE;
}

BOOL GetExitCodeThread(HANDLE handle, LPDWORD exit_code)
{
	struct thread *t = get_thread(handle);
	struct cst_kit_locked locked;

	if (!t)
		return FALSE;
	cst_kit_lock(&locked);
	*exit_code = t->ended ? t->exit_code : STILL_ACTIVE;
	cst_kit_unlock(&locked);
	cst_kit_object_release(&t->object);
	return TRUE;
}

void ExitThread(DWORD exit_code)
{
	if (current)
		note_exit_code(current, exit_code);
	pthread_exit(NULL);
}

void ExitProcess(UINT exit_code)
{
	exit((int)exit_code);
}

DWORD GetCurrentThreadId(void)
{
	return (DWORD)gettid();
}

HANDLE GetCurrentThread(void)
{
	return (HANDLE)(intptr_t)-2;
}

DWORD GetCurrentProcessId(void)
{
	return (DWORD)getpid();
}
