/* rotate.c - names and ends of the files of one capture. What tcpdump 4.99 does was found out by watching it. */
#include "rotate.h"

#include <capstan/savefile.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The numbers of a ring have as many digits as its last one. */
static int digits_of(long files)
{
	int digits = 1;

	for (long last = files - 1; last >= 10; last /= 10)
		digits++;
	return digits;
}

/* What is behind the name's own part: the first file of an endless row has none, nor has a ring of one. */
static void put_number(const struct rotation *r, char number[static 24])
{
	*number = '\0';
	if (!r->bytes)
		return;
	if (r->files > 1)
		snprintf(number, 24, "%0*ld", digits_of(r->files), r->number);
	else if (!r->files && r->number)
		snprintf(number, 24, "%ld", r->number);
}

/* The user's own words are the format: that is what -G is for. An unknown conversion stays as it is. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static bool put_time(char name[static PATH_MAX], const char *pattern, time_t now)
{
	struct tm local;

	/* 0 is an empty name or one that does not fit. */
	return localtime_r(&now, &local) && strftime(name, PATH_MAX, pattern, &local) > 0;
}
#pragma GCC diagnostic pop

/* Numbers stand at the end, as with tcpdump, but before what gunzip and its like know their files by. */
static bool set_name(struct rotation *r, time_t now)
{
	char stamped[PATH_MAX], number[24];
	const char *path = r->pattern, *suffix;
	char *name;

	if (r->seconds) {
		if (!put_time(stamped, path, now)) {
			errno = ENAMETOOLONG;
			return false;
		}
		path = stamped;
	}
	suffix = capstan_compression_of(path) == CAPSTAN_COMPRESSION_NONE ? path + strlen(path) : strrchr(path, '.');
	put_number(r, number);
	if (asprintf(&name, "%.*s%s%s", (int)(suffix - path), path, number, suffix) < 0) {
		errno = ENOMEM;
		return false;
	}
	free(r->name);
	r->name = name;
	return true;
}

bool rotation_begin(struct rotation *r, const char *pattern)
{
	r->pattern = pattern;
	r->since = time(NULL);
	return set_name(r, r->since);
}

enum rotation_verdict rotation_look(const struct rotation *r, time_t now, uint64_t size)
{
	if (r->seconds && now - r->since >= r->seconds)
		return rotation_end(r) ? ROTATION_END : ROTATION_NEXT;
	return r->bytes && size > r->bytes ? ROTATION_NEXT : ROTATION_STAY;
}

bool rotation_turn(struct rotation *r, time_t now)
{
	if (r->seconds && now - r->since >= r->seconds) {
		r->since = now;
		r->periods++;
		r->number = 0;
	} else {
		r->number++;
		if (r->files && r->number >= r->files)
			r->number = 0;
	}
	/* All numbers of a period go with the time that it began at. */
	return set_name(r, r->since);
}

time_t rotation_end(const struct rotation *r)
{
	bool counts_periods = r->seconds && r->files && !r->bytes;

	return counts_periods && r->periods + 1 >= r->files ? r->since + r->seconds : 0;
}

void rotation_free(struct rotation *r)
{
	free(r->name);
	r->name = NULL;
}
