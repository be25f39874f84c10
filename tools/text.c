/* text.c - a formatted text that never outgrows its room. */
#include "text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void text_put(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int length;

	if (!t->at)
		return;
	va_start(ap, fmt);
	length = vsnprintf(t->at, t->room, fmt, ap);
	va_end(ap);
	if (length < 0)
		return;
	if ((size_t)length >= t->room)
		length = (int)t->room - 1;
	t->at += length;
	t->room -= (size_t)length;
}

/* How many bytes the character at `at` has; 0: it is none that a line of text may have in it, but a control character (C0,
 * DEL, or C1, which is U+0080 to U+009F) or a byte that is no UTF-8. */
static size_t harmless(const char *at)
{
	static const uint32_t least[] = { [2] = 0xa0, [3] = 0x800, [4] = 0x10000 }; /* shorter forms are the right ones */
	const uint8_t *byte = (const uint8_t *)at;
	size_t length = byte[0] >= 0xf0 ? 4 : byte[0] >= 0xe0 ? 3 : 2;
	uint32_t character = byte[0] & (0x7fu >> length);

	if (byte[0] < 0x80)
		return byte[0] >= 0x20 && byte[0] != 0x7f;
	if (byte[0] < 0xc0 || byte[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((byte[i] & 0xc0) != 0x80)
			return 0;
		character = character << 6 | (byte[i] & 0x3f);
	}
	if (character < least[length] || character > 0x10ffff || (character >= 0xd800 && character <= 0xdfff))
		return 0;
	return length;
}

void text_put_foreign(struct text *t, const char *foreign)
{
	if (!t->at)
		return;
	while (*foreign) {
		size_t bytes = harmless(foreign), shown = bytes ? bytes : 1;

		if (t->room <= shown)
			break;
		memcpy(t->at, bytes ? foreign : " ", shown);
		t->at += shown;
		t->room -= shown;
		foreign += shown;
	}
	*t->at = '\0';
}
