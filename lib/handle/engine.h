/* engine.h - what was demanded of the choice between engines (capstan/engine.h). */
#ifndef CST_HANDLE_ENGINE_H
#define CST_HANDLE_ENGINE_H

#include <capstan/engine.h>

/* The engine that the program, or else the environment, demands for `job`: a name of the table in engine.c; NULL: none,
 * the source chooses. A variable that cannot be read demands nothing. */
const char *cst_engine_demanded(const pcap_t *p, enum capstan_job job);

#endif
