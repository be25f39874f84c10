/* source_open.c - pcap_open(): a handle for whatever a source string names. */
#include "npcap/not_yet.h"
#include "npcap/source_string.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* The path is taken as it stands if there is such a file; if not, the white space at its end is taken for a slip. */
static pcap_t *open_file(struct cst_source *source, char *errbuf)
{
	size_t bytes = cst_source_trimmed(source->name);

	if (bytes == 0) {
		cst_error(errbuf, "the source string names no file; write file:// and the path behind it");
		return NULL;
	}
	if (source->name[bytes] && access(source->name, F_OK) < 0 && errno == ENOENT)
		source->name[bytes] = '\0';
	return pcap_open_offline(source->name, errbuf);
}

/* Npcap's buffers and gathering; what a handle sends it does not see itself on Linux, so that
 * PCAP_OPENFLAG_NOCAPTURE_LOCAL is granted anyway. The other flags are for remote captures. */
static void set_wishes(pcap_t *p, int snaplen, int flags, int read_timeout)
{
	bool immediate = flags & PCAP_OPENFLAG_MAX_RESPONSIVENESS;

	pcap_set_snaplen(p, snaplen);
	pcap_set_promisc(p, flags & PCAP_OPENFLAG_PROMISCUOUS);
	pcap_set_timeout(p, read_timeout);
	pcap_set_immediate_mode(p, immediate);
	pcap_set_buffer_size(p, CST_NPCAP_BUFFER_BYTES);
	p->options.min_to_copy = immediate ? 0 : CST_NPCAP_MIN_TO_COPY;
}

static pcap_t *open_device(const char *device, int snaplen, int flags, int read_timeout, char *errbuf)
{
	if (device[0] == '\0') {
		cst_error(errbuf, "the source string names no device; pcap_findalldevs_ex(\"rpcap://\") lists what there is");
		return NULL;
	}
	pcap_t *p = pcap_create(device, errbuf);
	if (!p)
		return NULL;
	set_wishes(p, snaplen, flags, read_timeout);
	int status = pcap_activate(p);
	/* The sentence of a failure, which names the device, or of a warning, as with pcap_open_live(). */
	if (status != 0)
		cst_error(errbuf, "%s", p->errbuf);
	if (status >= 0)
		return p;
	pcap_close(p);
	return NULL;
}

pcap_t *pcap_open(const char *source, int snaplen, int flags, int read_timeout, struct pcap_rmtauth *auth, char *errbuf)
{
	struct cst_source parts;

	(void)auth; /* nobody to log in with here */
	if (cst_source_parse(source ? source : "any", &parts, errbuf) < 0)
		return NULL;
	switch (parts.type) {
	case PCAP_SRC_FILE:
		return open_file(&parts, errbuf);
	case PCAP_SRC_IFLOCAL:
		return open_device(parts.name, snaplen, flags, read_timeout, errbuf);
	default:
		cst_not_yet_remote(errbuf, parts.host);
		return NULL;
	}
}
