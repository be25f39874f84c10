/* display.h - fields of display filters, which people write by mistake. */
#ifndef CST_FILTER_DISPLAY_H
#define CST_FILTER_DISPLAY_H

#include <stddef.h>

/* What a capture filter says in place of the field of this name; NULL: none that is known. */
const char *cst_display_field(const char *text, size_t length);

#endif
