/* xdp_live_none.c - what xdp_live.c is where the library was built without libbpf: nothing can be opened. */
#include "linux/xdp_live.h"

#include <errno.h>

struct cst_xdp_live *cst_xdp_live_open(unsigned int ifindex, enum cst_xdp_way way, const char **what)
{
	(void)ifindex;
	(void)way;
	*what = "the library was built without libbpf";
	errno = ENOSYS;
	return NULL;
}

void cst_xdp_live_close(struct cst_xdp_live *live)
{
	(void)live;
}

bool cst_xdp_live_hasten(struct cst_xdp_live *live)
{
	(void)live;
	return false;
}

uint32_t cst_xdp_live_fill(struct cst_xdp_live *live, const struct cst_frame *frames, size_t count)
{
	(void)live;
	(void)frames;
	(void)count;
	return 0;
}

int cst_xdp_live_run(struct cst_xdp_live *live, struct cst_xdp_run *run)
{
	(void)live;
	*run = (struct cst_xdp_run){ .error = ENOSYS };
	errno = ENOSYS;
	return -1;
}

uint32_t cst_xdp_live_waiting(const struct cst_xdp_live *live)
{
	(void)live;
	return 0;
}

bool cst_xdp_egress_programs(unsigned int ifindex)
{
	(void)ifindex;
	return false;
}
