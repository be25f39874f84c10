/* filter_paths.h - which way a BPF program goes through a packet, and packets that make it go the other way. */
#ifndef FILTER_PATHS_H
#define FILTER_PATHS_H

#include <pcap/bpf.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	PACKET_ROOM = 1024, /* beyond every offset that headers reach, if lengths in them are modest */
	FORM_STEPS = 8,
	MOST_FORKS = 400,
	MOST_ENDS = 200,
};

struct packet {
	uint32_t wirelen, buflen;
	uint8_t bytes[PACKET_ROOM];
};

/* Where a register's value came from: something that can be written, and what was computed from it since. */
struct form {
	enum form_base {
		FORM_FIXED, /* a constant, or too complicated */
		FORM_BYTES, /* `size` bytes at `at`, big-endian */
		FORM_HEADER, /* 4 * low half of the byte at `at` */
		FORM_WIRELEN,
	} base;
	uint32_t at, size, steps;
	struct {
		uint16_t op;
		uint32_t operand, before;
	} step[FORM_STEPS];
};

/* A place where the program could have gone another way. */
struct fork {
	uint32_t pc;
	bool went; /* the jump was taken, the load missed the packet, the division was by zero */
	bool is_load;
	uint16_t op; /* BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET */
	uint32_t k;
	struct form form;
	bool held; /* whether "form op k" is true */
};

struct trace {
	uint32_t verdict;
	bool divided; /* ended at a division by zero */
	bool missed;  /* ended at a load outside the packet */
	bool endless; /* gave up; the verdict means nothing */
	uint32_t forks, ends;
	struct fork fork[MOST_FORKS];
	uint32_t end[MOST_ENDS]; /* the loads inside the packet ended here */
};

/* Run `program`, which is valid, over `packet`. */
void trace_packet(struct trace *trace, const struct bpf_program *program, const struct packet *packet);
/* Change `packet`, over which `fork` was met, so that it goes the other way there, if all before stays the same. False:
 * no way to do that is known; the packet is unchanged. */
bool take_other_way(struct packet *packet, const struct fork *fork);

#endif
