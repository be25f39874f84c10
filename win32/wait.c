/* wait.c - waiting for events, threads and captures, for one or for all: poll(2) on their descriptors, and then taking
 * the signals of auto-reset events under the lock, so that a signal is taken once. */
#include "kit.h"

#include <capstan/event.h>
#include <poll.h>
#include <unistd.h>

struct waiting {
	struct pollfd polls[MAXIMUM_WAIT_OBJECTS];
	struct cst_kit_object *objects[MAXIMUM_WAIT_OBJECTS]; /* NULL = the event of a capture */
	DWORD count;
	bool forever;
	int64_t deadline_ns;
};

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Note a handle. False, with the error set, if there is nothing to wait for behind it. */
static bool add(struct waiting *w, HANDLE handle)
{
	struct cst_kit_object *object = NULL;
	int fd;

	if (cst_kit_handle_is_pointer(handle)) {
		fd = capstan_event_fd(handle);
		if (fd < 0)
			return cst_kit_fail(ERROR_INVALID_HANDLE);
	} else {
		object = cst_kit_handle_get(handle);
		if (!object)
			return false;
		fd = object->fd;
	}
	w->objects[w->count] = object;
	w->polls[w->count++] = (struct pollfd){ .fd = fd, .events = POLLIN };
	return true;
}

static void release_all(struct waiting *w)
{
	while (w->count > 0) {
		struct cst_kit_object *object = w->objects[--w->count];

		if (object)
			cst_kit_object_release(object);
	}
}

/* Take the signal of what is signalled, with the lock held. False if it is not signalled after all. */
static bool take(struct cst_kit_object *object)
{
	uint64_t count;

	if (object && !object->manual && read(object->fd, &count, sizeof(count)) < 0)
		return false;
	if (object)
		(void)atomic_load(&object->signals);
	return true;
}

/* poll() until the deadline, whatever signals come: how many are ready, 0 = none in time, -1 on failure. */
static int poll_until(const struct waiting *w, struct pollfd *polls, DWORD count)
{
	for (;;) {
		int64_t left = w->forever ? 0 : w->deadline_ns - now_ns();
		struct timespec timeout = { 0, 0 };

		if (left > 0) {
			timeout.tv_sec = (time_t)(left / 1000000000);
			timeout.tv_nsec = (long)(left % 1000000000);
		}
		int ready = ppoll(polls, count, w->forever ? NULL : &timeout, NULL);
		if (ready >= 0 || errno != EINTR)
			return ready;
	}
}

static DWORD wait_failed(int error)
{
	cst_kit_fail(error == ENOMEM ? ERROR_NOT_ENOUGH_MEMORY : ERROR_INVALID_HANDLE);
	return WAIT_FAILED;
}

/* A descriptor that is closed was a capture's, and the capture is closed, too. */
static bool any_closed(const struct waiting *w)
{
	for (DWORD at = 0; at < w->count; at++) {
		if (w->polls[at].revents & POLLNVAL)
			return true;
	}
	return false;
}

static DWORD wait_any(struct waiting *w)
{
	for (;;) {
		int ready = poll_until(w, w->polls, w->count);

		if (ready == 0)
			return WAIT_TIMEOUT;
		if (ready < 0 || any_closed(w))
			return wait_failed(ready < 0 ? errno : EBADF);
		for (DWORD at = 0; at < w->count; at++) {
			struct cst_kit_locked locked;

			if (!w->polls[at].revents)
				continue;
			cst_kit_lock(&locked);
			bool taken = take(w->objects[at]);
			cst_kit_unlock(&locked);
			if (taken)
				return WAIT_OBJECT_0 + at;
		}
	}
}

/* Take them all if all are signalled: 1, or 0, or -1 on failure. */
static int take_all(struct waiting *w)
{
	struct cst_kit_locked locked;
	int ready;

	cst_kit_lock(&locked);
	do
		ready = poll(w->polls, w->count, 0);
	while (ready < 0 && errno == EINTR);
	/* Nobody else takes signals meanwhile, so that what poll() saw is there to be taken. */
	for (DWORD at = 0; ready == (int)w->count && at < w->count; at++)
		take(w->objects[at]);
	cst_kit_unlock(&locked);
	return ready < 0 ? -1 : ready == (int)w->count;
}

static DWORD wait_all(struct waiting *w)
{
	for (;;) {
		struct pollfd missing[MAXIMUM_WAIT_OBJECTS];
		DWORD count = 0;
		int taken = take_all(w);

		if (taken < 0 || any_closed(w))
			return wait_failed(taken < 0 ? errno : EBADF);
		if (taken)
			return WAIT_OBJECT_0;
		for (DWORD at = 0; at < w->count; at++) {
			if (!w->polls[at].revents)
				missing[count++] = w->polls[at];
		}
		int ready = poll_until(w, missing, count);
		if (ready < 0)
			return wait_failed(errno);
		if (ready == 0)
			return WAIT_TIMEOUT;
	}
}

static bool has_twins(const HANDLE *handles, DWORD count)
{
	for (DWORD at = 0; at < count; at++) {
		for (DWORD other = 0; other < at; other++) {
			if (handles[at] == handles[other])
				return true;
		}
	}
	return false;
}

DWORD WaitForMultipleObjects(DWORD count, const HANDLE *handles, BOOL all, DWORD milliseconds)
{
	struct waiting w = { .forever = milliseconds == INFINITE };
	DWORD result = WAIT_FAILED;

	if (count == 0 || count > MAXIMUM_WAIT_OBJECTS || !handles || (all && has_twins(handles, count))) {
		cst_kit_fail(ERROR_INVALID_PARAMETER);
		return WAIT_FAILED;
	}
	w.deadline_ns = now_ns() + milliseconds * INT64_C(1000000);
	while (w.count < count && add(&w, handles[w.count]))
		;
	if (w.count == count)
		result = all ? wait_all(&w) : wait_any(&w);
	release_all(&w);
	return result;
}

DWORD WaitForSingleObject(HANDLE handle, DWORD milliseconds)
{
	return WaitForMultipleObjects(1, &handle, FALSE, milliseconds);
}
