/* refusing.c - the C library's functions in front of the system calls that are refused. All others go on, each by its own
 * way to the kernel, since this very file is what syscall(2) finds. */
#include "refusing.h"

#include <dlfcn.h>
#include <errno.h>
#include <linux/sockios.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

static struct refusal refused;
static atomic_uint asked, denied;
static unsigned int looks_left;
static const char *version;

void refusing(const struct refusal *what)
{
	refused = what ? *what : (struct refusal){ .call = REFUSE_NOTHING };
	asked = denied = 0;
}

unsigned int refusing_count(void)
{
	return denied;
}

void refusing_queue(unsigned int looks)
{
	looks_left = looks;
}

void refusing_version(const char *other)
{
	version = other;
}

static int refuse(enum refused_call call, long one, long two)
{
	if (call != refused.call || (refused.one != ANY && one != refused.one) || (refused.two != ANY && two != refused.two))
		return 0;
	if (atomic_fetch_add(&asked, 1) < refused.after || (refused.times && denied >= refused.times))
		return 0;
	atomic_fetch_add(&denied, 1);
	errno = refused.error;
	return 1;
}

static long (*next_syscall(void))(long, ...)
{
	static _Atomic uintptr_t next;

	if (!next)
		next = (uintptr_t)dlsym(RTLD_NEXT, "syscall");
	return (long (*)(long, ...))(uintptr_t)next;
}

#define GO_ON(...) (next_syscall()(__VA_ARGS__))

/* libbpf's way to bpf(2). */
long syscall(long number, ...)
{
	long a[6];
	uint32_t type;
	va_list ap;

	va_start(ap, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (number == SYS_bpf) {
		memcpy(&type, (const void *)(uintptr_t)a[1], sizeof(type)); /* in front for programs and maps alike */
		if (refuse(REFUSE_BPF, a[0], type))
			return -1;
	}
	return GO_ON(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int setsockopt(int fd, int level, int option, const void *value, socklen_t bytes)
{
	return refuse(REFUSE_SETSOCKOPT, level, option) ? -1 :
							  (int)GO_ON(SYS_setsockopt, fd, level, option, value, bytes);
}

int getsockopt(int fd, int level, int option, void *value, socklen_t *bytes)
{
	return refuse(REFUSE_GETSOCKOPT, level, option) ? -1 :
							  (int)GO_ON(SYS_getsockopt, fd, level, option, value, bytes);
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list ap;

	va_start(ap, request);
	void *argument = va_arg(ap, void *);
	va_end(ap);
	if (request == SIOCOUTQ && looks_left > 0) {
		looks_left--;
		*(int *)argument = 1;
		return 0;
	}
	return refuse(REFUSE_IOCTL, (long)request, 0) ? -1 : (int)GO_ON(SYS_ioctl, fd, request, argument);
}

int socket(int domain, int type, int protocol)
{
	return refuse(REFUSE_SOCKET, domain, protocol) ? -1 : (int)GO_ON(SYS_socket, domain, type, protocol);
}

int bind(int fd, const struct sockaddr *address, socklen_t bytes)
{
	return refuse(REFUSE_BIND, 0, 0) ? -1 : (int)GO_ON(SYS_bind, fd, address, bytes);
}

ssize_t send(int fd, const void *data, size_t bytes, int flags)
{
	return refuse(REFUSE_SEND, 0, 0) ? -1 : GO_ON(SYS_sendto, fd, data, bytes, flags, NULL, 0);
}

int unshare(int what)
{
	return refuse(REFUSE_UNSHARE, 0, 0) ? -1 : (int)GO_ON(SYS_unshare, what);
}

int sched_setaffinity(pid_t thread, size_t bytes, const cpu_set_t *processors)
{
	return refuse(REFUSE_AFFINITY, 0, 0) ? -1 : (int)GO_ON(SYS_sched_setaffinity, thread, bytes, processors);
}

int uname(struct utsname *system)
{
	int status = (int)GO_ON(SYS_uname, system);

	if (status == 0 && version)
		snprintf(system->version, sizeof(system->version), "%s", version);
	return status;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *how, void *(*what)(void *), void *with)
{
	int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) =
		(int (*)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *))(uintptr_t)dlsym(RTLD_NEXT,
													  "pthread_create");

	return refuse(REFUSE_THREADS, 0, 0) ? refused.error : next(thread, how, what, with);
}
