/* linktype.h - which link type a Linux interface gives, by its ARPHRD_* hardware type. */
#ifndef CST_LINUX_LINKTYPE_H
#define CST_LINUX_LINKTYPE_H

#include <stdbool.h>

struct cst_hardware {
	int arphrd;
	bool cooked;    /* frames come without a link-layer header that could be used; a cooked one is put before them */
	bool listed;    /* false: the catch-all row, for hardware that we know nothing of */
	int dlts[4];    /* the default first; ends with -1 */
};

/* Never NULL: what the table does not know is captured cooked. */
const struct cst_hardware *cst_hardware_find(int arphrd);

#endif
