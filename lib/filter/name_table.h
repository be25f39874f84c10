/* name_table.h - tables of words with a number each, such as the names of 802.11 subtypes. */
#ifndef CST_FILTER_NAME_TABLE_H
#define CST_FILTER_NAME_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct cst_name {
	const char *name;
	uint32_t value;
};

/* The row of `name`, in any case of letters; NULL: there is none. */
const struct cst_name *cst_name_find(const struct cst_name *words, size_t count, const char *name);

/* The name in the table that was probably meant by `name`, see near.h. NULL: none is near. */
const char *cst_name_near(const struct cst_name *words, size_t count, const char *name);

#endif
