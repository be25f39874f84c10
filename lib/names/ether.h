/* ether.h - Ethernet addresses from text. */
#ifndef CST_NAMES_ETHER_H
#define CST_NAMES_ETHER_H

#include <stdbool.h>
#include <stdint.h>

/* Value of the hexadecimal digit `c`, -1 if it is none. */
int cst_hex_digit(int c);

/* Read the whole of `text` as an Ethernet address: six octets of one or two hexadecimal digits with one kind of
 * separator (':', '-' or '.'), xxxx.xxxx.xxxx, or twelve digits. Returns false for anything else; `addr` is then
 * undefined. */
bool cst_ether_parse(const char *text, uint8_t addr[static 6]);

#endif
