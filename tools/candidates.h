/* candidates.h - what arguments of more than one command may be. */
#ifndef CAPSTAN_CANDIDATES_H
#define CAPSTAN_CANDIDATES_H

#include "complete.h"

extern const struct candidates device_candidates, file_candidates, linktype_candidates, filter_candidates, oid_candidates,
	program_candidates, user_candidates;

#endif
