/* sampling.c - pcap_setsampling(): which of the packets that the filter accepted are left out. One code for every source. */
#include "handle/handle.h"

#define US_PER_SEC 1000000LL
#define NS_PER_SEC 1000000000LL
#define MS_PER_SEC 1000LL

struct pcap_samp *pcap_setsampling(pcap_t *p)
{
	p->sampled = true;
	cst_sampling_mark(p);
	return &p->sampling.wish;
}

void cst_sampling_mark(pcap_t *p)
{
	struct cst_batch *b = &p->batch;

	for (unsigned int i = b->next; i < b->count; i++)
		if (!(b->packets[i].flags & CST_PKT_RECORD))
			b->packets[i].flags |= CST_PKT_SAMPLED;
}

/* One, then value - 1 left out. */
static bool is_nth(struct cst_sampling *s)
{
	if (s->skip > 0) {
		s->skip--;
		return false;
	}
	s->skip = (uint32_t)s->begun.value - 1;
	return true;
}

/* Are two time stamps less than `ms` apart, whichever comes first? A savefile's may be anything. */
static bool is_near(const pcap_t *p, const struct timeval *a, const struct timeval *b, int ms)
{
	int64_t units = p->options.tstamp_precision == PCAP_TSTAMP_PRECISION_NANO ? NS_PER_SEC : US_PER_SEC;
	int64_t seconds, parts, most = ms / MS_PER_SEC + 1;

	if (__builtin_sub_overflow((int64_t)a->tv_sec, (int64_t)b->tv_sec, &seconds) || seconds > most || seconds < -most ||
	    __builtin_sub_overflow((int64_t)a->tv_usec, (int64_t)b->tv_usec, &parts) || parts > units || parts < -units)
		return false;
	int64_t apart = seconds * units + parts;
	return (apart < 0 ? -apart : apart) < ms * (units / MS_PER_SEC);
}

/* A clock that was set back must not silence the capture until it is where it was, hence "near" and not "before". */
static bool is_late_enough(pcap_t *p, const struct timeval *ts)
{
	struct cst_sampling *s = &p->sampling;

	if (s->any && is_near(p, ts, &s->last, s->begun.value))
		return false;
	s->any = true;
	s->last = *ts;
	return true;
}

bool cst_sampling_takes(pcap_t *p, const struct pcap_pkthdr *h)
{
	struct cst_sampling *s = &p->sampling;

	if (s->wish.method != s->begun.method || s->wish.value != s->begun.value)
		*s = (struct cst_sampling){ .wish = s->wish, .begun = s->wish };
	if (s->begun.value <= 0)
		return true;
	switch (s->begun.method) {
	case PCAP_SAMP_1_EVERY_N: return is_nth(s);
	case PCAP_SAMP_FIRST_AFTER_N_MS: return is_late_enough(p, &h->ts);
	default: return true;
	}
}
