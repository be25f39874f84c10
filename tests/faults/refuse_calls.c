/* refuse_calls.c - the refusal is a system call that fails without having been made.
 *
 * The test runs in a child whose calls the kernel first shows to us, its parent, by seccomp's user notification
 * (seccomp_unotify(2)): all calls of all threads, however they are made. The parent lets a call pass, or has it return an
 * error. The two share the page that says which. Nothing is traced, so that debuggers still can. */
#include "refuse.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_ERRORS = 8, MOST_CALLS = 1 << 16, SKIPPED = 77, WATCHDOG_SECONDS = 240 };

/* What a call may fail with: what its manual page names, and what a policy (seccomp, LSM) or want of memory makes of it.
 * Calls that are not here are not looked at: close() and munmap(), which do their work whatever they return; brk(), whose
 * failing is no error (refuse_memory.c has that); futex() and the signal calls, which fail only for wrong arguments; what only
 * asks (getpid() and the like) or ends. Not ENETDOWN of bind(), which binds to an
 * interface that is down and says so later; not EAGAIN where it says
 * that nothing is there. */
static const struct row {
	int number;
	const char *name;
	int errors[MOST_ERRORS]; /* up to the first 0 */
} rows[] = {
#define ROW(name, ...) { SYS_##name, #name, { __VA_ARGS__ } }
	ROW(bind, ENODEV, ENOMEM, EINVAL),
	ROW(bpf, EPERM, ENOMEM, EINVAL, EBUSY, EINTR),
	ROW(capget, EPERM),
	ROW(clock_nanosleep, EINTR),
	ROW(clone3, EAGAIN, ENOMEM),
	ROW(connect, ENOENT, ECONNREFUSED, EINTR),
	ROW(copy_file_range, EIO),
	ROW(dup, EMFILE),
	ROW(epoll_create1, EMFILE, ENOMEM),
	ROW(epoll_ctl, ENOMEM, ENOSPC),
	ROW(epoll_wait, EINTR),
	ROW(epoll_pwait, EINTR),
	ROW(eventfd2, EMFILE, ENFILE, ENOMEM),
	ROW(fallocate, ENOSPC),
	ROW(fcntl, EMFILE, EINVAL),
	ROW(fdatasync, EIO),
	ROW(fstat, ENOMEM),
	ROW(fsync, EIO),
	ROW(ftruncate, EIO),
	ROW(getdents64, EIO, ENOMEM),
	ROW(getsockname, ENOBUFS),
	ROW(getsockopt, ENOPROTOOPT, ENOBUFS, EPERM),
	ROW(ioctl, EPERM, ENODEV, ENOMEM, EOPNOTSUPP),
	ROW(lseek, ESPIPE),
	ROW(madvise, EINVAL),
	ROW(mmap, ENOMEM, EPERM, EAGAIN),
	ROW(mprotect, ENOMEM, EACCES),
	ROW(mremap, ENOMEM),
	ROW(nanosleep, EINTR),
	ROW(newfstatat, ENOENT, EACCES, ENOMEM),
	ROW(openat, EMFILE, ENFILE, ENOMEM, EACCES, ENOENT, EINTR),
	ROW(perf_event_open, EACCES, EMFILE),
	ROW(pipe2, EMFILE, ENFILE),
	ROW(poll, EINTR, ENOMEM),
	ROW(ppoll, EINTR, ENOMEM),
	ROW(pread64, EIO, EINTR),
	ROW(read, EIO, EINTR, ENOMEM),
	ROW(readlink, EACCES, ENOENT),
	ROW(recvfrom, EINTR, ENOMEM, ENOBUFS),
	ROW(recvmmsg, EINTR, ENOMEM),
	ROW(recvmsg, EINTR, ENOMEM, ENOBUFS),
	ROW(sched_getaffinity, EPERM, EINVAL),
	ROW(sched_setaffinity, EPERM, EINVAL),
	ROW(sendmmsg, EINTR, ENOBUFS, ENOMEM, EPERM, ENETDOWN, ENXIO),
	ROW(sendmsg, EINTR, ENOBUFS, ENOMEM, EPERM),
	ROW(sendto, EINTR, ENOBUFS, ENOMEM, EPERM, ENETDOWN, ENXIO),
	ROW(setns, EPERM, ENOMEM),
	ROW(setsockopt, ENOMEM, EPERM, EINVAL, ENOPROTOOPT),
	ROW(socket, EMFILE, ENFILE, ENOMEM, EPERM, EAFNOSUPPORT),
	ROW(socketpair, EMFILE, ENFILE),
	ROW(statx, ENOENT, EACCES),
	ROW(timerfd_create, EMFILE, ENFILE, ENOMEM),
	ROW(timerfd_gettime, EINVAL),
	ROW(timerfd_settime, EINVAL),
	ROW(uname, EFAULT),
	ROW(unshare, EPERM, ENOMEM, ENOSPC),
	ROW(write, EIO, ENOSPC, EINTR, EDQUOT),
	ROW(writev, EIO, ENOSPC, EINTR),
#undef ROW
};
#define ROWS (sizeof(rows) / sizeof(*rows))

/* The page between the two. Between refuse_begin() and refuse_end() only the parent writes what is not a wish. */
static struct shared {
	atomic_int listener; /* the child's number of it; -1: not yet */
	atomic_bool counting, happened;
	atomic_size_t count; /* of calls */
	size_t call;         /* that is refused */
	unsigned int choice; /* the how-manieth of its errors */
	uint8_t trace[MOST_CALLS]; /* the row of each */
	int refused_row, refused_error;
} *shared;

static size_t points, point;

static int row_of(int number)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].number == number)
			return (int)i;
	return -1;
}

static unsigned int errors_of(int row)
{
	unsigned int count = 0;

	while (count < MOST_ERRORS && rows[row].errors[count])
		count++;
	return count;
}

/* ---- the parent ---- */

/* What is to become of a call: 0, or the error it fails with. */
static int judge(int number)
{
	if (!atomic_load(&shared->counting))
		return 0;
	const size_t call = atomic_fetch_add(&shared->count, 1);
	const int row = row_of(number);
	if (call < MOST_CALLS)
		shared->trace[call] = (uint8_t)row;
	if (call != shared->call)
		return 0;
	/* Threads and timing may have put another call in its place. */
	shared->refused_row = row;
	shared->refused_error = rows[row].errors[shared->choice % errors_of(row)];
	atomic_store(&shared->happened, true);
	return shared->refused_error;
}

static void answer(int listener)
{
	struct seccomp_notif call;

	memset(&call, 0, sizeof(call)); /* the kernel insists */
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
		return; /* the caller has gone meanwhile */
	struct seccomp_notif_resp response = { .id = call.id, .error = -judge(call.data.nr) };
	if (response.error == 0)
		response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

static int status_of_child(pid_t child)
{
	int status;

	if (waitpid(child, &status, 0) < 0)
		return 1;
	if (WIFSIGNALED(status))
		fprintf(stderr, "the test was ended by signal %d; refused: %s\n", WTERMSIG(status), refuse_what());
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static void watch(pid_t child)
{
	const int process = (int)syscall(SYS_pidfd_open, child, 0);
	struct pollfd ended = { .fd = process, .events = POLLIN };
	int number;

	while ((number = atomic_load(&shared->listener)) == -1 && poll(&ended, 1, 1) == 0)
		;
	const int listener = number >= 0 ? (int)syscall(SYS_pidfd_getfd, process, number, 0) : -1;
	if (number >= 0 && listener < 0) {
		perror("refuse_calls: taking the listener from the test");
		kill(child, SIGKILL);
	}
	struct pollfd ready = { .fd = listener, .events = POLLIN };
	/* Hung up: nobody is left whose calls could come. */
	while (listener >= 0 && (poll(&ready, 1, -1) < 0 || !(ready.revents & POLLHUP)))
		if (ready.revents & POLLIN)
			answer(listener);
	_exit(status_of_child(child));
}

/* ---- the child ---- */

static int install(void)
{
	struct sock_filter program[ROWS + 3];
	size_t used = 0;

	program[used++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < ROWS; i++)
		program[used++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, rows[i].number,
							       (uint8_t)(ROWS - i), 0);
	program[used++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	program[used++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
	struct sock_fprog filter = { (unsigned short)used, program };
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &filter);
}

void refuse_set_up(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED) {
		perror("refuse_calls: mapping a page");
		exit(1);
	}
	atomic_store(&shared->listener, -1);
	const pid_t child = fork();
	if (child < 0) {
		perror("refuse_calls: fork");
		exit(1);
	}
	if (child > 0) {
		alarm(0);
		watch(child);
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(WATCHDOG_SECONDS);
	const int listener = install();
	atomic_store(&shared->listener, listener >= 0 ? listener : -2);
	if (listener < 0) {
		fprintf(stderr, "SKIP: the kernel refuses a seccomp filter with user notification: %s\n", strerror(errno));
		exit(SKIPPED);
	}
}

/* The point is a number that runs over all errors of the first call, then over those of the second, and so on. */
static void find_call(size_t wanted)
{
	shared->call = 0;
	while (shared->call < MOST_CALLS - 1 && wanted >= errors_of(shared->trace[shared->call]))
		wanted -= errors_of(shared->trace[shared->call++]);
	shared->choice = (unsigned int)wanted;
}

void refuse_begin(size_t wanted)
{
	point = wanted;
	if (wanted == REFUSE_NOTHING)
		shared->call = wanted;
	else
		find_call(wanted);
	atomic_store(&shared->happened, false);
	atomic_store(&shared->count, 0);
	atomic_store(&shared->counting, true);
}

bool refuse_end(void)
{
	atomic_store(&shared->counting, false);
	if (point == REFUSE_NOTHING) {
		size_t calls = atomic_load(&shared->count);
		points = 0;
		for (size_t i = 0; i < calls && i < MOST_CALLS; i++)
			points += errors_of(shared->trace[i]);
	}
	return atomic_load(&shared->happened);
}

size_t refuse_points(void)
{
	return points;
}

void refuse_pause(void)
{
	atomic_store(&shared->counting, false);
}

void refuse_resume(void)
{
	atomic_store(&shared->counting, true);
}

bool refuse_happened(void)
{
	return atomic_load(&shared->happened);
}

const char *refuse_what(void)
{
	static char text[128];

	if (refuse_happened())
		snprintf(text, sizeof(text), "%s, call %zu: %s, point %zu", rows[shared->refused_row].name, shared->call,
			 strerrorname_np(shared->refused_error), point);
	else
		snprintf(text, sizeof(text), "nothing, point %zu", point);
	return text;
}
