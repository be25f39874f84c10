/* twin.c - the same calls to Capstan and to libpcap, each in a process of its own, and their answers line by line. */
#include "twin.h"
#include "oracle.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

enum {
	TOLD_BYTES = 1 << 20,
	PATIENCE_S = 60, /* a call that never returns is an answer, too */
	MOST_ROWS = 64,
};

const struct twin twin_ours = {
#define TWIN_OURS(name) .name = pcap_##name,
	TWIN_FUNCTIONS(TWIN_OURS)
};

const struct twin *twin_theirs(void)
{
	static struct twin theirs;

	if (!theirs.create) {
#define TWIN_THEIRS(name) theirs.name = oracle_symbol("pcap_" #name);
		TWIN_FUNCTIONS(TWIN_THEIRS)
	}
	return &theirs;
}

static char about[128];
static FILE *told;

void twin_about(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(about, sizeof(about), fmt, ap);
	va_end(ap);
}

void twin_tell(const char *question, const char *fmt, ...)
{
	va_list ap;

	fprintf(told, "%s: %s\t", about, question);
	va_start(ap, fmt);
	vfprintf(told, fmt, ap);
	va_end(ap);
	fputc('\n', told);
	fflush(told); /* what was told before a crash stays told */
}

/* What `scenario` told, one line an answer, as memory of our own. */
static char *run_scenario(twin_scenario *scenario, const char *arg, const struct twin *lib)
{
	int fd = memfd_create("told", MFD_CLOEXEC), status;

	assert_true(fd >= 0);
	fflush(NULL);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		/* cmocka's handlers would go on with its tests in the child. */
		for (int sig = 1; sig < SIGRTMIN; sig++)
			signal(sig, SIG_DFL);
		alarm(PATIENCE_S);
		about[0] = '\0';
		told = fdopen(fd, "w");
		scenario(lib, arg);
		fclose(told);
		_exit(0);
	}
	while (waitpid(child, &status, 0) < 0)
		assert_int_equal(errno, EINTR);
	char *text = calloc(1, TOLD_BYTES);
	assert_non_null(text);
	ssize_t bytes = pread(fd, text, TOLD_BYTES - 64, 0);
	assert_in_range(bytes, 0, TOLD_BYTES - 65);
	close(fd);
	if (WIFSIGNALED(status))
		sprintf(text + bytes, "end\tsignal %d\n", WTERMSIG(status));
	else
		sprintf(text + bytes, "end\texit %d\n", WEXITSTATUS(status));
	return text;
}

/* Take the next line: question and answer. False at the end. */
static bool next_line(char **at, char **question, char **answer)
{
	if (**at == '\0')
		return false;
	*question = *at;
	char *end = strchr(*at, '\n');
	assert_non_null(end);
	*end = '\0';
	*at = end + 1;
	char *tab = strchr(*question, '\t');
	assert_non_null(tab);
	*tab = '\0';
	*answer = tab + 1;
	return true;
}

static bool is_meant(const struct twin_difference *rows, bool met[static MOST_ROWS], const char *question,
		     const char *ours, const char *theirs)
{
	for (int i = 0; rows && rows[i].question; i++) {
		if (fnmatch(rows[i].question, question, 0) == 0 && fnmatch(rows[i].ours, ours, 0) == 0 &&
		    fnmatch(rows[i].theirs, theirs, 0) == 0) {
			met[i] = true;
			return true;
		}
	}
	return false;
}

void twin_compare(twin_scenario *scenario, const char *arg, const struct twin_difference *rows)
{
	char *ours = run_scenario(scenario, arg, &twin_ours);
	char *theirs = run_scenario(scenario, arg, twin_theirs());
	char *our_at = ours, *their_at = theirs, *our_question, *their_question, *our_answer, *their_answer;
	bool met[MOST_ROWS] = { false };
	int nr = 0, wrong = 0;

	for (; next_line(&our_at, &our_question, &our_answer); nr++) {
		if (!next_line(&their_at, &their_question, &their_answer))
			fail_msg("libpcap was not asked: %s", our_question);
		if (strcmp(our_question, their_question) != 0)
			fail_msg("asked \"%s\" (%s), libpcap \"%s\" (%s)", our_question, our_answer, their_question,
				 their_answer);
		if (strcmp(our_answer, their_answer) != 0 &&
		    !is_meant(rows, met, our_question, our_answer, their_answer)) {
			print_error("%s: %s, libpcap: %s\n", our_question, our_answer, their_answer);
			wrong++;
		}
	}
	if (*their_at)
		fail_msg("only libpcap was asked: %s", their_at);
	for (int i = 0; rows && rows[i].question; i++) {
		if (!met[i]) {
			print_error("no longer a difference: %s (%s)\n", rows[i].question, rows[i].reason);
			wrong++;
		}
	}
	free(ours);
	free(theirs);
	assert_true(nr > 1);
	assert_int_equal(wrong, 0);
}

/* ---- a network of our own ---- */

static bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	ssize_t bytes = write(fd, text, strlen(text));
	close(fd);
	return bytes == (ssize_t)strlen(text);
}

/* Root of a user namespace of our own, where that is allowed. */
static bool become_root(void)
{
	char uid[32], gid[32];

	snprintf(uid, sizeof(uid), "0 %u 1", getuid());
	snprintf(gid, sizeof(gid), "0 %u 1", getgid());
	return unshare(CLONE_NEWUSER) == 0 && write_text("/proc/self/setgroups", "deny") &&
	       write_text("/proc/self/uid_map", uid) && write_text("/proc/self/gid_map", gid);
}

bool twin_leave_for_own_network(void)
{
	if ((unshare(CLONE_NEWNET | CLONE_NEWNS) == 0 ||
	     (become_root() && unshare(CLONE_NEWNET | CLONE_NEWNS) == 0)) &&
	    system("mount --make-rprivate / && mount -t sysfs sysfs /sys && ip link set lo up") == 0)
		return true;
	printf("skipped: a network namespace is refused: %s\n", strerror(errno));
	return false;
}

void twin_run(const char *fmt, ...)
{
	char command[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	if (system(command) != 0)
		fail_msg("failed: %s", command);
}
