/* engine.c - asking for, and demanding, the engine that does a job on a handle. */
#include "handle/engine.h"
#include "handle/handle.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;       /* in the environment variable */
	const char *engines[3]; /* what may be demanded; ends with NULL */
} jobs[CST_JOBS] = {
	[CAPSTAN_CAPTURE] = { "capture", { NULL } },
	[CAPSTAN_TRANSMIT] = { "transmit", { "xdp", "socket", NULL } },
	[CAPSTAN_STATISTICS] = { "statistics", { "ebpf", "user", NULL } },
};

/* The table's own string for the `bytes` at `name`, which outlives the caller's. NULL: no engine of that name. */
static const char *find_engine(enum capstan_job job, const char *name, size_t bytes)
{
	for (const char *const *engine = jobs[job].engines; *engine; engine++)
		if (strlen(*engine) == bytes && memcmp(*engine, name, bytes) == 0)
			return *engine;
	return NULL;
}

/* What "job=engine,job=engine" says of this one. */
static const char *in_environment(enum capstan_job job)
{
	const char *rest = secure_getenv(CAPSTAN_ENGINE_VARIABLE);
	const size_t name_bytes = strlen(jobs[job].name);

	while (rest && *rest) {
		const size_t bytes = strcspn(rest, ",");

		if (bytes > name_bytes && memcmp(rest, jobs[job].name, name_bytes) == 0 && rest[name_bytes] == '=')
			return find_engine(job, rest + name_bytes + 1, bytes - name_bytes - 1);
		rest += bytes + (rest[bytes] == ',');
	}
	return NULL;
}

const char *cst_engine_demanded(const pcap_t *p, enum capstan_job job)
{
	return p->engines[job] ? p->engines[job] : in_environment(job);
}

static bool is_job(enum capstan_job job)
{
	return (unsigned int)job < CST_JOBS;
}

const char *capstan_engine(pcap_t *p, enum capstan_job job)
{
	if (!is_job(job)) {
		cst_fail(p, PCAP_ERROR, "there is no job %d that an engine could do", (int)job);
		return NULL;
	}
	if (cst_need_source(p, p->ops && p->ops->engine, "choosing between engines") < 0)
		return NULL;
	return p->ops->engine(p, job);
}

int capstan_set_engine(pcap_t *p, enum capstan_job job, const char *name)
{
	if (!is_job(job))
		return cst_fail(p, PCAP_ERROR, "there is no job %d that an engine could do", (int)job);
	if (!name || strcmp(name, "auto") == 0) {
		p->engines[job] = NULL;
		return 0;
	}
	const char *engine = find_engine(job, name, strlen(name));
	if (!engine)
		return cst_fail(p, PCAP_ERROR, "there is no engine \"%s\" to choose for %s", name, jobs[job].name);
	p->engines[job] = engine;
	return 0;
}
