/* background_close.c - closing a packet socket without making the caller wait.
 *
 * The kernel waits for one or two grace periods inside close(), some 8 ms each, before it frees a ring; nothing about
 * that concerns the caller. A thread with all signals blocked waits in its place. The library is linked so that
 * dlclose() never unmaps it (-z nodelete), hence the thread's code outlives any use of it. Where no thread can be had,
 * the caller waits.
 *
 * A child must not inherit a socket that its parent has closed: it would keep the capture and the promiscuous mode for
 * as long as it lives. So fork() waits for the closes under way; that they are counted is process-wide by nature. */
#include "base/clock.h"
#include "linux/packet_source.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

static atomic_uint begun, ended;

/* Only for those that are under way now, or threads that close all the time would hold fork() up for ever. Without a
 * lock, since fork() may be called by a signal handler; the threads that end the wait have signals blocked. */
static void wait_before_fork(void)
{
	unsigned int all = atomic_load(&begun);

	while ((int)(all - atomic_load(&ended)) > 0)
		nanosleep(&(struct timespec){ .tv_nsec = CST_NS_PER_MS }, NULL);
}

/* The threads stay with the parent. */
static void forget_in_child(void)
{
	atomic_store(&ended, atomic_load(&begun));
}

static void watch_forks(void)
{
	pthread_atfork(wait_before_fork, NULL, forget_in_child);
}

static void *close_it(void *fd)
{
	close((int)(intptr_t)fd);
	atomic_fetch_add(&ended, 1);
	return NULL;
}

void cst_close_in_background(int fd)
{
	static pthread_once_t watching = PTHREAD_ONCE_INIT;
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, before;
	int failed = pthread_attr_init(&attr);

	pthread_once(&watching, watch_forks);

	if (!failed) {
		pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
		pthread_attr_setstacksize(&attr, 64 << 10);
		sigfillset(&all);
		pthread_sigmask(SIG_SETMASK, &all, &before);
		atomic_fetch_add(&begun, 1);
		failed = pthread_create(&thread, &attr, close_it, (void *)(intptr_t)fd);
		if (failed)
			atomic_fetch_add(&ended, 1);
		pthread_sigmask(SIG_SETMASK, &before, NULL);
		pthread_attr_destroy(&attr);
	}
	if (failed)
		close(fd);
}
