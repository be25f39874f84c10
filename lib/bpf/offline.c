/* offline.c - pcap_offline_filter(): a filter without a handle that could keep its native code.
 * So each thread remembers the few programs that it ran last. A program that is used again and again is copied and
 * compiled, and its native code runs as long as program and copy are equal, to the last byte, at this very call: one
 * that was changed in place, or freed and another put there, never runs stale code. All that takes about 5 ns for 20
 * instructions and 15 ns for 160, where interpreting takes 8 and 50 to 80. */
#include "bpf/interpret.h"
#include "bpf/native.h"

#include <pcap/pcap.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
	PLACES = 4,
	CALLS = 256, /* with a program, before it is worth compiling */
	/* Instructions. Below, the interpreter is as quick as the comparison; above, the comparison costs packets that
	 * are rejected at the first look too much. */
	LEAST = 12,
	MOST = 512,
};

struct place {
	const struct bpf_insn *insns; /* borrowed, and never looked at: whose turn it is */
	uint32_t len;
	uint32_t calls;
	struct bpf_insn *copy;	   /* owned, as `native`; both or neither */
	struct cst_native *native; /* what `copy` compiles to */
};

static _Thread_local struct place places[PLACES];

/* The key's only use is that its destructor runs when a thread ends. */
static pthread_key_t key;
static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static bool key_made;

static void forget(struct place *place)
{
	cst_native_free(place->native);
	free(place->copy);
	*place = (struct place){ 0 };
}

static void forget_all(void *first)
{
	struct place *place = first;

	for (int i = 0; i < PLACES; i++)
		forget(&place[i]);
}

static void make_key(void)
{
	key_made = pthread_key_create(&key, forget_all) == 0;
}

/* The copy is what is compiled, whatever happens to the original meanwhile. */
static void learn(struct place *place)
{
	size_t bytes = place->len * sizeof(*place->copy);

	pthread_once(&key_once, make_key);
	if (!cst_native_is_wanted() || !key_made || pthread_setspecific(key, places) != 0)
		return;
	place->copy = malloc(bytes);
	if (!place->copy)
		return;
	memcpy(place->copy, place->insns, bytes);
	place->native = cst_native_compile(place->copy, place->len);
	if (!place->native) {
		free(place->copy);
		place->copy = NULL;
	}
}

static const struct cst_native *native_of(const struct bpf_program *fp)
{
	struct place *place = &places[(uintptr_t)fp->bf_insns / 16 % PLACES];

	if (place->insns != fp->bf_insns || place->len != fp->bf_len ||
	    (place->native && memcmp(place->copy, fp->bf_insns, fp->bf_len * sizeof(*fp->bf_insns)) != 0)) {
		forget(place);
		place->insns = fp->bf_insns;
		place->len = fp->bf_len;
	}
	if (!place->native && place->calls <= CALLS && ++place->calls == CALLS)
		learn(place);
	return place->native;
}

int pcap_offline_filter(const struct bpf_program *fp, const struct pcap_pkthdr *h, const u_char *pkt)
{
	const struct cst_native *native = NULL;

	if (!fp->bf_insns)
		return 0; /* unlike bpf_filter(), which accepts: pcap_offline_filter(3PCAP) needs a compiled program */
	if (fp->bf_len >= LEAST && fp->bf_len <= MOST)
		native = native_of(fp);
	if (native)
		return (int)cst_native_run(native, pkt, h->len, h->caplen, NULL);
	return (int)cst_bpf_run(fp->bf_insns, pkt, h->len, h->caplen, NULL);
}
