/* program.c - what a user's program needs of an installed library: headers of both folders, functions of libpcap's API, of
 * Npcap's and of ours. Prints which library answers. */
#include <capstan/savefile.h>
#include <pcap.h>
#include <stdio.h>

int main(void)
{
	pcap_t *p = pcap_open_dead(DLT_EN10MB, 65535);
	struct bpf_program program;

	if (!p || pcap_compile(p, &program, "tcp port 80 or host 192.0.2.1", 1, PCAP_NETMASK_UNKNOWN) < 0)
		return 1;
	pcap_send_queue *queue = pcap_sendqueue_alloc(100);
	printf("%s, %s\n", pcap_lib_version(),
	       program.bf_len > 4 && queue && capstan_compression_of("a.gz") == CAPSTAN_COMPRESSION_GZIP ? "good" : "bad");
	pcap_sendqueue_destroy(queue);
	pcap_freecode(&program);
	pcap_close(p);
	return 0;
}
