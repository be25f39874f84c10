/* scan.c - scanf with MSVC's lengths of integers, and the scanf_s functions, which take sizes of buffers. The format is
 * cut after each conversion and libc scans one piece after the other, since what follows a text that does not fit must
 * not be read any more. */
#include "kit.h"

/* The pieces are made here, of the caller's format. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

struct scan {
	FILE *stream;     /* or: */
	const char *text;
	char *piece;      /* room for the whole format and for what is added to it */
	size_t bytes;     /* of the piece so far */
	int consumed, assigned;
};

/* One conversion of a format, without its %. */
struct conversion {
	bool suppressed;
	unsigned width;       /* 0 = none */
	const char *length;   /* in libc's words */
	char kind;            /* as in the standard; 0 = the format ends early */
	const char *set;      /* of %[: from behind the bracket, to the closing one */
	size_t set_bytes;
};

static const struct {
	const char *theirs, *ours;
} lengths[] = {
	{ "I64", "ll" }, { "I32", "" }, { "I", "z" }, { "hh", "hh" }, { "h", "h" }, { "ll", "ll" },
	{ "l", "l" }, { "L", "L" }, { "q", "ll" }, { "j", "j" }, { "z", "z" }, { "t", "t" },
};

static const char *parse_length(const char **at)
{
	for (size_t n = 0; n < _countof(lengths); n++) {
		size_t bytes = strlen(lengths[n].theirs);

		if (strncmp(*at, lengths[n].theirs, bytes) == 0) {
			*at += bytes;
			return lengths[n].ours;
		}
	}
	return "";
}

/* The closing bracket of a set; one that comes first belongs to the set. The end of the format, if there is none. */
static const char *end_of_set(const char *at)
{
	if (*at == '^')
		at++;
	if (*at == ']')
		at++;
	return at + strcspn(at, "]");
}

static bool is_text(const struct conversion *c)
{
	return c->kind == 's' || c->kind == 'c' || c->kind == '[';
}

static const char *parse_conversion(const char *at, struct conversion *c)
{
	*c = (struct conversion){ .suppressed = *at == '*' };
	at += c->suppressed;
	while (isdigit((unsigned char)*at)) {
		if (c->width < 100000000)
			c->width = c->width * 10 + (unsigned)(*at - '0');
		at++;
	}
	c->length = parse_length(&at);
	if (!*at)
		return at;
	c->kind = *at++;
	/* The capitals are wide, unless an h says otherwise. */
	if (c->kind == 'S' || c->kind == 'C') {
		c->kind = c->kind == 'S' ? 's' : 'c';
		c->length = *c->length == 'h' ? "" : "l";
	}
	/* libc takes most other lengths for wide, too, and would store more than there is room for. */
	if (is_text(c) && strcmp(c->length, "l") != 0)
		c->length = "";
	if (c->kind != '[')
		return at;
	c->set = at;
	at = end_of_set(at);
	c->set_bytes = (size_t)(at - c->set);
	if (!*at)
		c->kind = 0;
	return *at ? at + 1 : at;
}

static void piece_add(struct scan *s, const char *text, size_t bytes)
{
	memcpy(s->piece + s->bytes, text, bytes);
	s->bytes += bytes;
	s->piece[s->bytes] = 0;
}

/* Scan the piece, which has one conversion for `to` at most, and begin another. True if all of it has been matched. */
static bool piece_scan(struct scan *s, void *to)
{
	int read = -1, result;
	void *first = to ? to : &read;

	piece_add(s, "%n", 2);
	s->bytes = 0;
	result = s->stream ? fscanf(s->stream, s->piece, first, &read) : sscanf(s->text, s->piece, first, &read);
	if (read < 0) {
		if (result == EOF && s->assigned == 0)
			s->assigned = EOF;
		return false;
	}
	s->consumed += read;
	if (s->text)
		s->text += read;
	return true;
}

/* Append a conversion: its width (0 = none), libc's modifier for texts that malloc() shall hold, and the rest. */
static void piece_convert(struct scan *s, const struct conversion *c, unsigned width, const char *modifier)
{
	char start[32];
	int bytes = snprintf(start, sizeof(start), width ? "%%%s%u%s%s%c" : "%%%s%.0u%s%s%c", c->suppressed ? "*" : "",
			     width, modifier, c->length, c->kind);

	piece_add(s, start, (size_t)bytes);
	if (c->kind == '[') {
		piece_add(s, c->set, c->set_bytes);
		piece_add(s, "]", 1);
	}
}

/* How far it has come, for %n. */
static bool store_consumed(struct scan *s, const struct conversion *c, void *to)
{
	if (!piece_scan(s, NULL))
		return false;
	if (c->suppressed)
		return true;
	if (strcmp(c->length, "ll") == 0 || strcmp(c->length, "j") == 0)
		*(long long *)to = s->consumed;
	else if (strcmp(c->length, "l") == 0 || strcmp(c->length, "z") == 0 || strcmp(c->length, "t") == 0)
		*(long *)to = s->consumed;
	else if (strcmp(c->length, "h") == 0)
		*(short *)to = (short)s->consumed;
	else if (strcmp(c->length, "hh") == 0)
		*(signed char *)to = (signed char)s->consumed;
	else
		*(int *)to = s->consumed;
	return true;
}

static void empty(void *to, bool wide, unsigned size)
{
	if (size == 0)
		return;
	if (wide)
		*(wchar_t *)to = 0;
	else
		*(char *)to = 0;
}

/* %c: so many characters, no NUL. */
static bool scan_characters(struct scan *s, const struct conversion *c, void *to, unsigned size)
{
	if (size < (c->width ? c->width : 1)) {
		empty(to, *c->length == 'l', size);
		return false;
	}
	piece_convert(s, c, c->width, "");
	return piece_scan(s, to);
}

/* %s and %[: into memory of libc's, of which no more is asked for than shows that it does not fit. */
static bool scan_text(struct scan *s, const struct conversion *c, void *to, unsigned size)
{
	bool wide = *c->length == 'l';
	size_t unit = wide ? sizeof(wchar_t) : 1, length;
	unsigned width = c->width && c->width < size ? c->width : size;
	void *found = NULL;

	empty(to, wide, size);
	if (size == 0)
		return false;
	piece_convert(s, c, width < INT_MAX ? width : INT_MAX, "m");
	if (!piece_scan(s, &found)) {
		free(found);
		return false;
	}
	length = wide ? wcslen(found) : strlen(found);
	if (length < size)
		memcpy(to, found, (length + 1) * unit);
	free(found);
	return length < size;
}

/* A conversion at the end of the piece; false if the scan ends here. */
static bool scan_one(struct scan *s, const struct conversion *c, void *to, unsigned size, bool sized)
{
	bool matched;

	if (c->kind == 'n')
		return store_consumed(s, c, to);
	if (sized && c->kind == 'c') {
		matched = scan_characters(s, c, to, size);
	} else if (sized) {
		matched = scan_text(s, c, to, size);
	} else {
		piece_convert(s, c, c->width, "");
		matched = piece_scan(s, to);
	}
	if (matched && !c->suppressed)
		s->assigned++;
	return matched;
}

/* Bytes up to the next conversion, among them each "%%". */
static size_t literal_bytes(const char *format)
{
	size_t bytes = 0;

	for (;;) {
		bytes += strcspn(format + bytes, "%");
		if (format[bytes] != '%' || format[bytes + 1] != '%')
			return bytes;
		bytes += 2;
	}
}

static void scan_all(struct scan *s, const char *format, va_list args, bool with_sizes)
{
	for (;;) {
		struct conversion c;
		size_t literal = literal_bytes(format);
		unsigned size = 0;
		void *to = NULL;

		piece_add(s, format, literal);
		format += literal;
		if (!*format) {
			piece_scan(s, NULL);
			return;
		}
		format = parse_conversion(format + 1, &c);
		if (!c.kind)
			return;
		bool sized = with_sizes && is_text(&c) && !c.suppressed;
		if (!c.suppressed)
			to = va_arg(args, void *);
		if (sized)
			size = va_arg(args, unsigned);
		if (!scan_one(s, &c, to, size, sized))
			return;
	}
}

static int scan(FILE *stream, const char *text, const char *format, va_list args, bool with_sizes)
{
	struct scan s = { .stream = stream, .text = stream ? NULL : text };

	if ((!stream && !text) || !format) {
		errno = EINVAL;
		return EOF;
	}
	s.piece = malloc(strlen(format) + 64);
	if (!s.piece)
		return EOF;
	*s.piece = 0;
	if (stream == stdin)
		cst_kit_terminal_restore();
	if (stream)
		flockfile(stream);
	scan_all(&s, format, args, with_sizes);
	if (stream)
		funlockfile(stream);
	free(s.piece);
	return s.assigned;
}

int vfscanf_s(FILE *stream, const char *format, va_list args)
{
	return scan(stream, NULL, format, args, true);
}

int vscanf_s(const char *format, va_list args)
{
	return scan(stdin, NULL, format, args, true);
}

int vsscanf_s(const char *text, const char *format, va_list args)
{
	return scan(NULL, text, format, args, true);
}

int scanf_s(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int assigned = scan(stdin, NULL, format, args, true);
	va_end(args);
	return assigned;
}

int fscanf_s(FILE *stream, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int assigned = scan(stream, NULL, format, args, true);
	va_end(args);
	return assigned;
}

int sscanf_s(const char *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int assigned = scan(NULL, text, format, args, true);
	va_end(args);
	return assigned;
}

/* The standard's: libc's own, but for formats in which something of MSVC's may be. */
static int scan_stream(FILE *stream, const char *format, va_list args)
{
	if (stream == stdin)
		cst_kit_terminal_restore();
	return strchr(format, 'I') ? scan(stream, NULL, format, args, false) : vfscanf(stream, format, args);
}

int capstan_scanf(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int assigned = scan_stream(stdin, format, args);
	va_end(args);
	return assigned;
}

int capstan_fscanf(FILE *stream, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int assigned = scan_stream(stream, format, args);
	va_end(args);
	return assigned;
}

int capstan_sscanf(const char *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int assigned = strchr(format, 'I') ? scan(NULL, text, format, args, false) : vsscanf(text, format, args);
	va_end(args);
	return assigned;
}
