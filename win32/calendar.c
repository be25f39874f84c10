/* calendar.c - the functions of time.h with Microsoft's parameters. */
#include "kit.h"

#define TEXT_BYTES 26 /* "Mon Nov 23 04:00:32 2026\n" and a NUL, which is all that asctime_r() writes */

/* What a failed conversion leaves, on Windows, too. */
static errno_t no_time(struct tm *result)
{
	if (result)
		*result = (struct tm){ -1, -1, -1, -1, -1, -1, -1, -1, -1, 0, NULL };
	return EINVAL;
}

errno_t localtime_s(struct tm *result, const time_t *when)
{
	return result && when && localtime_r(when, result) ? 0 : no_time(result);
}

errno_t gmtime_s(struct tm *result, const time_t *when)
{
	return result && when && gmtime_r(when, result) ? 0 : no_time(result);
}

errno_t asctime_s(char *text, size_t size, const struct tm *when)
{
	char whole[TEXT_BYTES];

	if (!text || size == 0)
		return EINVAL;
	*text = 0;
	if (!when || size < TEXT_BYTES || !asctime_r(when, whole))
		return EINVAL;
	memcpy(text, whole, TEXT_BYTES);
	return 0;
}

errno_t ctime_s(char *text, size_t size, const time_t *when)
{
	struct tm local;

	if (text && size > 0)
		*text = 0;
	return localtime_s(&local, when) == 0 ? asctime_s(text, size, &local) : EINVAL;
}
