/* Win32-Extensions.h - where WinPcap had the send queue and the other extensions. */
#include <pcap.h> /* by the path, for it goes on from its place there */
