/* sources.c - the table of live sources, most particular first: the one place that knows them all. */
#include "handle/source.h"
#include "linux/sources.h"

const struct live_source *const cst_live_sources[] = {
	&cst_any_source,
	&cst_interface_source,
	NULL,
};
