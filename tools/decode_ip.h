/* decode_ip.h - who talks to whom in what follows an EtherType. */
#ifndef CAPSTAN_DECODE_IP_H
#define CAPSTAN_DECODE_IP_H

#include "decode.h"
#include "text.h"
#include "view.h"

void decode_put_mac(struct text *t, const uint8_t mac[static 6]);

struct decode_protocol decode_ipv4(struct text *t, struct view v);
struct decode_protocol decode_ipv6(struct text *t, struct view v);
/* By the version in its first byte. */
struct decode_protocol decode_ip(struct text *t, struct view v);
struct decode_protocol decode_arp(struct text *t, struct view v);

#endif
