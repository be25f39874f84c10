/* pcapng_blocks_options.c - reading options: into members where there are, else into the list `more`.
 * draft-ietf-opsawg-pcapng, section 3.5. */
#include "savefile/pcapng_blocks_options.h"

#include "base/error.h"

#include <string.h>

static void *member(const struct cst_pcapng_field *field, void *block)
{
	return (char *)block + field->member;
}

/* In place: there is always something in front of a text (a header, or the octet of a filter) that has been read, so it
 * moves a byte ahead, and a NUL has room behind it. */
static const char *end_text(uint8_t *text, size_t length)
{
	uint8_t *const to = text - 1;

	memmove(to, text, length);
	to[length] = '\0';
	return (const char *)to;
}

static void take_value(const struct cst_pcapng_section *s, const struct cst_pcapng_fields *table,
		       const struct cst_pcapng_field *field, void *block, uint8_t *value, uint16_t length)
{
	void *const to = member(field, block);

	switch (field->form) {
	case CST_NG_TEXT:
		*(const char **)to = end_text(value, length);
		return;
	case CST_NG_FILTER:
		*(const char **)to = end_text(value + 1, length - 1u);
		return;
	case CST_NG_BYTE:
		*(uint8_t *)to = *value;
		break;
	case CST_NG_32:
		*(uint32_t *)to = cst_pcapng_get32(s, value);
		break;
	case CST_NG_64:
		*(uint64_t *)to = cst_pcapng_get64(s, value);
		break;
	default:
		*(uint64_t *)to = (uint64_t)cst_pcapng_get32(s, value) << 32 | cst_pcapng_get32(s, value + 4);
	}
	*(uint32_t *)(void *)((char *)block + table->present) |= field->present;
}

/* A number of 4 or 8 bytes to this host's order. */
static void turn_number(const struct cst_pcapng_section *s, uint8_t *at, size_t bytes)
{
	if (bytes == 4) {
		const uint32_t v = cst_pcapng_get32(s, at);
		memcpy(at, &v, sizeof(v));
	} else if (bytes == 8) {
		const uint64_t v = cst_pcapng_get64(s, at);
		memcpy(at, &v, sizeof(v));
	}
}

/* The value of an option of the list: the bytes are the caller's to change. */
static uint8_t *value_of(uint8_t *list, const struct cst_pcapng_option *option)
{
	return list + (option->value - list);
}

static bool goes_to_member(const struct cst_pcapng_fields *table, const struct cst_pcapng_field *field,
			   const void *block, const struct cst_pcapng_option *option)
{
	return field && !cst_pcapng_field_said(table, field, block) &&
	       cst_pcapng_field_fits(field, option->value, option->length);
}

/* How many options there are; -1 with `why`: the list is damaged. */
static int64_t count_options(const struct cst_pcapng_section *s, const uint8_t *at, const uint8_t *end, char *why)
{
	struct cst_pcapng_option option;
	int64_t count = 0;
	int status;

	while ((status = cst_pcapng_next_option(s, &at, end, &option, why)) == 1) {
		if (cst_pcapng_is_custom(option.code) && option.length < 4) {
			cst_error(why, "has a custom option of %u bytes, and its enterprise number alone takes 4",
				  option.length);
			return -1;
		}
		count++;
	}
	return status < 0 ? -1 : count;
}

bool cst_pcapng_take_options(const struct cst_pcapng_section *s, const struct cst_pcapng_fields *table, void *block,
			     uint8_t *at, uint8_t *end, struct cst_arena *arena, char *why)
{
	struct capstan_pcapng_options *options = (void *)((char *)block + table->options);
	const int64_t count = count_options(s, at, end, why);

	if (count <= 0)
		return count == 0;
	struct capstan_pcapng_option *more = cst_arena_take(arena, (size_t)count * sizeof(*more));
	if (!more) {
		cst_error(why, "has %lld options, for which there is no memory", (long long)count);
		return false;
	}
	struct cst_pcapng_option option;
	const uint8_t *next = at;
	while (cst_pcapng_next_option(s, &next, end, &option, why) == 1) {
		const struct cst_pcapng_field *field = cst_pcapng_field_of(table, option.code);
		uint8_t *value = value_of(at, &option);
		if (goes_to_member(table, field, block, &option)) {
			take_value(s, table, field, block, value, option.length);
			continue;
		}
		size_t bytes;
		const size_t where = cst_pcapng_number_in(table, option.code, value, option.length, &bytes);
		turn_number(s, value + where, bytes);
		more[options->more_count++] = (struct capstan_pcapng_option){ option.code, option.length, value };
	}
	options->more = options->more_count > 0 ? more : NULL;
	return true;
}

bool cst_pcapng_turn_options(const struct cst_pcapng_section *s, uint8_t *at, uint8_t *end, char *why)
{
	struct cst_pcapng_option option;
	const uint8_t *next = at;
	int status;

	while ((status = cst_pcapng_next_option(s, &next, end, &option, why)) == 1) {
		uint8_t *value = value_of(at, &option);
		const struct cst_pcapng_option_header header = { option.code, option.length };
		memcpy(value - sizeof(header), &header, sizeof(header));
		if (cst_pcapng_is_custom(option.code) && option.length >= 4)
			turn_number(s, value, 4);
	}
	return status == 0;
}
