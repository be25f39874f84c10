/* bystanders.h - who has a part in what leaves an interface: if frames went past it, who would notice? */
#ifndef CST_LINUX_BYSTANDERS_H
#define CST_LINUX_BYSTANDERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The network namespace of a socket, as its number: 0, or -1 with errno. Is it the calling thread's? */
int cst_namespace_of(int socket, ino_t *number);
bool cst_in_namespace(ino_t number);

struct cst_bystanders {
	unsigned int ifindex;
	ino_t own_socket;   /* never sees what it sends */
	ino_t namespace;    /* the one of the interface */
	int listeners;      /* list of packet sockets */
	int route, generic, netfilter; /* netlink */
	uint16_t netdev;    /* generic netlink family; 0: the kernel has none */
	int64_t looked_ns;  /* when cst_bystander_on_the_way() last looked */
	const char *on_the_way;
};

/* For the interface that packet socket `own_socket` is bound to. The text of what failed, with errno; NULL: nothing. */
const char *cst_bystanders_open(struct cst_bystanders *b, unsigned int ifindex, int own_socket);
void cst_bystanders_close(struct cst_bystanders *b);

/* Each answers with NULL, or with a reason as the rest of a sentence: "the kernel shapes what leaves there". */

/* Is the calling thread where the interface is? */
const char *cst_bystander_elsewhere(const struct cst_bystanders *b);
/* Does a packet socket of anybody else hear what leaves? */
const char *cst_bystander_listening(const struct cst_bystanders *b);
/* Does the kernel do more with what leaves than pass it on: shape, filter, redirect? Looks every 10 ms at most. */
const char *cst_bystander_on_the_way(struct cst_bystanders *b);
/* Can the driver send XDP frames now? Where the kernel does not tell (before Linux 6.3), NULL. */
const char *cst_bystander_driver(const struct cst_bystanders *b);

#endif
