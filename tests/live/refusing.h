/* refusing.h - a kernel that refuses, for as long as a test wants it to: one that is older, was built with less, or is
 * strict. The library's calls, and libbpf's, come to refusing.c and go on from there. */
#ifndef REFUSING_H
#define REFUSING_H

/* What is asked for, and `one` and `two` of it: bpf(2)'s command and type of program or map; level and option of
 * setsockopt(2) and getsockopt(2); the request of ioctl(2); domain and protocol of socket(2). */
enum refused_call {
	REFUSE_NOTHING,
	REFUSE_BPF,
	REFUSE_SETSOCKOPT,
	REFUSE_GETSOCKOPT,
	REFUSE_IOCTL,
	REFUSE_SOCKET,
	REFUSE_BIND,
	REFUSE_SEND,
	REFUSE_UNSHARE,
	REFUSE_AFFINITY, /* sched_setaffinity(2) */
	REFUSE_THREADS,  /* pthread_create(3) */
};
#define ANY (-1L)

struct refusal {
	enum refused_call call;
	long one, two;      /* or ANY */
	int error;
	unsigned int after; /* so many have been let through */
	unsigned int times; /* that it is refused; 0: for good */
};

/* From now on; NULL: nothing. */
void refusing(const struct refusal *what);
/* So often has been refused since. */
unsigned int refusing_count(void);

/* The next looks of SIOCOUTQ find so many times a frame that still waits in a socket's queue, whatever is there. */
void refusing_queue(unsigned int looks);

/* What uname(2) says of the kernel's build, instead of the truth; NULL: the truth. */
void refusing_version(const char *version);

#endif
