/* background_close.c - closing a packet socket without making the caller wait.
 *
 * The kernel waits for one or two grace periods inside close(), some 8 ms each, before it frees a ring; nothing about
 * that concerns the caller. A thread with all signals blocked waits in its place. The library is linked so that
 * dlclose() never unmaps it (-z nodelete), hence the thread's code outlives any use of it. Where no thread can be had,
 * the caller waits. */
#include "linux/packet_source.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

static void *close_it(void *fd)
{
	close((int)(intptr_t)fd);
	return NULL;
}

void cst_close_in_background(int fd)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, before;
	int failed = pthread_attr_init(&attr);

	if (!failed) {
		pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
		pthread_attr_setstacksize(&attr, 64 << 10);
		sigfillset(&all);
		pthread_sigmask(SIG_SETMASK, &all, &before);
		failed = pthread_create(&thread, &attr, close_it, (void *)(intptr_t)fd);
		pthread_sigmask(SIG_SETMASK, &before, NULL);
		pthread_attr_destroy(&attr);
	}
	if (failed)
		close(fd);
}
