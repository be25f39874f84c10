/* ring_handoff.h - who owns a ring unit: the status word, read with acquire and written with release, here alone. */
#ifndef CST_LINUX_RING_HANDOFF_H
#define CST_LINUX_RING_HANDOFF_H

#include <linux/if_packet.h>
#include <stdbool.h>
#include <stdint.h>

static inline bool cst_unit_is_ours(const uint32_t *status)
{
	return __atomic_load_n(status, __ATOMIC_ACQUIRE) & TP_STATUS_USER;
}

/* For one that the kernel will not touch any more. */
static inline void cst_unit_take(uint32_t *status)
{
	__atomic_store_n(status, TP_STATUS_USER, __ATOMIC_RELEASE);
}

static inline void cst_unit_give_back(uint32_t *status)
{
	__atomic_store_n(status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
}

#endif
