/* refuse_memory.c - the refusal is an allocation that fails: of the heap, a mapping, or a thread. */
#include "refuse.h"

#include "allocations.h"

#include <stdatomic.h>
#include <stdio.h>

static struct {
	atomic_bool counting, happened;
	atomic_size_t count;
	size_t point, points;
	const char *_Atomic call;
} state;

static bool refuses(const char *call)
{
	if (!atomic_load(&state.counting) || atomic_fetch_add(&state.count, 1) != state.point)
		return false;
	atomic_store(&state.call, call);
	atomic_store(&state.happened, true);
	return true;
}

void refuse_set_up(void)
{
	allocations_refuse = refuses;
}

void refuse_begin(size_t point)
{
	state.point = point;
	atomic_store(&state.count, 0);
	atomic_store(&state.happened, false);
	atomic_store(&state.call, "nothing");
	atomic_store(&state.counting, true);
}

bool refuse_end(void)
{
	atomic_store(&state.counting, false);
	if (state.point == REFUSE_NOTHING)
		state.points = atomic_load(&state.count);
	return atomic_load(&state.happened);
}

size_t refuse_points(void)
{
	return state.points;
}

void refuse_pause(void)
{
	atomic_store(&state.counting, false);
}

void refuse_resume(void)
{
	atomic_store(&state.counting, true);
}

bool refuse_happened(void)
{
	return atomic_load(&state.happened);
}

const char *refuse_what(void)
{
	static char text[64];

	snprintf(text, sizeof(text), "%s, point %zu", atomic_load(&state.call), state.point);
	return text;
}
