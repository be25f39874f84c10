/* transmit.h - many frames at once out of a handle: what a send queue asks of a source (source_ops.transmit). */
#ifndef CST_HANDLE_TRANSMIT_H
#define CST_HANDLE_TRANSMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One frame to send, as it goes on the wire without its check sequence. */
struct cst_frame {
	const uint8_t *data;
	uint32_t bytes; /* 1 and more */
};

/* Frames to be sent back to back, in this order. Whoever paces them hands over those that are due. With none the source
 * only looks whether it could send. */
struct cst_transmission {
	const struct cst_frame *frames;
	size_t count;
	size_t to_come; /* about so many more will follow at once; 0: not known */
	bool prompt; /* each call is waited for by a clock: an engine that is slow to start is the wrong one */

	size_t sent; /* set by the source: frames[0..sent-1] have left, and no other has */
};

#endif
