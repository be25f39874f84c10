/* mtp2.h - which link types carry MTP2. */
#ifndef CST_FILTER_MTP2_H
#define CST_FILTER_MTP2_H

#include "filter/gen.h"

/* Where the signal unit begins on `dlt`; false: nowhere. */
bool cst_mtp2_begin(int dlt, uint32_t *begin);

#endif
