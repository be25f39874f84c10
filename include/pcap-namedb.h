/* pcap-namedb.h - old name of pcap/namedb.h, kept for programs that still use it. */
#include <pcap/namedb.h>
