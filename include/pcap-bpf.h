/* pcap-bpf.h - old name of pcap/bpf.h, kept for programs that still use it. */
#include <pcap/bpf.h>
