/* run.c - `capstan run`: starts a program so that the libpcap it loads is this library.
 * The loader finds ours first because the drop-in folder leads LD_LIBRARY_PATH (ld.so(8)). */
#include "candidates.h"
#include "options.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static int run(int argc, char **argv);

static const struct option_row option_rows[] = {
	{ 'f', "folder", NULL, "print the drop-in folder and start nothing" },
	{ 0 },
};

const struct command run_command = {
	.name = "run",
	.run = run,
	.help = "start a program that uses libpcap on this library instead",
	.synopsis = "[--] PROGRAM [ARGUMENT...]",
	.details = "PROGRAM must load libpcap.so.0.8 or libpcap.so.1 itself; one that holds libpcap inside is not\n"
		   "changed. Its exit status is the program's. Programs that it starts run on this library, too.",
	.options = option_rows,
	.rest = &program_candidates,
	.first_operand_ends_options = 1,
};

static int holds_library(const char *folder)
{
	char path[PATH_MAX + 32];

	snprintf(path, sizeof(path), "%s/libpcap.so.0.8", folder);
	return access(path, R_OK) == 0;
}

/* In the build tree, where it was installed, and where an installed tree was moved to as a whole. */
static int find_dropin(char folder[static PATH_MAX])
{
	static const char *const beside_command[] = { "/../dropin", CAPSTAN_DROPIN_FROM_BINDIR };
	char here[PATH_MAX], path[2 * PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", here, sizeof(here) - 1);

	if (length > 0) {
		here[length] = '\0';
		*strrchr(here, '/') = '\0';
		for (size_t i = 0; i < sizeof(beside_command) / sizeof(beside_command[0]); i++) {
			snprintf(path, sizeof(path), "%s%s", here, beside_command[i]);
			if (realpath(path, folder) && holds_library(folder))
				return 1;
		}
	}
	return realpath(CAPSTAN_DROPIN, folder) && holds_library(folder);
}

/* Where execvp(3) would find `program`; 0, or an errno. */
static int find_program(const char *program, char path[static PATH_MAX])
{
	const char *folders = getenv("PATH");
	int error = ENOENT;

	if (strchr(program, '/')) {
		if (snprintf(path, PATH_MAX, "%s", program) >= PATH_MAX)
			return ENAMETOOLONG;
		return access(path, X_OK) ? errno : 0;
	}
	if (!folders)
		folders = "/usr/local/bin:/usr/bin:/bin";
	for (;;) {
		int length = (int)strcspn(folders, ":");
		struct stat st;

		if (snprintf(path, PATH_MAX, "%.*s%s%s", length, folders, length ? "/" : "./", program) < PATH_MAX) {
			if (!access(path, X_OK) && !stat(path, &st) && S_ISREG(st.st_mode))
				return 0;
			if (errno == EACCES)
				error = EACCES;
		}
		if (!folders[length])
			return error;
		folders += length + 1;
	}
}

/* Why the loader would ignore LD_LIBRARY_PATH for `path` (AT_SECURE, getauxval(3)); NULL: it would not. */
static const char *secure_because(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return NULL;
	if ((st.st_mode & S_ISUID) && st.st_uid != getuid())
		return "is set-user-ID";
	/* Without the group's execute bit it marked mandatory locking and gives no rights. */
	if ((st.st_mode & S_ISGID) && (st.st_mode & S_IXGRP) && st.st_gid != getgid())
		return "is set-group-ID";
	if (getuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0)
		return "has file capabilities";
	return NULL;
}

/* Put `folder` first in LD_LIBRARY_PATH. An empty element would mean the current folder, so none is made. */
static int lead_library_path(const char *folder)
{
	const char *former = getenv("LD_LIBRARY_PATH");
	char *value;
	int status;

	if (!former || !*former)
		return setenv("LD_LIBRARY_PATH", folder, 1);
	if (asprintf(&value, "%s:%s", folder, former) < 0)
		return -1;
	status = setenv("LD_LIBRARY_PATH", value, 1);
	free(value);
	return status;
}

static int start(const char *folder, char **argv)
{
	char path[PATH_MAX];
	int error = find_program(argv[0], path);
	const char *reason;

	if (error) {
		complain(&run_command, "%s: %s", argv[0], error == ENOENT ? "no such program" : strerror(error));
		return STATUS_FAILED;
	}
	reason = secure_because(path);
	if (reason) {
		complain(&run_command,
			 "%s %s, so the loader would ignore the drop-in folder and use the system's libpcap; "
			 "run it as root, or run a copy without that privilege",
			 path, reason);
		return STATUS_FAILED;
	}
	if (lead_library_path(folder) < 0) {
		complain(&run_command, "cannot set LD_LIBRARY_PATH: %s", strerror(errno));
		return STATUS_FAILED;
	}
	execv(path, argv);
	complain(&run_command, "%s: cannot be started: %s", path, strerror(errno));
	return STATUS_FAILED;
}

static int run(int argc, char **argv)
{
	char folder[PATH_MAX];
	struct option_reader r;
	int code, print_folder = 0;

	options_begin(&r, &run_command, argc, argv);
	while ((code = options_next(&r)) != OPTION_END) {
		if (code != 'f')
			return options_status(code);
		print_folder = 1;
	}
	if (!print_folder && optind == argc)
		return options_misused(&run_command, "name a program to start");
	if (!find_dropin(folder)) {
		complain(&run_command, "the drop-in folder is neither beside this command nor at %s; "
			 "build or install the library", CAPSTAN_DROPIN);
		return STATUS_FAILED;
	}
	if (print_folder) {
		puts(folder);
		return STATUS_OK;
	}
	return start(folder, argv + optind);
}
