/* native_fuzz.c - any bytes as a program and a packet: native code is made of valid programs only, gives the verdict of
 * the interpreter, and reads nothing beside the packet. An input is a header, instructions, and the packet. */
#include "fuzz.h"

#include "../random_bpf.h"
#include "bpf/interpret.h"
#include "bpf/native.h"
#include "bpf/prove.h"

#include <pcap/pcap.h>
#include <sys/mman.h>
#include <unistd.h>

struct header {
	uint8_t mended;	   /* odd: turn what the machine does not know into what it does */
	uint8_t with_meta; /* odd: something is known beside the packet */
	uint16_t insns;	   /* so many, modulo what is there */
	uint32_t wirelen;
	uint32_t known; /* struct cst_bpf_meta */
	uint32_t value;
};

/* Random bytes are seldom a program that ends. This makes some sort of one of them. */
static void mend(struct bpf_insn *insns, uint32_t len)
{
	for (uint32_t i = 0; i + 1 < len; i++) {
		struct bpf_insn *in = &insns[i];
		const uint32_t left = len - i - 1;

		if (!is_bpf_code(in->code))
			in->code = bpf_code(in->code);
		in->jt = (u_char)(in->jt % left);
		in->jf = (u_char)(in->jf % left);
		if (in->code == (BPF_JMP | BPF_JA))
			in->k %= left;
		if (BPF_CLASS(in->code) == BPF_ST || BPF_CLASS(in->code) == BPF_STX ||
		    (BPF_CLASS(in->code) <= BPF_LDX && BPF_MODE(in->code) == BPF_MEM))
			in->k %= BPF_MEMWORDS;
		if (BPF_CLASS(in->code) == BPF_ALU && in->k == 0)
			in->k = 1;
	}
	if (len > 0)
		insns[len - 1].code = BPF_RET | (insns[len - 1].code & 0x10 ? BPF_A : BPF_K);
}

/* A page between two that may not be touched. AddressSanitizer does not see what native code does; this does. */
static uint8_t *guarded_page(size_t page)
{
	static uint8_t *pages;

	if (!pages) {
		pages = mmap(NULL, 3 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		FUZZ_REQUIRE(pages != MAP_FAILED);
		FUZZ_REQUIRE(mprotect(pages + page, page, PROT_READ | PROT_WRITE) == 0);
	}
	return pages + page;
}

static void compare(const struct cst_native *native, const struct bpf_insn *insns, const uint8_t *data, size_t size,
		    uint32_t wirelen, const struct cst_bpf_meta *meta)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const uint32_t buflen = (uint32_t)(size < page ? size : page);
	uint8_t *copy = fuzz_copy(data, buflen), *guarded = guarded_page(page);
	const uint32_t verdict = cst_bpf_run(insns, copy, wirelen, buflen, meta);

	/* Up against the page in front, then up against the one behind. */
	memcpy(guarded, copy, buflen);
	FUZZ_REQUIRE(cst_native_run(native, guarded, wirelen, buflen, meta) == verdict);
	memcpy(guarded + page - buflen, copy, buflen);
	FUZZ_REQUIRE(cst_native_run(native, guarded + page - buflen, wirelen, buflen, meta) == verdict);
	free(copy);
}

static void fill_meta(struct cst_bpf_meta *meta, const struct header *header)
{
	cst_bpf_meta_clear(meta);
	for (unsigned int n = 0; n < CST_BPF_META_FIELDS; n++) {
		if (header->known >> n & 1)
			cst_bpf_meta_set(meta, 4 * n, header->value * (n + 1));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct header header;
	struct cst_bpf_meta meta;
	struct cst_bpf_facts facts;

	if (size < sizeof(header))
		return 0;
	memcpy(&header, data, sizeof(header));
	data += sizeof(header);
	size -= sizeof(header);
	fill_meta(&meta, &header);

	uint32_t len = header.insns % (uint32_t)(size / sizeof(struct bpf_insn) + 1);
	size_t bytes = len * sizeof(struct bpf_insn);
	struct bpf_insn *insns = fuzz_copy(data, bytes);
	if (header.mended % 2)
		mend(insns, len);

	struct cst_native *native = cst_native_compile(insns, len);
	FUZZ_REQUIRE(!native || bpf_validate(insns, (int)len));
	FUZZ_REQUIRE(!native == !cst_bpf_prove(insns, len, &facts));
	if (native) {
		cst_bpf_facts_free(&facts);
		compare(native, insns, data + bytes, size - bytes, header.wirelen, header.with_meta % 2 ? &meta : NULL);
	}
	cst_native_free(native);
	free(insns);
	return 0;
}
