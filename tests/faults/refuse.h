/* refuse.h - something that a scenario needs is refused, once, at a given point. Two programs are made of one set of
 * scenarios: one has refuse_memory.c, where the points are allocations, the other refuse_calls.c, where they are system
 * calls and errors of each. */
#ifndef REFUSE_H
#define REFUSE_H

#include <stdbool.h>
#include <stddef.h>

/* For refuse_begin(): only count. */
#define REFUSE_NOTHING ((size_t)-1)

/* First thing in main(). May end the process with status 77 and a reason. */
void refuse_set_up(void);

/* From now on points are counted, and at the one of number `point` the refusal happens. */
void refuse_begin(size_t point);
/* No more of that. Did it happen? */
bool refuse_end(void);
/* How many points there were between the last refuse_begin(REFUSE_NOTHING) and its end. */
size_t refuse_points(void);

/* What the test itself does in between is neither counted nor refused. */
void refuse_pause(void);
void refuse_resume(void);

bool refuse_happened(void);
/* What was refused, for people. */
const char *refuse_what(void);

#endif
