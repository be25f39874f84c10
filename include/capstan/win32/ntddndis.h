/* ntddndis.h - the objects of pcap_oid_get_request(), where Windows programs look for their numbers and structures. */
#ifndef CAPSTAN_WIN32_NTDDNDIS_H
#define CAPSTAN_WIN32_NTDDNDIS_H

#include <pcap.h>
#include <capstan/oid.h>

#endif
