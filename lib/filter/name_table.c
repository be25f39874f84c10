/* name_table.c - finding a word in a table, or the one that was meant. */
#include "filter/name_table.h"

#include "filter/near.h"

#include <strings.h>

const struct cst_name *cst_name_find(const struct cst_name *words, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcasecmp(words[i].name, name) == 0)
			return &words[i];
	}
	return NULL;
}

const char *cst_name_near(const struct cst_name *words, size_t count, const char *name)
{
	struct cst_near near;
	cst_near_begin(&near, name);
	for (size_t i = 0; i < count; i++)
		cst_near_offer(&near, words[i].name);
	return near.found;
}
