/* pcap/funcattrs.h - what stands before and after a prototype: linkage, visibility, deprecation, formats.
 * The names are libpcap's, since programs use some of them for functions of their own. */
#ifndef lib_pcap_funcattrs_h
#define lib_pcap_funcattrs_h

/* Compiler version tests, for programs that use them; Capstan is built with gcc or clang only. */
#if defined(__clang__)
#define PCAP_IS_AT_LEAST_GNUC_VERSION(major, minor) 0
#define PCAP_IS_AT_LEAST_CLANG_VERSION(major, minor) \
	(__clang_major__ > (major) || (__clang_major__ == (major) && __clang_minor__ >= (minor)))
#elif defined(__GNUC__)
#define PCAP_IS_AT_LEAST_GNUC_VERSION(major, minor) \
	(__GNUC__ > (major) || (__GNUC__ == (major) && __GNUC_MINOR__ >= (minor)))
#define PCAP_IS_AT_LEAST_CLANG_VERSION(major, minor) 0
#else
#define PCAP_IS_AT_LEAST_GNUC_VERSION(major, minor) 0
#define PCAP_IS_AT_LEAST_CLANG_VERSION(major, minor) 0
#endif
#define PCAP_IS_AT_LEAST_SUNC_VERSION(major, minor) 0
#define PCAP_IS_AT_LEAST_XL_C_VERSION(major, minor) 0
#define PCAP_IS_AT_LEAST_HP_C_VERSION(major, minor) 0

/* The library is compiled with hidden visibility, so that what is public has to say so: declarations with
 * PCAP_API, definitions of data with PCAP_API_DEF. For a program both are as if nothing were written. */
#ifdef CAPSTAN_BUILDING
#define PCAP_API_DEF __attribute__((visibility("default")))
#else
#define PCAP_API_DEF
#endif
#define PCAP_API PCAP_API_DEF extern

/* The libpcap release that a function first came with. Documentation only: on Linux it makes no code. */
#define PCAP_AVAILABLE_0_4
#define PCAP_AVAILABLE_0_5
#define PCAP_AVAILABLE_0_6
#define PCAP_AVAILABLE_0_7
#define PCAP_AVAILABLE_0_8
#define PCAP_AVAILABLE_0_9
#define PCAP_AVAILABLE_1_0
#define PCAP_AVAILABLE_1_2
#define PCAP_AVAILABLE_1_5
#define PCAP_AVAILABLE_1_7
#define PCAP_AVAILABLE_1_8
#define PCAP_AVAILABLE_1_9
#define PCAP_AVAILABLE_1_10
#define PCAP_AVAILABLE_1_11

#if defined(__GNUC__)
#define PCAP_NORETURN __attribute__((noreturn))
#define PCAP_NORETURN_DEF __attribute__((noreturn))
/* Argument `fmt` (counted from 1) is a printf format for the arguments from `first` on. */
#define PCAP_PRINTFLIKE(fmt, first) __attribute__((__format__(__printf__, fmt, first)))
#define PCAP_DEPRECATED(msg) __attribute__((deprecated(msg)))
#else
#define PCAP_NORETURN
#define PCAP_NORETURN_DEF
#define PCAP_PRINTFLIKE(fmt, first)
#define PCAP_DEPRECATED(msg)
#endif
#define PCAP_FORMAT_STRING(p) p

#endif
