/* interrupt.c - the signal handler, which only a variable of the process can reach. */
#include "interrupt.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

static _Atomic(pcap_t *) breakable;
static volatile sig_atomic_t seen;

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

static void on_signal(int signal_number)
{
	pcap_t *p = atomic_load(&breakable);

	(void)signal_number;
	seen = 1;
	if (p)
		pcap_breakloop(p);
}

static void set_handler(void (*handler)(int))
{
	/* No SA_RESTART: whatever the signal finds waiting has to return. */
	struct sigaction action = { .sa_handler = handler };

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct sigaction present;

		/* nohup(1) has said that it is not for us. (A shell says so of SIGINT, too, for jobs in the background,
		 * and whoever sends one to such a job means it.) */
		if (signals[i] == SIGHUP && sigaction(SIGHUP, NULL, &present) == 0 && present.sa_handler == SIG_IGN)
			continue;
		sigaction(signals[i], &action, NULL);
	}
}

void interrupt_break(pcap_t *p)
{
	atomic_store(&breakable, p);
	set_handler(on_signal);
}

bool interrupt_seen(void)
{
	return seen;
}

void interrupt_release(void)
{
	set_handler(SIG_DFL);
	atomic_store(&breakable, NULL);
}
