/* source_string.h - the strings that name a source, as the rest of the library sees them: in parts. */
#ifndef CST_NPCAP_SOURCE_STRING_H
#define CST_NPCAP_SOURCE_STRING_H

#include <pcap.h>
#include <stdbool.h>
#include <stddef.h>

struct cst_source {
	int type;                 /* PCAP_SRC_ */
	bool tls;                 /* rpcaps:// */
	char host[PCAP_BUF_SIZE]; /* PCAP_SRC_IFREMOTE; "" in what none was named in */
	char port[PCAP_BUF_SIZE]; /* as it was written; "": the usual one */
	char name[PCAP_BUF_SIZE]; /* path, or device; "": none */
};

/* Take `text` apart. 0, or PCAP_ERROR with the text in `errbuf`; then *source says nothing. */
int cst_source_parse(const char *text, struct cst_source *source, char *errbuf);

/* Put it together again, into PCAP_BUF_SIZE bytes. 0, or PCAP_ERROR with the text in `errbuf` and `text` empty: no source
 * string says this, or it is too long. */
int cst_source_compose(char *text, const struct cst_source *source, char *errbuf);

/* The bytes of `text` without the white space at its end: people read these strings with fgets(). */
size_t cst_source_trimmed(const char *text);

#endif
