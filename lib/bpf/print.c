/* print.c - programs as text: bpf_image() for one instruction, bpf_dump() for tcpdump -d, -dd and -ddd.
 * Byte for byte what libpcap 1.10 prints, the blanks behind a mnemonic without operand included. */
#include <pcap/bpf.h>

#include <linux/filter.h>
#include <stdint.h>
#include <stdio.h>

/* How an instruction shows what it works on. */
enum operand {
	NOTHING,
	HEX,	  /* #0x5 */
	DECIMAL,  /* #5; signed, even for what the machine takes as unsigned */
	REG_X,	  /* x */
	ABSOLUTE, /* [5], or the name of an ancillary field */
	INDIRECT, /* [x + 5] */
	NIBBLE,	  /* 4*([5]&0xf) */
	SCRATCH,  /* M[5] */
	PKTLEN,	  /* #pktlen */
	TARGET,	  /* instruction number: this one + 1 + k */
	ENCODING, /* the code itself: no such instruction */
};

struct form {
	uint16_t code;
	uint8_t operand;
	char mnemonic[6];
};

static const struct form forms[] = {
	{ BPF_LD | BPF_W | BPF_ABS, ABSOLUTE, "ld" },
	{ BPF_LD | BPF_H | BPF_ABS, ABSOLUTE, "ldh" },
	{ BPF_LD | BPF_B | BPF_ABS, ABSOLUTE, "ldb" },
	{ BPF_LD | BPF_W | BPF_IND, INDIRECT, "ld" },
	{ BPF_LD | BPF_H | BPF_IND, INDIRECT, "ldh" },
	{ BPF_LD | BPF_B | BPF_IND, INDIRECT, "ldb" },
	{ BPF_LD | BPF_W | BPF_LEN, PKTLEN, "ld" },
	{ BPF_LD | BPF_IMM, HEX, "ld" },
	{ BPF_LD | BPF_MEM, SCRATCH, "ld" },
	{ BPF_LDX | BPF_IMM, HEX, "ldx" },
	{ BPF_LDX | BPF_B | BPF_MSH, NIBBLE, "ldxb" },
	{ BPF_LDX | BPF_MEM, SCRATCH, "ldx" },
	{ BPF_ST, SCRATCH, "st" },
	{ BPF_STX, SCRATCH, "stx" },
	{ BPF_JMP | BPF_JA, TARGET, "ja" },
	{ BPF_JMP | BPF_JEQ | BPF_K, HEX, "jeq" },
	{ BPF_JMP | BPF_JGT | BPF_K, HEX, "jgt" },
	{ BPF_JMP | BPF_JGE | BPF_K, HEX, "jge" },
	{ BPF_JMP | BPF_JSET | BPF_K, HEX, "jset" },
	{ BPF_JMP | BPF_JEQ | BPF_X, REG_X, "jeq" },
	{ BPF_JMP | BPF_JGT | BPF_X, REG_X, "jgt" },
	{ BPF_JMP | BPF_JGE | BPF_X, REG_X, "jge" },
	{ BPF_JMP | BPF_JSET | BPF_X, REG_X, "jset" },
	{ BPF_ALU | BPF_ADD | BPF_K, DECIMAL, "add" },
	{ BPF_ALU | BPF_SUB | BPF_K, DECIMAL, "sub" },
	{ BPF_ALU | BPF_MUL | BPF_K, DECIMAL, "mul" },
	{ BPF_ALU | BPF_DIV | BPF_K, DECIMAL, "div" },
	{ BPF_ALU | BPF_MOD | BPF_K, DECIMAL, "mod" },
	{ BPF_ALU | BPF_AND | BPF_K, HEX, "and" },
	{ BPF_ALU | BPF_OR | BPF_K, HEX, "or" },
	{ BPF_ALU | BPF_XOR | BPF_K, HEX, "xor" },
	{ BPF_ALU | BPF_LSH | BPF_K, DECIMAL, "lsh" },
	{ BPF_ALU | BPF_RSH | BPF_K, DECIMAL, "rsh" },
	{ BPF_ALU | BPF_ADD | BPF_X, REG_X, "add" },
	{ BPF_ALU | BPF_SUB | BPF_X, REG_X, "sub" },
	{ BPF_ALU | BPF_MUL | BPF_X, REG_X, "mul" },
	{ BPF_ALU | BPF_DIV | BPF_X, REG_X, "div" },
	{ BPF_ALU | BPF_MOD | BPF_X, REG_X, "mod" },
	{ BPF_ALU | BPF_AND | BPF_X, REG_X, "and" },
	{ BPF_ALU | BPF_OR | BPF_X, REG_X, "or" },
	{ BPF_ALU | BPF_XOR | BPF_X, REG_X, "xor" },
	{ BPF_ALU | BPF_LSH | BPF_X, REG_X, "lsh" },
	{ BPF_ALU | BPF_RSH | BPF_X, REG_X, "rsh" },
	{ BPF_ALU | BPF_NEG, NOTHING, "neg" },
	{ BPF_RET | BPF_K, DECIMAL, "ret" },
	{ BPF_RET | BPF_A, NOTHING, "ret" },
	{ BPF_MISC | BPF_TAX, NOTHING, "tax" },
	{ BPF_MISC | BPF_TXA, NOTHING, "txa" },
};

/* Also for BPF_LDX | BPF_LEN, which runs but which libpcap 1.10 does not print by name. */
static const struct form unknown_form = { 0, ENCODING, "unimp" };

/* What libpcap calls the ancillary fields, by SKF_AD_* / 4. */
static const char *const ancillary_names[SKF_AD_MAX / 4] = {
	[SKF_AD_PROTOCOL / 4] = "proto",
	[SKF_AD_PKTTYPE / 4] = "type",
	[SKF_AD_IFINDEX / 4] = "ifidx",
	[SKF_AD_NLATTR / 4] = "nla",
	[SKF_AD_NLATTR_NEST / 4] = "nlan",
	[SKF_AD_MARK / 4] = "mark",
	[SKF_AD_QUEUE / 4] = "queue",
	[SKF_AD_HATYPE / 4] = "hatype",
	[SKF_AD_RXHASH / 4] = "rxhash",
	[SKF_AD_CPU / 4] = "cpu",
	[SKF_AD_ALU_XOR_X / 4] = "xor_x",
	[SKF_AD_VLAN_TAG / 4] = "vlan_tci",
	[SKF_AD_VLAN_TAG_PRESENT / 4] = "vlanp",
	[SKF_AD_PAY_OFFSET / 4] = "poff",
	[SKF_AD_RANDOM / 4] = "random",
	[SKF_AD_VLAN_TPID / 4] = "vlan_tpid",
};

/* The longest operand is 4*([-2147483648]&0xf), the longest line has 69 bytes: two jump targets. */
enum { OPERAND_SIZE = 32, IMAGE_SIZE = 96 };

static const struct form *form_of(uint16_t code)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (forms[i].code == code)
			return &forms[i];
	}
	return &unknown_form;
}

static void format_absolute(char out[static OPERAND_SIZE], uint32_t k)
{
	uint32_t field = k - (uint32_t)SKF_AD_OFF;

	if (field < SKF_AD_MAX && field % 4 == 0)
		snprintf(out, OPERAND_SIZE, "[%s]", ancillary_names[field / 4]);
	else
		snprintf(out, OPERAND_SIZE, "[%d]", (int)k);
}

static void format_operand(char out[static OPERAND_SIZE], enum operand operand, const struct bpf_insn *in, int n)
{
	const int k = (int)in->k;

	switch (operand) {
	case NOTHING:
		out[0] = '\0';
		break;
	case HEX:
		snprintf(out, OPERAND_SIZE, "#0x%x", in->k);
		break;
	case DECIMAL:
		snprintf(out, OPERAND_SIZE, "#%d", k);
		break;
	case REG_X:
		snprintf(out, OPERAND_SIZE, "x");
		break;
	case ABSOLUTE:
		format_absolute(out, in->k);
		break;
	case INDIRECT:
		snprintf(out, OPERAND_SIZE, "[x + %d]", k);
		break;
	case NIBBLE:
		snprintf(out, OPERAND_SIZE, "4*([%d]&0xf)", k);
		break;
	case SCRATCH:
		snprintf(out, OPERAND_SIZE, "M[%d]", k);
		break;
	case PKTLEN:
		snprintf(out, OPERAND_SIZE, "#pktlen");
		break;
	case TARGET:
		snprintf(out, OPERAND_SIZE, "%d", (int)((uint32_t)n + 1 + in->k));
		break;
	case ENCODING:
		snprintf(out, OPERAND_SIZE, "0x%x", in->code);
		break;
	}
}

static void format_insn(char out[static IMAGE_SIZE], const struct bpf_insn *in, int n)
{
	const struct form *form = form_of(in->code);
	char operand[OPERAND_SIZE];

	format_operand(operand, form->operand, in, n);
	/* By class, so that a jump without a name shows its targets too. */
	if (BPF_CLASS(in->code) == BPF_JMP && BPF_OP(in->code) != BPF_JA)
		snprintf(out, IMAGE_SIZE, "(%03d) %-8s %-16s jt %d\tjf %d", n, form->mnemonic, operand,
			 (int)((uint32_t)n + 1 + in->jt), (int)((uint32_t)n + 1 + in->jf));
	else
		snprintf(out, IMAGE_SIZE, "(%03d) %-8s %s", n, form->mnemonic, operand);
}

char *bpf_image(const struct bpf_insn *insn, int n)
{
	static _Thread_local char image[IMAGE_SIZE]; /* the API returns a buffer that it owns */

	format_insn(image, insn, n);
	return image;
}

static void dump_text(const struct bpf_program *p)
{
	char image[IMAGE_SIZE];

	for (u_int i = 0; i < p->bf_len; i++) {
		format_insn(image, &p->bf_insns[i], (int)i);
		puts(image);
	}
}

static void dump_c(const struct bpf_program *p)
{
	for (const struct bpf_insn *in = p->bf_insns, *end = in + p->bf_len; in < end; in++)
		printf("{ 0x%x, %u, %u, 0x%08x },\n", in->code, in->jt, in->jf, in->k);
}

static void dump_decimal(const struct bpf_program *p)
{
	printf("%u\n", p->bf_len);
	for (const struct bpf_insn *in = p->bf_insns, *end = in + p->bf_len; in < end; in++)
		printf("%u %u %u %u\n", in->code, in->jt, in->jf, in->k);
}

/* tcpdump passes how many d it was given; the API sets no upper or lower end. */
void bpf_dump(const struct bpf_program *p, int option)
{
	if (option > 2)
		dump_decimal(p);
	else if (option == 2)
		dump_c(p);
	else
		dump_text(p);
}
