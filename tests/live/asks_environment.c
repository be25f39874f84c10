/* asks_environment.c - for environment_test.py: what the library makes of CAPSTAN_JIT and CAPSTAN_ENGINE in this process. The
 * library is inside, since programs with rights of their own do not look for one where they are told. */
#include "handle/engine.h"
#include "handle/handle.h"

#include <pcap.h>
#include <stdio.h>
#include <sys/auxv.h>

int main(int argc, char **argv)
{
	struct bpf_insn insns[] = { BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), BPF_STMT(BPF_RET | BPF_A, 0) };
	struct bpf_program program = { 2, insns };
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_t *p = argc == 2 ? pcap_open_offline(argv[1], errbuf) : NULL;

	if (!p || pcap_setfilter(p, &program) < 0)
		return 1;
	const char *engine = cst_engine_demanded(p, CAPSTAN_TRANSMIT);
	printf("%s %s %s\n", getauxval(AT_SECURE) ? "secure" : "ordinary", p->native ? "native" : "interpreted",
	       engine ? engine : "any");
	pcap_close(p);
	return 0;
}
