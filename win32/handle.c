/* handle.c - handles of the kit: a table of objects, and numbers into it that tell a closed handle from an open one. */
#include "kit.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* A handle is 8 * (generation * SLOTS + slot) + 4. Pointers from malloc() are multiples of 8, so the two never meet. */
#define SLOTS 65536u

struct slot {
	struct cst_kit_object *object;
	uint32_t generation;
	uint32_t next_free; /* plus one; 0 = none */
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct slot *slots;
static uint32_t slot_count, first_free; /* first_free as next_free */

void cst_kit_lock(struct cst_kit_locked *locked)
{
	sigset_t all;

	sigfillset(&all);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &locked->cancel);
	pthread_sigmask(SIG_SETMASK, &all, &locked->signals);
	pthread_mutex_lock(&mutex);
}

void cst_kit_unlock(const struct cst_kit_locked *locked)
{
	int ignored;

	pthread_mutex_unlock(&mutex);
	pthread_sigmask(SIG_SETMASK, &locked->signals, NULL);
	pthread_setcancelstate(locked->cancel, &ignored);
}

bool cst_kit_object_init(struct cst_kit_object *object, enum cst_kit_kind kind, bool manual, bool set,
			 void (*destroy)(struct cst_kit_object *object))
{
	object->kind = kind;
	object->manual = manual;
	object->destroy = destroy;
	atomic_init(&object->references, 1);
	atomic_init(&object->signals, set);
	object->fd = eventfd(set, EFD_CLOEXEC | EFD_NONBLOCK);
	return object->fd >= 0 || cst_kit_fail(errno == ENOMEM ? ERROR_NOT_ENOUGH_MEMORY : ERROR_TOO_MANY_OPEN_FILES);
}

void cst_kit_object_signal(struct cst_kit_object *object)
{
	uint64_t one = 1;

	atomic_fetch_add(&object->signals, 1);
	/* Refused only when it has been signalled 2^64 - 2 times since it was last taken: it stays signalled. */
	while (write(object->fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

void cst_kit_object_release(struct cst_kit_object *object)
{
	if (atomic_fetch_sub(&object->references, 1) != 1)
		return;
	close(object->fd);
	object->destroy(object);
}

/* A slot that nothing is in, with the lock held: an index, SLOTS if there is none. */
static uint32_t free_slot(void)
{
	uint32_t more = slot_count ? 2 * slot_count : 64;

	if (first_free) {
		uint32_t at = first_free - 1;

		first_free = slots[at].next_free;
		return at;
	}
	if (slot_count == SLOTS)
		return SLOTS;
	struct slot *larger = realloc(slots, more * sizeof(*slots));
	if (!larger)
		return SLOTS;
	slots = larger;
	for (uint32_t at = more; at-- > slot_count;) {
		slots[at] = (struct slot){ .next_free = first_free };
		first_free = at + 1;
	}
	slot_count = more;
	return free_slot();
}

HANDLE cst_kit_handle_new(struct cst_kit_object *object)
{
	struct cst_kit_locked locked;
	uintptr_t number = 0;

	cst_kit_lock(&locked);
	uint32_t at = free_slot();
	if (at < SLOTS) {
		slots[at].object = object;
		number = ((uintptr_t)slots[at].generation * SLOTS + at) * 8 + 4;
	}
	cst_kit_unlock(&locked);
	if (!number) {
		cst_kit_object_release(object);
		cst_kit_fail(ERROR_NOT_ENOUGH_MEMORY);
	}
	return (HANDLE)number;
}

bool cst_kit_handle_is_pointer(HANDLE handle)
{
	return handle && ((uintptr_t)handle & 7) == 0;
}

/* The slot of an open handle, with the lock held; NULL if it is none. */
static struct slot *find(HANDLE handle)
{
	uintptr_t number = (uintptr_t)handle >> 3;
	uint32_t at = number % SLOTS;

	if (((uintptr_t)handle & 7) != 4 || at >= slot_count)
		return NULL;
	return slots[at].object && slots[at].generation == number / SLOTS ? &slots[at] : NULL;
}

struct cst_kit_object *cst_kit_handle_get(HANDLE handle)
{
	struct cst_kit_locked locked;
	struct cst_kit_object *object = NULL;

	cst_kit_lock(&locked);
	if (handle == GetCurrentThread()) {
		object = cst_kit_current_thread();
	} else {
		struct slot *slot = find(handle);

		object = slot ? slot->object : NULL;
	}
	if (object)
		atomic_fetch_add(&object->references, 1);
	cst_kit_unlock(&locked);
	if (!object)
		cst_kit_fail(ERROR_INVALID_HANDLE);
	return object;
}

BOOL CloseHandle(HANDLE handle)
{
	struct cst_kit_locked locked;
	struct cst_kit_object *object = NULL;

	cst_kit_lock(&locked);
	struct slot *slot = find(handle);
	if (slot) {
		object = slot->object;
		slot->object = NULL;
		slot->generation++;
		slot->next_free = first_free;
		first_free = (uint32_t)(slot - slots) + 1;
	}
	cst_kit_unlock(&locked);
	if (!object)
		return cst_kit_fail(ERROR_INVALID_HANDLE);
	cst_kit_object_release(object);
	return TRUE;
}
