/* oid_netlink_none.c - in the place of oid_netlink.c where the library was built without libnl. */
#include "npcap/oid.h"

static uint32_t none(struct oid_subject *s)
{
	return cst_oid_fail(s, CODE_NOT_SUPPORTED, "needs netlink, and this library was built without libnl");
}

uint32_t cst_oid_read_link(struct oid_subject *s)
{
	return none(s);
}

uint32_t cst_oid_read_mac(struct oid_subject *s)
{
	return none(s);
}

uint32_t cst_oid_read_wifi(struct oid_subject *s)
{
	return none(s);
}

uint32_t cst_oid_read_queue_length(struct oid_subject *s, uint32_t *packets)
{
	*packets = 0;
	return none(s);
}
