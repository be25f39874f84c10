/* diagnose.c - keeping the first error of a compilation. */
#include "filter/diagnose.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What may be shown on a terminal: UTF-8 (RFC 3629) without control characters. By its first byte, how many follow, and
 * the range of the first of these; the others are 0x80 to 0xbf. */
static const struct {
	unsigned char first, last, more, low, high;
} characters[] = {
	{ ' ', '~', 0, 0, 0 },	       { 0xc2, 0xc2, 1, 0xa0, 0xbf }, { 0xc3, 0xdf, 1, 0x80, 0xbf },
	{ 0xe0, 0xe0, 2, 0xa0, 0xbf }, { 0xe1, 0xec, 2, 0x80, 0xbf }, { 0xed, 0xed, 2, 0x80, 0x9f },
	{ 0xee, 0xef, 2, 0x80, 0xbf }, { 0xf0, 0xf0, 3, 0x90, 0xbf }, { 0xf1, 0xf3, 3, 0x80, 0xbf },
	{ 0xf4, 0xf4, 3, 0x80, 0x8f },
};

/* The bytes of the character that `text` begins with; 0: it is none, or not to be shown. */
static size_t character_size(const unsigned char *text)
{
	size_t i = 0, count = sizeof(characters) / sizeof(characters[0]);

	while (i < count && (*text < characters[i].first || *text > characters[i].last))
		i++;
	if (i == count)
		return 0;
	for (size_t more = 1; more <= characters[i].more; more++) {
		unsigned char low = more == 1 ? characters[i].low : 0x80, high = more == 1 ? characters[i].high : 0xbf;
		if (text[more] < low || text[more] > high)
			return 0;
	}
	return 1 + characters[i].more;
}

/* What errors quote may be any bytes, and cut anywhere. */
static void clean(char *text)
{
	while (*text) {
		size_t size = character_size((const unsigned char *)text);
		if (size == 0)
			*text++ = '?';
		text += size;
	}
}

void *cst_diagnose(struct cst_diagnosis *diagnosis, struct ast_span at, const char *format, ...)
{
	if (diagnosis->failed)
		return NULL;
	diagnosis->failed = true;
	diagnosis->at = at;
	char place[32] = "";
	if (at.length > 0)
		snprintf(place, sizeof(place), " at column %lu", (unsigned long)at.start + 1);
	/* The column is what must not be cut off. */
	size_t room = sizeof(diagnosis->message) - strlen(place);
	va_list ap;
	va_start(ap, format);
	vsnprintf(diagnosis->message, room, format, ap);
	va_end(ap);
	clean(diagnosis->message);
	strcat(diagnosis->message, place);
	return NULL;
}

void *cst_diagnose_memory(struct cst_diagnosis *diagnosis)
{
	return cst_diagnose(diagnosis, (struct ast_span){ 0, 0 },
			    "out of memory: the filter needs more than there is, or more than a compilation may take");
}
