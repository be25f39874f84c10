/* expression.c - filter expressions from the command line, and what is wrong with them. */
#include "expression.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How much of a long expression is shown before and behind the place of an error. */
enum { SHOWN_BEFORE = 60, SHOWN_BEHIND = 40 };

char *expression_join(int count, char **words)
{
	size_t size = 1;
	char *joined, *end;

	for (int i = 0; i < count; i++)
		size += strlen(words[i]) + 1;
	joined = malloc(size);
	if (!joined)
		return NULL;
	end = joined;
	*end = '\0';
	for (int i = 0; i < count; i++)
		end += sprintf(end, "%s%s", i ? " " : "", words[i]);
	return joined;
}

/* The column that the sentence ends with, from 1; 0: it names none. */
static size_t column_of(const char *error)
{
	static const char words[] = " at column ";
	const char *last = NULL;

	for (const char *at = error; (at = strstr(at, words)); at++)
		last = at;
	return last ? strtoul(last + strlen(words), NULL, 10) : 0;
}

static bool continues_character(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80; /* UTF-8 */
}

static void print_marked(const char *expression, size_t column)
{
	size_t length = strlen(expression), at = column - 1;
	size_t from = at > SHOWN_BEFORE ? at - SHOWN_BEFORE : 0;
	size_t to = length - at > SHOWN_BEHIND ? at + SHOWN_BEHIND : length;
	int indent = from > 0 ? 5 : 2;

	while (from > 0 && continues_character(expression[from]))
		from--;
	while (to < length && continues_character(expression[to]))
		to++;
	fputs(from > 0 ? "  ..." : "  ", stderr);
	for (size_t i = from; i < to; i++)
		fputc(iscntrl((unsigned char)expression[i]) ? ' ' : expression[i], stderr);
	for (size_t i = from; i < at; i++)
		indent += !continues_character(expression[i]);
	fprintf(stderr, "%s\n%*s^\n", to < length ? "..." : "", indent, "");
}

void expression_complain(const struct command *command, const char *expression, const char *error)
{
	size_t column = column_of(error);

	complain(command, "%s", error);
	/* The column behind the last one is where something is missing. */
	if (column > 0 && column <= strlen(expression) + 1)
		print_marked(expression, column);
}

bool expression_set(const struct command *command, pcap_t *p, int count, char **words, bpf_u_int32 netmask)
{
	struct bpf_program program;
	char *expression;
	bool is_set;

	if (count == 0)
		return true;
	expression = expression_join(count, words);
	if (!expression) {
		complain(command, "no memory for the filter expression");
		return false;
	}
	if (pcap_compile(p, &program, expression, 1, netmask) < 0) {
		expression_complain(command, expression, pcap_geterr(p));
		free(expression);
		return false;
	}
	free(expression);
	is_set = pcap_setfilter(p, &program) == 0;
	if (!is_set)
		complain(command, "the filter cannot be set: %s", pcap_geterr(p));
	pcap_freecode(&program);
	return is_set;
}
