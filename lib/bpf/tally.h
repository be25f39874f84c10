/* tally.h - packets and bytes counted by an eBPF program, in the kernel, by each processor for itself. */
#ifndef CST_BPF_TALLY_H
#define CST_BPF_TALLY_H

#include "bpf/ebpf.h"

#include <stdbool.h>
#include <stdint.h>

struct cst_tally {
	uint64_t packets, bytes;
};

/* Returns the descriptor of new counters, all 0, to be closed when no program and no reader needs them; or -1 with errno
 * (ENOSYS where the library was built without libbpf). */
int cst_tally_new(void);

/* The sums over all processors: they only grow. A packet counts with all of its bytes or not yet. 0, or -1 with errno. */
int cst_tally_read(int tally, struct cst_tally *sum);

/* How the bytes of a packet are counted. */
struct cst_tally_rules {
	uint32_t header_bytes; /* of a header that the kernel's packet does not have */
	bool add_tag;	       /* the kernel may have taken a VLAN tag out, of CST_TALLY_TAG_BYTES */
	bool tag_in_front;     /* ... or the packet may begin behind one, which then is its protocol */
	bool atomic;	       /* programs may interrupt each other on one processor */
};
#define CST_TALLY_TAG_BYTES 4

/* The epilogue (translate.h) for a socket filter that adds each packet that it accepts to `tally`, and then lets none of
 * them pass. Writes and returns how many instructions it has. */
#define CST_TALLY_EPILOGUE_LEN 30
uint32_t cst_tally_epilogue(struct cst_ebpf_insn insns[static CST_TALLY_EPILOGUE_LEN], int tally,
			    const struct cst_tally_rules *rules);

#endif
