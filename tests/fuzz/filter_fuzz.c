/* filter_fuzz.c - any bytes as a filter expression: a program that is valid, or a sentence; the optimised program and
 * the plain one say the same of a packet. An input is a header, the expression up to a NUL, and the packet. No name
 * leaves the machine. */
#include "fuzz.h"

#include "../differential/filter_paths.h"
#include "../random_bpf.h"
#include "bpf/interpret.h"
#include "filter/compile.h"

#include <nss.h>
#include <pcap/pcap.h>
#include <sanitizer/allocator_interface.h>
#include <stdbool.h>

enum {
	DLTS = 300, /* a few more than there are */
	SNAPLEN = 262144,
	PACKETS = 24, /* of each input */
	MOST_MEMORY = 64 << 20,
	LONGEST_TEXT = 64 << 10,
};

struct header {
	uint16_t dlt; /* modulo DLTS */
	uint8_t is_live, is_savefile, unused, knows_netmask;
	uint8_t tag;	/* what is known beside the packet: of its VLAN tag, odd that it has one */
	uint8_t longer; /* the packet was so many bytes longer on the wire */
};

int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	__nss_configure_lookup("hosts", "files");
	__nss_configure_lookup("networks", "files");
	return 0;
}

/* What the sanitizer's allocator calls: bytes held now, and at most since the count began. */
static size_t held, most_held;

void __sanitizer_malloc_hook(const volatile void *memory, size_t size)
{
	(void)memory;
	held += size;
	most_held = held > most_held ? held : most_held;
}

void __sanitizer_free_hook(const volatile void *memory)
{
	size_t size = memory ? __sanitizer_get_allocated_size(memory) : 0;

	/* Some may be older than the count. */
	held -= size < held ? size : held;
}

static void check_sentence(const char *sentence)
{
	size_t length = strnlen(sentence, PCAP_ERRBUF_SIZE);

	FUZZ_REQUIRE(length > 0 && length < PCAP_ERRBUF_SIZE);
	for (size_t i = 0; i < length; i++)
		FUZZ_REQUIRE((unsigned char)sentence[i] >= ' ' && sentence[i] != 0x7f);
	FUZZ_REQUIRE(!strstr(sentence, "out of memory"));
}

static bool compile(const char *expression, const struct header *header, bool optimize, struct bpf_program *program,
		    char *sentence)
{
	const struct cst_filter_target target = { .dlt = header->dlt % DLTS,
						  .snaplen = SNAPLEN,
						  .optimize = optimize,
						  .netmask =
							  header->knows_netmask % 2 ? 0xffffff00 : PCAP_NETMASK_UNKNOWN,
						  .is_live = header->is_live % 2,
						  .is_savefile = header->is_savefile % 2 };

	sentence[0] = '\0';
	held = most_held = 0;
	int status = cst_filter_compile(expression, &target, program, sentence);
	FUZZ_REQUIRE(most_held <= MOST_MEMORY);
	if (status == 0) {
		FUZZ_REQUIRE(bpf_validate(program->bf_insns, (int)program->bf_len));
		return true;
	}
	FUZZ_REQUIRE(status == PCAP_ERROR && program->bf_len == 0 && !program->bf_insns);
	check_sentence(sentence);
	return false;
}

static void fill_meta(struct cst_bpf_meta *meta, const struct header *header)
{
	cst_bpf_meta_clear(meta);
	if (header->is_live % 2) {
		cst_bpf_meta_set(meta, SKF_AD_VLAN_TAG_PRESENT, header->tag % 2);
		cst_bpf_meta_set(meta, SKF_AD_VLAN_TAG, header->tag >> 1);
		cst_bpf_meta_set(meta, SKF_AD_VLAN_TPID, 0x8100);
		cst_bpf_meta_set(meta, SKF_AD_IFINDEX, 1);
		cst_bpf_meta_set(meta, SKF_AD_PKTTYPE, header->longer % 5);
	}
}

/* What rejects returns 1 from now on, so that 0 tells the loads outside the packet and the divisions by zero. */
static void mark_rejection(const struct bpf_program *program)
{
	for (u_int i = 0; i < program->bf_len; i++) {
		struct bpf_insn *in = &program->bf_insns[i];

		if (in->code == (BPF_RET | BPF_K) && in->k == 0)
			in->k = 1;
	}
}

/* Over the input's packet, and over some that go other ways through the programs. Either program may come across a load
 * that the other does without. */
static void compare(const struct bpf_program *plain, const struct bpf_program *optimized, const struct header *header,
		    const uint8_t *data, size_t size)
{
	static struct trace trace;
	struct packet first = { .wirelen = PACKET_ROOM + header->longer, .buflen = PACKET_ROOM };
	struct cst_bpf_meta meta;

	memcpy(first.bytes, data, size < PACKET_ROOM ? size : PACKET_ROOM);
	fill_meta(&meta, header);
	mark_rejection(plain);
	mark_rejection(optimized);
	random_seed(size + plain->bf_len);
	struct packet packet = first;
	for (int i = 0; i < PACKETS; i++) {
		uint32_t verdicts[] = {
			cst_bpf_run(plain->bf_insns, packet.bytes, packet.wirelen, packet.buflen, &meta),
			cst_bpf_run(optimized->bf_insns, packet.bytes, packet.wirelen, packet.buflen, &meta),
		};
		FUZZ_REQUIRE(verdicts[0] == verdicts[1] || verdicts[0] == 0 || verdicts[1] == 0);
		trace_packet(&trace, i % 2 ? optimized : plain, &packet);
		if (trace.forks > 0)
			take_other_way(&packet, &trace.fork[below(trace.forks)]);
		if (below(8) == 0)
			packet = first;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct header header;
	struct bpf_program plain, optimized;
	char plain_error[PCAP_ERRBUF_SIZE], error[PCAP_ERRBUF_SIZE];

	if (size < sizeof(header))
		return 0;
	memcpy(&header, data, sizeof(header));
	data += sizeof(header);
	size -= sizeof(header);
	size_t length = strnlen((const char *)data, size < LONGEST_TEXT ? size : LONGEST_TEXT);
	char *expression = fuzz_copy(data, length + 1 > size ? size : length + 1);
	expression = realloc(expression, length + 1);
	FUZZ_REQUIRE(expression);
	expression[length] = '\0';

	bool has_plain = compile(expression, &header, false, &plain, plain_error);
	bool has_optimized = compile(expression, &header, true, &optimized, error);
	if (has_plain && has_optimized)
		compare(&plain, &optimized, &header, data + length, size - length);
	/* Plain code needs scratch memory for what the optimiser computes; only the optimiser sees contradictions. */
	else if (has_optimized)
		FUZZ_REQUIRE(strstr(plain_error, "scratch memory"));
	else if (has_plain)
		FUZZ_REQUIRE(strstr(error, "rejects all packets") || strstr(error, "scratch memory"));
	else
		FUZZ_REQUIRE(strcmp(plain_error, error) == 0);
	pcap_freecode(&plain);
	pcap_freecode(&optimized);
	free(expression);
	return 0;
}
