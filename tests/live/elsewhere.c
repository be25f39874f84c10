/* elsewhere.c - a child that lives in another network namespace until its pipe closes. */
#include "elsewhere.h"

#include "capture.h"

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

struct elsewhere elsewhere_begin(void)
{
	int ready[2], hold[2];
	char byte;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(hold), 0);
	const pid_t child = fork();
	if (child == 0) {
		close(hold[1]);
		if (unshare(CLONE_NEWNET) == 0 && write(ready[1], "", 1) == 1)
			while (read(hold[0], &byte, 1) > 0)
				;
		_exit(0);
	}
	close(ready[1]);
	close(hold[0]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return (struct elsewhere){ child, hold[1] };
}

void elsewhere_take(const struct elsewhere *e, const char *device)
{
	netlab_run("ip link set %s netns %d", device, (int)e->process);
}

void elsewhere_give_back(const struct elsewhere *e, const char *device)
{
	netlab_run("nsenter -t %d -n ip link set %s netns %d", (int)e->process, device, (int)getpid());
}

void elsewhere_end(struct elsewhere *e)
{
	close(e->leash);
	waitpid(e->process, NULL, 0);
}
