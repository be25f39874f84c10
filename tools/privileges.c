/* privileges.c - capabilities(7), no_new_privs and the user of -Z. Without libcap-ng the capabilities stay as they are, but
 * for those that end with being root. */
#include "privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#ifdef HAVE_LIBCAP_NG
#include <cap-ng.h>
#endif

bool privileges_know(const struct command *command, const char *user)
{
	if (!user)
		return true;
	errno = 0;
	if (!getpwnam(user)) {
		complain(command, "-Z %s: %s", user, errno ? strerror(errno) : "there is no such user");
		return false;
	}
	if (geteuid() == 0)
		return true;
	complain(command, "-Z %s: only root can become another user", user);
	return false;
}

static bool fail(const struct command *command, const char *what)
{
	complain(command, "cannot give up privileges: %s: %s", what, strerror(errno));
	return false;
}

static bool become(const struct command *command, const char *user)
{
	struct passwd *entry = getpwnam(user);

	if (!entry)
		return fail(command, user);
	/* In this order: who is not root any more may do none of it. */
	if (initgroups(user, entry->pw_gid) < 0)
		return fail(command, "the groups of the user");
	if (setgid(entry->pw_gid) < 0)
		return fail(command, "the group of the user");
	if (setuid(entry->pw_uid) < 0)
		return fail(command, user);
	return true;
}

#ifdef HAVE_LIBCAP_NG

/* CAP_PERFMON and CAP_BPF are younger than some headers. */
#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#define CAP_BPF     39
#endif

static const struct {
	unsigned int keep;
	int capability;
} needs[] = {
	{ KEEP_FILES, CAP_DAC_OVERRIDE },
	{ KEEP_XDP, CAP_BPF },
	{ KEEP_XDP, CAP_NET_ADMIN },
	{ KEEP_XDP, CAP_PERFMON },
	{ KEEP_XDP, CAP_SYS_ADMIN },
	{ KEEP_COUNTING, CAP_BPF },
	{ KEEP_DEVICE, CAP_NET_ADMIN },
	{ KEEP_DEVICE, CAP_NET_RAW },
};

static bool is_needed(int capability, unsigned int keep)
{
	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		if (needs[i].keep & keep && needs[i].capability == capability)
			return true;
	return false;
}

static bool is_held(int capability)
{
	return capng_have_capability(CAPNG_PERMITTED, (unsigned int)capability) == 1;
}

/* From what there is to what shall be, in the library's state, which each thread has its own of. Nothing is left of what programs
 * could be given that we start. Is anything left at all? */
static bool plan(unsigned int keep)
{
	bool kept[CAP_LAST_CAP + 1] = { false }, any = false;

	for (int capability = 0; capability <= CAP_LAST_CAP; capability++)
		kept[capability] = is_needed(capability, keep) && is_held(capability);
	capng_clear(CAPNG_SELECT_BOTH);
	for (int capability = 0; capability <= CAP_LAST_CAP; capability++) {
		if (!kept[capability])
			continue;
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, (unsigned int)capability);
		any = true;
	}
	return any;
}

bool privileges_drop(const struct command *command, const char *user, unsigned int keep)
{
	if (capng_get_caps_process() < 0)
		return fail(command, "reading the capabilities");
	bool may_bound = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP) == 1, any = plan(keep);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return fail(command, "forbidding new ones");
	if (may_bound && capng_apply(CAPNG_SELECT_BOUNDS) < 0)
		return fail(command, "bounding the capabilities");
	if (user && any && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return fail(command, "keeping capabilities for the user");
	if (user && !become(command, user))
		return false;
	if (capng_apply(CAPNG_SELECT_CAPS) < 0)
		return fail(command, "setting the capabilities");
	return true;
}

#else

bool privileges_drop(const struct command *command, const char *user, unsigned int keep)
{
	(void)keep;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return fail(command, "forbidding new ones");
	return !user || become(command, user);
}

#endif
