/* pcapng_fields.h - which options of a block have members in the structs of capstan/pcapng.h, and how they lie in the
 * file: one table a kind of block, for the writer and the reader. draft-ietf-opsawg-pcapng. */
#ifndef CST_SAVEFILE_PCAPNG_FIELDS_H
#define CST_SAVEFILE_PCAPNG_FIELDS_H

#include "savefile/pcapng_format.h"

#include <capstan/pcapng.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No block may be larger (libpcap's bound), packets aside. */
#define CST_NG_LARGEST_BLOCK ((uint32_t)16 << 20)
/* What a packet block may have besides the longest packet of its link type. */
#define CST_NG_BESIDE_PACKET ((uint32_t)1 << 20)

enum cst_pcapng_form {
	CST_NG_TEXT,   /* const char *, in the file without NUL */
	CST_NG_FILTER, /* the same behind an octet 0 */
	CST_NG_BYTE,
	CST_NG_32,
	CST_NG_64,
	CST_NG_STAMP, /* uint64_t, in the file its upper half first */
};

struct cst_pcapng_field {
	uint16_t code;
	uint8_t form;
	bool once;	  /* others of the code in `more` would make the file mean something else */
	uint16_t member;  /* where in the struct */
	uint32_t present; /* numbers: the bit that says whether the member counts */
	const char *name; /* of the member, for texts */
};

struct cst_pcapng_fields {
	const char *block; /* "an interface description" */
	const struct cst_pcapng_field *fields;
	uint16_t count;
	uint16_t present, options; /* where in the struct; no `present` without numbers */
};

extern const struct cst_pcapng_fields cst_pcapng_section_fields, cst_pcapng_interface_fields, cst_pcapng_packet_fields,
	cst_pcapng_names_fields, cst_pcapng_statistics_fields;

/* NULL: options of this code have no member. */
const struct cst_pcapng_field *cst_pcapng_field_of(const struct cst_pcapng_fields *table, uint16_t code);

/* Can the member hold this value? */
bool cst_pcapng_field_fits(const struct cst_pcapng_field *field, const void *value, uint16_t length);

/* Is the member said? `block` is the struct. */
bool cst_pcapng_field_said(const struct cst_pcapng_fields *table, const struct cst_pcapng_field *field,
			   const void *block);

bool cst_pcapng_is_custom(uint16_t code);

/* Where a number that may be in either byte order begins in an option without member, and in *bytes its size; 0: none.
 */
size_t cst_pcapng_number_in(const struct cst_pcapng_fields *table, uint16_t code, const uint8_t *value, uint16_t length,
			    size_t *bytes);

/* The largest block with packets of `dlt`. */
uint32_t cst_pcapng_largest_packet_block(int dlt);

/* Of an address in a name record; `kind` is one of enum capstan_pcapng_address_kind. */
static inline size_t cst_pcapng_address_bytes(unsigned int kind)
{
	static const uint8_t bytes[] = {
		[CAPSTAN_PCAPNG_IPV4] = 4,
		[CAPSTAN_PCAPNG_IPV6] = 16,
		[CAPSTAN_PCAPNG_EUI48] = 6,
		[CAPSTAN_PCAPNG_EUI64] = 8,
	};

	return bytes[kind];
}

static inline size_t cst_pcapng_padded(size_t bytes)
{
	return (bytes + 3) & ~(size_t)3;
}

#endif
