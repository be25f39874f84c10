/* twin.h - the same calls to Capstan and to libpcap, each in a process of its own, and their answers line by line. */
#ifndef TWIN_H
#define TWIN_H

#include <pcap/pcap.h>

#include <stdbool.h>
#include <stddef.h>

/* Every function that the scenarios call; name without "pcap_". */
#define TWIN_FUNCTIONS(X) \
	X(init) X(create) X(activate) X(open_live) X(open_dead) X(open_dead_with_tstamp_precision) X(close) \
	X(set_snaplen) X(set_promisc) X(set_rfmon) X(can_set_rfmon) X(set_timeout) X(set_immediate_mode) \
	X(set_buffer_size) X(set_tstamp_type) X(set_tstamp_precision) X(set_protocol_linux) X(list_tstamp_types) \
	X(free_tstamp_types) X(get_tstamp_precision) X(datalink) X(datalink_ext) X(list_datalinks) X(free_datalinks) \
	X(set_datalink) X(snapshot) X(is_swapped) X(major_version) X(minor_version) X(bufsize) X(file) X(fileno) \
	X(get_selectable_fd) X(get_required_select_timeout) X(getnonblock) X(setnonblock) X(setdirection) X(stats) \
	X(inject) X(sendpacket) X(setfilter) X(compile) X(freecode) X(next) X(next_ex) X(dispatch) X(loop) \
	X(breakloop) X(geterr) X(findalldevs) X(freealldevs) X(lookupdev) X(lookupnet)

struct twin {
#define TWIN_MEMBER(name) __typeof__(&pcap_##name) name;
	TWIN_FUNCTIONS(TWIN_MEMBER)
#undef TWIN_MEMBER
};

extern const struct twin twin_ours;
const struct twin *twin_theirs(void); /* skips the test program where there is no libpcap */

/* An answer that is meant to differ: the line's question as an fnmatch(3) pattern, both answers, and why. Answers are
 * patterns, too. Every row has to be met at least once by the scenario that names it. */
struct twin_difference {
	const char *question, *ours, *theirs, *reason;
};

/* Run `scenario` with either library in a forked child (so nothing process-wide and no crash reaches the other) and
 * compare what they told. `rows` ends with a NULL question, or is NULL. Fails the cmocka test at a difference. */
typedef void twin_scenario(const struct twin *lib, const char *arg);
void twin_compare(twin_scenario *scenario, const char *arg, const struct twin_difference *rows);

/* For scenarios: what the questions that follow are about, and one line of the answer. */
void twin_about(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void twin_tell(const char *question, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Ask for a number: the answer is the value, and whether there is an error text. Empties p's error buffer first. */
#define TWIN_ASK(lib, p, name, ...) do { \
		(lib)->geterr(p)[0] = '\0'; \
		int answer_ = (int)(lib)->name((p), ##__VA_ARGS__); \
		twin_tell(#name "(" #__VA_ARGS__ ")", "%d%s", answer_, (lib)->geterr(p)[0] ? " and says why" : ""); \
	} while (0)

/* A network namespace of our own, "lo" up. False: refused, after telling why. */
bool twin_leave_for_own_network(void);
/* Run a command line in it; fails the test when it fails. */
void twin_run(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
