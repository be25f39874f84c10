/* remote-ext.h - where WinPcap had pcap_open() and its like. */
#include <pcap.h> /* by the path, for it goes on from its place there */
