/* event.c - events, the kit's and those of captures. */
#include "kit.h"

#include <capstan/event.h>
#include <unistd.h>

static void destroy(struct cst_kit_object *event)
{
	free(event);
}

HANDLE CreateEventA(LPSECURITY_ATTRIBUTES security, BOOL manual, BOOL set, LPCSTR name)
{
	struct cst_kit_object *event;

	(void)security;
	if (name) {
		cst_kit_fail(ERROR_NOT_SUPPORTED);
		return NULL;
	}
	event = malloc(sizeof(*event));
	if (!event) {
		cst_kit_fail(ERROR_NOT_ENOUGH_MEMORY);
		return NULL;
	}
	if (!cst_kit_object_init(event, CST_KIT_EVENT, manual != FALSE, set != FALSE, destroy)) {
		free(event);
		return NULL;
	}
	return cst_kit_handle_new(event);
}

/* The event behind a handle of the kit, referenced; NULL with ERROR_INVALID_HANDLE, for a thread, too. */
static struct cst_kit_object *get_event(HANDLE handle)
{
	struct cst_kit_object *event = cst_kit_handle_get(handle);

	if (event && event->kind != CST_KIT_EVENT) {
		cst_kit_object_release(event);
		cst_kit_fail(ERROR_INVALID_HANDLE);
		return NULL;
	}
	return event;
}

BOOL SetEvent(HANDLE handle)
{
	struct cst_kit_object *event;

	if (cst_kit_handle_is_pointer(handle))
		return capstan_event_set(handle) == 0 ? TRUE : cst_kit_fail(ERROR_INVALID_HANDLE);
	event = get_event(handle);
	if (!event)
		return FALSE;
	cst_kit_object_signal(event);
	cst_kit_object_release(event);
	return TRUE;
}

BOOL ResetEvent(HANDLE handle)
{
	struct cst_kit_locked locked;
	struct cst_kit_object *event;
	uint64_t count;

	if (cst_kit_handle_is_pointer(handle))
		return capstan_event_reset(handle) == 0 ? TRUE : cst_kit_fail(ERROR_INVALID_HANDLE);
	event = get_event(handle);
	if (!event)
		return FALSE;
	/* Not in the middle of a wait for several that has seen them all signalled. */
	cst_kit_lock(&locked);
	while (read(event->fd, &count, sizeof(count)) < 0 && errno == EINTR)
		;
	cst_kit_unlock(&locked);
	cst_kit_object_release(event);
	return TRUE;
}
