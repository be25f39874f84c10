/* trial.c - running a scenario at each point, and looking whether anything is left behind. */
#include "trial.h"

#include "allocations.h"
#include "refuse.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A run takes milliseconds, and some seconds where it waits in vain for what was refused. */
enum { MOST_SCENARIOS = 128, SETTLE_MS = 2000, RUN_SECONDS = 60 };

static struct {
	unsigned int stride;
	size_t only;    /* this point, or REFUSE_NOTHING */
	size_t refused; /* in all */
	const struct scenario *scenario;
} trial;

/* What a run must not leave behind. */
struct holdings {
	struct allocations allocations;
	int descriptors;
};

void trial_told(const char *call, const char *text)
{
	refuse_pause();
	if (!refuse_happened())
		fail_msg("%s: fails though nothing was refused: %s", call, text);
	if (getenv("TRIAL_TELL"))
		printf("%s: %s: %s\n", refuse_what(), call, text);
	if (text[0] == '\0')
		fail_msg("%s: fails without a word", call);
	if (strstr(text, "Success"))
		fail_msg("%s: a failure by the name of success: %s", call, text);
	refuse_resume();
}

static int open_descriptors(void)
{
	int count = 0;
	DIR *folder = opendir("/proc/self/fd");

	while (folder && readdir(folder))
		count++;
	if (folder)
		closedir(folder);
	return count;
}

static struct holdings holdings_now(void)
{
	return (struct holdings){ allocations_now(), open_descriptors() };
}

static bool holds_more(const struct holdings *now, const struct holdings *before)
{
	return now->allocations.blocks > before->allocations.blocks || now->allocations.pages > before->allocations.pages ||
	       now->descriptors > before->descriptors;
}

/* The library closes some sockets in the background, so a moment may pass. */
static struct holdings holdings_settled(const struct holdings *before)
{
	struct holdings now = holdings_now();

	for (int ms = 0; ms < SETTLE_MS && holds_more(&now, before); ms++) {
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
		now = holdings_now();
	}
	return now;
}

static bool run_at(const struct scenario *scenario, size_t point)
{
	alarm(RUN_SECONDS); /* whatever hangs is told with its point */
	refuse_begin(point);
	scenario->run(scenario->with);
	return refuse_end();
}

/* Something is kept after a run at this point. What the C library keeps for good it keeps once; a leak comes each time. */
static void expect_no_leak_at(const struct scenario *scenario, size_t point)
{
	struct holdings before = holdings_now(), after;

	for (int round = 0; round < 3; round++) {
		run_at(scenario, point);
		after = holdings_settled(&before);
		if (!holds_more(&after, &before))
			return;
		if (round < 2)
			before = after;
	}
	fail_msg("%s: each time %ld blocks of the heap, %ld pages and %d descriptors are left behind", refuse_what(),
		 after.allocations.blocks - before.allocations.blocks, after.allocations.pages - before.allocations.pages,
		 after.descriptors - before.descriptors);
}

static void tell_where(int signal_number)
{
	char text[256];
	int bytes = snprintf(text, sizeof(text), "%s: signal %d at %s\n", trial.scenario->name, signal_number, refuse_what());

	bytes = (int)write(STDERR_FILENO, text, (size_t)bytes);
	(void)bytes;
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

static void run_scenario(void **state)
{
	const struct scenario *scenario = *state;
	unsigned int stride = trial.stride == 1 || scenario->stride == 0 ? trial.stride : scenario->stride;
	size_t happened = 0, tried = 0;

	trial.scenario = scenario;
	signal(SIGALRM, tell_where);
	signal(SIGSEGV, tell_where);
	/* The first run warms what is kept for good; the second is counted. */
	run_at(scenario, REFUSE_NOTHING);
	run_at(scenario, REFUSE_NOTHING);
	const size_t points = refuse_points();
	/* Of few points one. */
	size_t first = stride / 2 < points ? stride / 2 : points / 2, end = points;
	if (trial.only != REFUSE_NOTHING) {
		first = trial.only;
		end = first + 1;
	}
	struct holdings before = holdings_now();
	for (size_t point = first; point < end; point += stride, tried++)
		happened += run_at(scenario, point);
	struct holdings after = holdings_settled(&before);
	if (holds_more(&after, &before))
		for (size_t point = first; point < end; point += stride)
			expect_no_leak_at(scenario, point);
	trial.refused += happened;
	print_message("%zu points, %zu tried, %zu refused\n", points, tried, happened);
}

/* Where a test fails inside run_at(), this is what is still to say, and to undo. */
static int after_scenario(void **state)
{
	(void)state;
	if (refuse_end())
		print_message("the last refusal: %s\n", refuse_what());
	return 0;
}

int trial_run(const struct scenario *const *groups, unsigned int stride, const char *only, size_t point)
{
	struct CMUnitTest tests[MOST_SCENARIOS];
	size_t count = 0;

	trial.stride = stride ? stride : 1;
	trial.only = point;
	for (; *groups; groups++)
		for (const struct scenario *scenario = *groups; scenario->name; scenario++) {
			if (only && strcmp(scenario->name, only) != 0)
				continue;
			assert_true(count < MOST_SCENARIOS);
			tests[count++] = (struct CMUnitTest){ .name = scenario->name,
							      .test_func = run_scenario,
							      .teardown_func = after_scenario,
							      .initial_state = (void *)(uintptr_t)scenario };
		}
	if (count == 0) {
		fprintf(stderr, "no scenario \"%s\"\n", only);
		return 2;
	}
	const int failed = _cmocka_run_group_tests("scenarios", tests, count, NULL, NULL);
	if (failed == 0 && !only && trial.refused == 0) {
		fprintf(stderr, "nothing was ever refused\n");
		return 1;
	}
	return failed;
}
