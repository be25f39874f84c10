/* pcap.h - the name by which programs include the API; all of it is in pcap/pcap.h. */
#include <pcap/pcap.h>
