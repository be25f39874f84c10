/* oid_text.h - values of OIDs as people read and write them. */
#ifndef CAPSTAN_OID_TEXT_H
#define CAPSTAN_OID_TEXT_H

#include <capstan/oid.h>
#include <stdbool.h>
#include <stddef.h>

/* The answer of `bytes` bytes as one line into `text`, cut to fit; facts NULL, or of a form without words: as bytes. */
void oid_to_text(const struct capstan_oid *facts, const unsigned char *data, size_t bytes, char *text, size_t room);
/* The bytes that `text` stands for into `data`, *bytes of room, then as many as there are. false: it stands for none. */
bool oid_from_text(const struct capstan_oid *facts, const char *text, unsigned char *data, size_t *bytes);

#endif
