/* program.c - a filter program's basic blocks, and its longest way. */
#include "program.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t program_next(const struct bpf_program *program, size_t i, size_t next[static 2])
{
	const struct bpf_insn *insn = &program->bf_insns[i];

	if (BPF_CLASS(insn->code) == BPF_RET)
		return 0;
	next[0] = i + 1;
	if (BPF_CLASS(insn->code) != BPF_JMP)
		return 1;
	if (BPF_OP(insn->code) == BPF_JA) {
		/* Jumps back are negative numbers: pcap_compile() makes them for protochain. */
		next[0] = (size_t)((long)i + 1 + (int)insn->k);
		return 1;
	}
	next[0] = i + 1 + insn->jt;
	next[1] = i + 1 + insn->jf;
	return insn->jt == insn->jf ? 1 : 2;
}

long program_longest_path(const struct bpf_program *program)
{
	long *longest = calloc(program->bf_len, sizeof(*longest)), result;

	if (!longest)
		return -1;
	for (size_t i = program->bf_len; i-- > 0;) {
		size_t next[2], count = program_next(program, i, next);

		longest[i] = 1;
		for (size_t way = 0; way < count; way++) {
			if (next[way] <= i) {
				free(longest);
				return 0;
			}
			if (longest[next[way]] + 1 > longest[i])
				longest[i] = longest[next[way]] + 1;
		}
	}
	result = longest[0];
	free(longest);
	return result;
}

/* A block begins where a jump leads to, and behind each jump. */
static bool *find_beginnings(const struct bpf_program *program)
{
	bool *begins = calloc((size_t)program->bf_len + 1, sizeof(*begins));

	if (!begins)
		return NULL;
	begins[0] = true;
	for (size_t i = 0; i < program->bf_len; i++) {
		size_t next[2], count = program_next(program, i, next);

		if (BPF_CLASS(program->bf_insns[i].code) != BPF_JMP)
			continue;
		begins[i + 1] = true;
		for (size_t way = 0; way < count; way++)
			begins[next[way]] = true;
	}
	return begins;
}

/* As bpf_dump() shows it, without the targets of a conditional jump: they are the block's ways. */
static void print_insn(const struct bpf_program *program, size_t i)
{
	const char *text = bpf_image(&program->bf_insns[i], (int)i);
	const char *targets = strstr(text, " jt ");
	int length = targets ? (int)(targets - text) : (int)strlen(text);

	while (length > 0 && text[length - 1] == ' ')
		length--;
	printf("%.*s\\l", length, text);
}

static void print_ways(const struct bpf_program *program, size_t block, size_t last)
{
	static const char *const labels[] = { "yes", "no" };
	size_t next[2], count = program_next(program, last, next);

	for (size_t way = 0; way < count; way++) {
		printf("\tb%zu -> b%zu", block, next[way]);
		if (count == 2)
			printf(" [label=\"%s\"]", labels[way]);
		puts(";");
	}
}

int program_print_dot(const struct bpf_program *program)
{
	bool *begins = find_beginnings(program);

	if (!begins)
		return -1;
	puts("digraph filter {\n\tnode [shape=box, fontname=monospace];");
	for (size_t i = 0, block = 0; i < program->bf_len; i++) {
		bool is_last = i + 1 == program->bf_len || begins[i + 1];

		if (begins[i]) {
			block = i;
			printf("\tb%zu [label=\"", block);
		}
		print_insn(program, i);
		if (is_last) {
			puts("\"];");
			print_ways(program, block, i);
		}
	}
	puts("}");
	free(begins);
	return 0;
}
