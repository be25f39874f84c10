/* random_bpf.h - random classic programs and packets for them, the same from the same seed everywhere. */
#ifndef RANDOM_BPF_H
#define RANDOM_BPF_H

#include <pcap/bpf.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	RANDOM_INSNS = 48, /* longest program */
	RANDOM_PACKET = 128,
};

/* From a command line of --seed N and --rounds N; what is not there stays. False after a complaint. */
bool random_arguments(int argc, char **argv, unsigned long *seed, unsigned long *rounds);

void random_seed(uint64_t seed);
uint32_t random32(void);
uint32_t below(uint32_t n);

/* Numbers at the edges of what the machine and its encodings as native code distinguish. */
extern const uint32_t edges[];
extern const uint32_t edge_count;

/* A number that means something to programs: at an edge, inside a packet, or anything. */
uint32_t random_value(void);

/* A valid program that ends; returns its length. It begins by clearing all scratch memory, since libpcap's interpreter
 * starts with what was on the stack; `clear` false leaves that out. */
uint32_t random_program(struct bpf_insn program[static RANDOM_INSNS], bool clear);

/* Is this an encoding that the machine implements? libpcap's aborts on others. */
bool is_bpf_code(uint16_t code);
/* One of them; all come up as `n` counts. */
uint16_t bpf_code(uint32_t n);

/* Returns the length of the packet. */
uint32_t random_packet(uint8_t packet[static RANDOM_PACKET]);
/* Likewise, with bytes that make comparisons of the program come true. */
uint32_t directed_packet(uint8_t packet[static RANDOM_PACKET], const struct bpf_insn *program, uint32_t len);

#endif
