/* netlab_main.c - `netlab COMMAND [ARGUMENT...]`: run a command where the veth pair `left` - `right` is the network. */
#include "netlab.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: %s COMMAND [ARGUMENT...]\n", argv[0]);
		return 2;
	}
	netlab_enter();
	alarm(0); /* it would live on in the command, which has bounds of its own */
	execvp(argv[1], argv + 1);
	fprintf(stderr, "netlab: starting %s: %s\n", argv[1], strerror(errno));
	return 127;
}
