/* pacing.c - waiting for an instant: sleep for the most of it, spin for the rest.
 *
 * A sleep ends late by what the kernel and the machine under it take to wake a thread, which differs from machine to
 * machine and from load to load: so it is measured with each sleep, and the next is ended that much earlier. All
 * deadlines are absolute: a wait that ends late makes no later one late. */
#include "npcap/pacing.h"

#include "base/clock.h"
#include "handle/handle.h"
#include "handle/pause.h"

#include <sys/prctl.h>

/* The assumption before the first sleep has been seen, and its bounds. */
#define FIRST_GUESS_NS 200000
#define LEAST_NS       5000
#define MOST_NS        300000
/* One sleep that is later than assumed raises the assumption by a quarter, each other one lowers it by one part in 2,800:
 * they balance where one sleep in 600 is later. A single disturbance, however long, costs little. */
#define RAISE 4
#define LOWER 2800
/* No sleep for less: a processor that rests for a moment only, under a hypervisor above all, gets up late. */
#define SHORTEST_SLEEP_NS 250000
/* A wait that pcap_breakloop() is to end at once is one in ppoll(2), which may be late by 0.1 % and more. */
#define LONG_NS        (4 * CST_NS_PER_MS)
#define LONG_PRECISION 256

void cst_pacer_begin(struct cst_pacer *pacer)
{
	int slack = prctl(PR_GET_TIMERSLACK);

	*pacer = (struct cst_pacer){ .oversleep_ns = FIRST_GUESS_NS, .timer_slack_ns = slack };
	prctl(PR_SET_TIMERSLACK, 1);
}

void cst_pacer_end(const struct cst_pacer *pacer)
{
	/* 0 would mean the process's default; a real-time thread has 0 and keeps it whatever is set. */
	if (pacer->timer_slack_ns > 0)
		prctl(PR_SET_TIMERSLACK, pacer->timer_slack_ns);
}

static void relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

static void learn(struct cst_pacer *pacer, int64_t oversleep_ns)
{
	int64_t assumed = pacer->oversleep_ns;

	assumed += oversleep_ns > assumed ? assumed / RAISE : -assumed / LOWER;
	pacer->oversleep_ns = assumed < LEAST_NS ? LEAST_NS : assumed > MOST_NS ? MOST_NS : assumed;
}

/* Sleep until `wake_ns`, or a signal. */
static void sleep_until(struct cst_pacer *pacer, int64_t wake_ns)
{
	const struct timespec wake = { .tv_sec = (time_t)(wake_ns / CST_NS_PER_SEC),
				       .tv_nsec = (long)(wake_ns % CST_NS_PER_SEC) };

	if (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &wake, NULL) == 0)
		learn(pacer, cst_now_ns() - wake_ns);
}

int cst_pacer_wait(pcap_t *p, struct cst_pacer *pacer, int64_t due_ns)
{
	for (;;) {
		const int64_t left = due_ns - cst_now_ns();

		if (atomic_load_explicit(&p->break_loop, memory_order_relaxed))
			return PCAP_ERROR_BREAK;
		if (left <= 0)
			return 0;
		if (left > LONG_NS) {
			int status = cst_pause(p, -1, 0, due_ns - LONG_NS / 2 - left / LONG_PRECISION);
			if (status < 0)
				return status;
		} else if (left > pacer->oversleep_ns + LEAST_NS && left > SHORTEST_SLEEP_NS) {
			sleep_until(pacer, due_ns - pacer->oversleep_ns);
		} else {
			relax();
		}
	}
}
