/* ahead.c - unpacking by a second thread: three blocks go round, filled there, read here, handed over without a copy. */
#include "savefile/ahead.h"

#include "base/clock.h"
#include "savefile/unpack.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define BLOCKS 3 /* one that is read, one that is ready, one that is filled */
#define STACK_BYTES ((size_t)256 * 1024)

/* The reader looks up so often, for a break may have been asked for. */
#define PATIENCE_NS (50 * CST_NS_PER_MS)

struct block {
	uint8_t *memory; /* CST_AHEAD_HEADROOM, then CST_AHEAD_BLOCK */
	size_t count;
};

struct cst_ahead {
	struct cst_unpack *unpack;
	pthread_t thread;
	char *here; /* a page of its own, which fork(2) clears in the child */

	pthread_mutex_t lock; /* of all that follows; a block's contents belong to whoever holds it */
	pthread_cond_t filled_one, freed_one;
	/* Blocks ever filled, taken and given back: number n is blocks[n % BLOCKS]. */
	unsigned int filled, taken, given_back;
	bool stop;
	enum cst_input_status status; /* MORE while the thread fills blocks, then what it ended with ... */
	int error;                    /* ... and errno */
	struct block blocks[BLOCKS];
};

static bool processor_is_free(void)
{
	cpu_set_t ours;

	if (sched_getaffinity(0, sizeof(ours), &ours) == 0)
		return CPU_COUNT(&ours) > 1;
	return sysconf(_SC_NPROCESSORS_ONLN) > 1;
}

/* The block to fill next; NULL: the thread is to stop. */
static struct block *wait_for_free(struct cst_ahead *a)
{
	struct block *block = NULL;

	pthread_mutex_lock(&a->lock);
	while (!a->stop && a->filled - a->given_back == BLOCKS)
		pthread_cond_wait(&a->freed_one, &a->lock);
	if (!a->stop)
		block = &a->blocks[a->filled % BLOCKS];
	pthread_mutex_unlock(&a->lock);
	return block;
}

static void hand_over(struct cst_ahead *a, enum cst_input_status status, int error)
{
	pthread_mutex_lock(&a->lock);
	if (status == CST_INPUT_MORE)
		a->filled++;
	a->status = status;
	a->error = error;
	pthread_cond_signal(&a->filled_one);
	pthread_mutex_unlock(&a->lock);
}

static void *unpack_ahead(void *arg)
{
	struct cst_ahead *a = arg;
	struct block *block;

	while ((block = wait_for_free(a))) {
		enum cst_input_status status =
			cst_unpack_some(a->unpack, block->memory + CST_AHEAD_HEADROOM, CST_AHEAD_BLOCK, &block->count);
		if (status == CST_INPUT_WAIT)
			continue; /* nothing in all that time: look whether we are to stop */
		hand_over(a, status, errno);
		if (status != CST_INPUT_MORE)
			break;
	}
	return NULL;
}

static bool make_thread(struct cst_ahead *a)
{
	pthread_attr_t how;
	sigset_t all, before;

	if (pthread_attr_init(&how) != 0)
		return false;
	pthread_attr_setstacksize(&how, STACK_BYTES);
	/* Signals are the program's, and its threads'. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	const int failed = pthread_create(&a->thread, &how, unpack_ahead, a);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&how);
	return !failed;
}

/* A page that says "here", and in a child of this process does not. */
static char *mark_process(void)
{
	const size_t bytes = (size_t)sysconf(_SC_PAGESIZE);
	char *page = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return NULL;
	if (madvise(page, bytes, MADV_WIPEONFORK) < 0) {
		munmap(page, bytes);
		return NULL;
	}
	*page = 1;
	return page;
}

static void free_memory(struct cst_ahead *a)
{
	if (a->here)
		munmap(a->here, (size_t)sysconf(_SC_PAGESIZE));
	for (int i = 0; i < BLOCKS; i++)
		free(a->blocks[i].memory);
	free(a);
}

static struct cst_ahead *allocate(struct cst_unpack *u)
{
	struct cst_ahead *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->unpack = u;
	a->status = CST_INPUT_MORE;
	a->here = mark_process();
	bool complete = a->here != NULL;
	for (int i = 0; i < BLOCKS && complete; i++) {
		a->blocks[i].memory = malloc(CST_AHEAD_HEADROOM + CST_AHEAD_BLOCK);
		complete = a->blocks[i].memory != NULL;
	}
	if (complete)
		return a;
	free_memory(a);
	return NULL;
}

struct cst_ahead *cst_ahead_start(struct cst_unpack *u)
{
	pthread_condattr_t monotonic;

	if (!processor_is_free())
		return NULL;
	struct cst_ahead *a = allocate(u);
	if (!a)
		return NULL;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->filled_one, &monotonic);
	pthread_cond_init(&a->freed_one, NULL);
	pthread_condattr_destroy(&monotonic);
	if (make_thread(a))
		return a;
	free_memory(a);
	return NULL;
}

bool cst_ahead_is_here(const struct cst_ahead *a)
{
	return *a->here;
}

static struct timespec patience_ends(void)
{
	const int64_t ns = cst_now_ns() + PATIENCE_NS;

	return (struct timespec){ .tv_sec = (time_t)(ns / CST_NS_PER_SEC), .tv_nsec = (long)(ns % CST_NS_PER_SEC) };
}

enum cst_input_status cst_ahead_next(struct cst_ahead *a, uint8_t **bytes, size_t *count)
{
	enum cst_input_status status = CST_INPUT_WAIT;
	const struct timespec until = patience_ends();

	pthread_mutex_lock(&a->lock);
	while (a->filled == a->taken && a->status == CST_INPUT_MORE)
		if (pthread_cond_timedwait(&a->filled_one, &a->lock, &until) != 0)
			break;
	if (a->filled != a->taken) {
		const struct block *block = &a->blocks[a->taken++ % BLOCKS];
		*bytes = block->memory + CST_AHEAD_HEADROOM;
		*count = block->count;
		status = CST_INPUT_MORE;
	} else if (a->status != CST_INPUT_MORE) {
		status = a->status;
		errno = a->error;
	}
	pthread_mutex_unlock(&a->lock);
	return status;
}

void cst_ahead_give_back(struct cst_ahead *a)
{
	pthread_mutex_lock(&a->lock);
	a->given_back++;
	pthread_cond_signal(&a->freed_one);
	pthread_mutex_unlock(&a->lock);
}

bool cst_ahead_end(struct cst_ahead *a)
{
	const bool here = cst_ahead_is_here(a);

	if (here) {
		pthread_mutex_lock(&a->lock);
		a->stop = true;
		pthread_cond_signal(&a->freed_one);
		pthread_mutex_unlock(&a->lock);
		pthread_join(a->thread, NULL);
		pthread_cond_destroy(&a->freed_one);
		pthread_cond_destroy(&a->filled_one);
		pthread_mutex_destroy(&a->lock);
	}
	free_memory(a);
	return here;
}
