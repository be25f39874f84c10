/* pcapng_write_options.c - measuring and writing options: the members' in the order of the table, then `more`.
 * draft-ietf-opsawg-pcapng, section 3.5. */
#include "savefile/pcapng_write_options.h"

#include "base/error.h"
#include "savefile/stream.h"

#include <string.h>

#define HEADER_BYTES sizeof(struct cst_pcapng_option_header)

static int64_t refuse(char *why, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int64_t refuse(char *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	cst_error_va(why, fmt, ap);
	va_end(ap);
	return -1;
}

static const void *member(const struct cst_pcapng_field *field, const void *block)
{
	return (const char *)block + field->member;
}

static const struct capstan_pcapng_options *options_of(const struct cst_pcapng_fields *table, const void *block)
{
	return (const void *)((const char *)block + table->options);
}

/* Of the value of a member that is said. */
static size_t value_bytes(const struct cst_pcapng_field *field, const void *block)
{
	switch (field->form) {
	case CST_NG_TEXT:
		return strlen(*(const char *const *)member(field, block));
	case CST_NG_FILTER:
		return 1 + strlen(*(const char *const *)member(field, block));
	case CST_NG_BYTE:
		return 1;
	case CST_NG_32:
		return 4;
	default:
		return 8;
	}
}

/* What is written as it is must still be an option, and read back as what it was. */
static int64_t check_more(const struct cst_pcapng_fields *table, const void *block,
			  const struct capstan_pcapng_option *option, char *why)
{
	if (option->code == CST_NG_END_OF_OPTIONS)
		return refuse(why, "%s: an option in `more` has code 0, which ends the list", table->block);
	if (option->length > 0 && !option->value)
		return refuse(why, "%s: option %u in `more` has %u bytes and the value NULL", table->block,
			      option->code, option->length);
	if (cst_pcapng_is_custom(option->code) && option->length < 4)
		return refuse(why,
			      "%s: custom option %u in `more` has %u bytes, and its enterprise number alone takes 4",
			      table->block, option->code, option->length);
	const struct cst_pcapng_field *field = cst_pcapng_field_of(table, option->code);
	if (!field)
		return 0;
	if (field->once)
		return refuse(why, "%s: option %u in `more` has a member, %s, and stands there at most once",
			      table->block, option->code, field->name);
	if (!cst_pcapng_field_said(table, field, block) &&
	    cst_pcapng_field_fits(field, option->value ? option->value : "", option->length))
		return refuse(why, "%s: option %u in `more` has a member, %s, which does not say anything",
			      table->block, option->code, field->name);
	return 0;
}

int64_t cst_pcapng_options_bytes(const struct cst_pcapng_fields *table, const void *block, char *why)
{
	const struct capstan_pcapng_options *options = options_of(table, block);
	int64_t bytes = 0;

	for (unsigned int i = 0; i < table->count; i++) {
		const struct cst_pcapng_field *field = &table->fields[i];
		if (!cst_pcapng_field_said(table, field, block))
			continue;
		const size_t value = value_bytes(field, block);
		if (value > UINT16_MAX)
			return refuse(why, "%s: %s is a text of %zu bytes, and an option has at most 65,535",
				      table->block, field->name, value);
		bytes += (int64_t)(HEADER_BYTES + cst_pcapng_padded(value));
	}
	if (options->more_count > 0 && !options->more)
		return refuse(why, "%s: there are %u options in `more`, which is NULL", table->block,
			      options->more_count);
	for (unsigned int i = 0; i < options->more_count; i++) {
		if (check_more(table, block, &options->more[i], why) < 0)
			return -1;
		bytes += (int64_t)(HEADER_BYTES + cst_pcapng_padded(options->more[i].length));
	}
	return bytes > 0 ? bytes + (int64_t)HEADER_BYTES : 0;
}

static void put_header(FILE *file, uint16_t code, size_t length)
{
	const struct cst_pcapng_option_header header = { code, (uint16_t)length };

	cst_stream_put(file, &header, sizeof(header));
}

static void put_padding(FILE *file, size_t length)
{
	static const char zeros[3];

	cst_stream_put(file, zeros, cst_pcapng_padded(length) - length);
}

static void put_value(FILE *file, const struct cst_pcapng_field *field, const void *block, size_t bytes)
{
	const void *const value = member(field, block);

	switch (field->form) {
	case CST_NG_TEXT:
		cst_stream_put(file, *(const char *const *)value, bytes);
		break;
	case CST_NG_FILTER:
		cst_stream_put(file, "", 1);
		cst_stream_put(file, *(const char *const *)value, bytes - 1);
		break;
	case CST_NG_STAMP: {
		const uint64_t stamp = *(const uint64_t *)value;
		const uint32_t halves[2] = { (uint32_t)(stamp >> 32), (uint32_t)stamp };
		cst_stream_put(file, halves, sizeof(halves));
		break;
	}
	default:
		cst_stream_put(file, value, bytes);
	}
}

void cst_pcapng_put_options(FILE *file, const struct cst_pcapng_fields *table, const void *block)
{
	const struct capstan_pcapng_options *options = options_of(table, block);
	bool any = options->more_count > 0;

	for (unsigned int i = 0; i < table->count; i++) {
		const struct cst_pcapng_field *field = &table->fields[i];
		if (!cst_pcapng_field_said(table, field, block))
			continue;
		const size_t bytes = value_bytes(field, block);
		put_header(file, field->code, bytes);
		put_value(file, field, block, bytes);
		put_padding(file, bytes);
		any = true;
	}
	for (unsigned int i = 0; i < options->more_count; i++) {
		const struct capstan_pcapng_option *option = &options->more[i];
		put_header(file, option->code, option->length);
		if (option->length > 0)
			cst_stream_put(file, option->value, option->length);
		put_padding(file, option->length);
	}
	if (any)
		put_header(file, CST_NG_END_OF_OPTIONS, 0);
}
