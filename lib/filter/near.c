/* near.c - which of some words a misspelt one probably meant, by what it costs to turn one into the other. */
#include "filter/near.h"

#include <string.h>

/* Longer words are never near. Two neighbours swapped are the commonest slip of a finger, so they cost less. */
enum { LONGEST = 31, COST_EDIT = 4, COST_SWAP = 3 };

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static char small(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* What it costs to turn `a` into `b`, neither longer than LONGEST, by letters added, dropped, changed or swapped with
 * their neighbour (an edit distance, a row at a time). Capitals are no difference. */
static unsigned edit_cost(const char *a, size_t a_length, const char *b, size_t b_length)
{
	unsigned rows[3][LONGEST + 1]; /* the row under way and the two before it */
	for (size_t j = 0; j <= b_length; j++)
		rows[0][j] = (unsigned)j * COST_EDIT;
	for (size_t i = 1; i <= a_length; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];
		row[0] = (unsigned)i * COST_EDIT;
		for (size_t j = 1; j <= b_length; j++) {
			char x = small(a[i - 1]), y = small(b[j - 1]);
			unsigned changed = above[j - 1] + (x == y ? 0 : COST_EDIT);
			row[j] = least(least(above[j], row[j - 1]) + COST_EDIT, changed);
			if (i > 1 && j > 1 && x == small(b[j - 2]) && small(a[i - 2]) == y)
				row[j] = least(row[j], above2[j - 2] + COST_SWAP);
		}
	}
	return rows[a_length % 3][b_length];
}

void cst_near_begin(struct cst_near *near, const char *word)
{
	/* One slip in a short word, two in a longer one: more leave nothing to recognise it by. */
	size_t length = strlen(word);
	*near = (struct cst_near){ .word = word, .length = length, .limit = length <= 4 ? COST_EDIT : 2 * COST_EDIT };
}

void cst_near_offer(struct cst_near *near, const char *candidate)
{
	size_t length = strlen(candidate);
	if (near->length < 2 || near->length > LONGEST || length < 2 || length > LONGEST)
		return;
	size_t longer = length > near->length ? length - near->length : near->length - length;
	if (longer * COST_EDIT > near->limit)
		return;
	unsigned cost = edit_cost(near->word, near->length, candidate, length);
	if (cost > near->limit || (near->found && cost == near->limit))
		return;
	near->found = candidate;
	near->limit = cost;
}
