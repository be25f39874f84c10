/* source_string.c - the grammar of source strings, which name a savefile, a device, or a device of another host:
 *	file://PATH        DEVICE        rpcap://DEVICE        rpcap[s]://[USER@]HOST[:PORT]/[DEVICE]
 * A slash behind the "//" is what makes a device another host's. An IPv6 address stands in brackets. */
#include "npcap/source_string.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* How much of a string that came from outside an error text repeats. */
#define SHOWN "%.100s"

static const struct {
	const char *scheme;
	bool file, tls;
} schemes[] = {
	{ "file", true, false },
	{ "rpcap", false, false },
	{ "rpcaps", false, true },
};
#define SCHEMES (sizeof(schemes) / sizeof(*schemes))

/* Not isspace(3), which depends on the locale that the program has chosen. */
size_t cst_source_trimmed(const char *text)
{
	size_t bytes = strlen(text);

	while (bytes > 0 && strchr(" \t\r\n\v\f", text[bytes - 1]))
		bytes--;
	return bytes;
}

static int set_part(char part[static PCAP_BUF_SIZE], const char *what, const char *text, size_t bytes, char *errbuf)
{
	if (bytes >= PCAP_BUF_SIZE) {
		cst_error(errbuf, "the %s in the source string has %zu characters, %d is the most", what, bytes,
			  PCAP_BUF_SIZE - 1);
		return PCAP_ERROR;
	}
	memcpy(part, text, bytes);
	part[bytes] = '\0';
	return 0;
}

/* The first of the `bytes` at `text` that is `wanted`, or their end. */
static const char *find(const char *text, size_t bytes, char wanted)
{
	const char *found = memchr(text, wanted, bytes);

	return found ? found : text + bytes;
}

/* Behind the host: nothing, or a colon and the port. */
static int parse_port(const char *text, const char *end, struct cst_source *source, char *errbuf)
{
	if (text == end)
		return 0;
	text++;
	if (find(text, (size_t)(end - text), ':') != end) {
		cst_error(errbuf, "the port in \"" SHOWN "\" has a colon in it; an IPv6 address has to stand in brackets, "
			  "as in rpcap://[2001:db8::1]:2002/eth0", text);
		return PCAP_ERROR;
	}
	return set_part(source->port, "port", text, (size_t)(end - text), errbuf);
}

static int parse_literal(const char *text, const char *end, struct cst_source *source, char *errbuf)
{
	const char *close = find(text, (size_t)(end - text), ']');

	if (close == end) {
		cst_error(errbuf, "the bracket in \"" SHOWN "\" is not closed; write rpcap://[ADDRESS]:PORT/DEVICE", text);
		return PCAP_ERROR;
	}
	if (close + 1 != end && close[1] != ':') {
		cst_error(errbuf, "behind the bracket in \"" SHOWN "\" only a colon and the port may follow", text);
		return PCAP_ERROR;
	}
	if (set_part(source->host, "host", text + 1, (size_t)(close - text - 1), errbuf) < 0)
		return PCAP_ERROR;
	return parse_port(close + 1, end, source, errbuf);
}

/* [USER@]HOST[:PORT]. The user's name is for other means of logging in (struct pcap_rmtauth) and is passed over. */
static int parse_host(const char *text, const char *end, struct cst_source *source, char *errbuf)
{
	const char *at = memrchr(text, '@', (size_t)(end - text));

	if (at)
		text = at + 1;
	if (text < end && *text == '[')
		return parse_literal(text, end, source, errbuf);
	const char *colon = find(text, (size_t)(end - text), ':');
	if (set_part(source->host, "host", text, (size_t)(colon - text), errbuf) < 0)
		return PCAP_ERROR;
	return parse_port(colon, end, source, errbuf);
}

static int parse_device(const char *text, struct cst_source *source, char *errbuf)
{
	source->type = PCAP_SRC_IFLOCAL;
	return set_part(source->name, "name of the device", text, cst_source_trimmed(text), errbuf);
}

static int parse_remote(const char *text, const char *slash, struct cst_source *source, char *errbuf)
{
	if (parse_host(text, slash, source, errbuf) < 0 || parse_device(slash + 1, source, errbuf) < 0)
		return PCAP_ERROR;
	source->type = PCAP_SRC_IFREMOTE;
	return 0;
}

/* A path may end in white space, and then it is that of another file; whoever opens it finds out. */
static int parse_path(const char *text, struct cst_source *source, char *errbuf)
{
	source->type = PCAP_SRC_FILE;
	return set_part(source->name, "path", text, strlen(text), errbuf);
}

int cst_source_parse(const char *text, struct cst_source *source, char *errbuf)
{
	const char *behind = strstr(text, "://");

	memset(source, 0, sizeof(*source));
	if (cst_source_trimmed(text) == 0) {
		cst_error(errbuf, "the source string is empty; name a device (rpcap://eth0) or a file (file:///tmp/x.pcap)");
		return PCAP_ERROR;
	}
	if (strlen(text) > PCAP_BUF_SIZE) {
		cst_error(errbuf, "the source string has %zu characters, %d is the most: " SHOWN "...", strlen(text),
			  PCAP_BUF_SIZE, text);
		return PCAP_ERROR;
	}
	if (!behind)
		return parse_device(text, source, errbuf);
	size_t bytes = (size_t)(behind - text);
	behind += strlen("://");
	for (size_t i = 0; i < SCHEMES; i++) {
		if (strlen(schemes[i].scheme) != bytes || strncasecmp(schemes[i].scheme, text, bytes) != 0)
			continue;
		if (schemes[i].file)
			return parse_path(behind, source, errbuf);
		source->tls = schemes[i].tls;
		const char *slash = strchr(behind, '/');
		return slash ? parse_remote(behind, slash, source, errbuf) : parse_device(behind, source, errbuf);
	}
	cst_error(errbuf, "\"" SHOWN "\": a source string begins with file://, rpcap:// or rpcaps://, or is the name of a device",
		  text);
	return PCAP_ERROR;
}

static bool is_same(const struct cst_source *a, const struct cst_source *b)
{
	return a->type == b->type && a->tls == b->tls && strcmp(a->host, b->host) == 0 &&
	       strcmp(a->port, b->port) == 0 && strcmp(a->name, b->name) == 0;
}

/* Into PCAP_BUF_SIZE bytes; what the whole needs, as snprintf() has it. */
static int print_source(char *text, const struct cst_source *s)
{
	const char *scheme = s->tls ? "rpcaps://" : PCAP_SRC_IF_STRING;
	bool brackets = strchr(s->host, ':') || s->host[0] == '[', slash = strchr(s->name, '/');

	switch (s->type) {
	case PCAP_SRC_FILE:
		return snprintf(text, PCAP_BUF_SIZE, PCAP_SRC_FILE_STRING "%s", s->name);
	case PCAP_SRC_IFLOCAL: /* behind rpcap:// a slash would end the name of a host */
		return snprintf(text, PCAP_BUF_SIZE, "%s%s", slash ? "" : scheme, s->name);
	default:
		return snprintf(text, PCAP_BUF_SIZE, "%s%s%s%s%s%s/%s", scheme, brackets ? "[" : "", s->host,
				brackets ? "]" : "", s->port[0] ? ":" : "", s->port, s->name);
	}
}

/* What is wrong with the parts shows when the string is read again: then it has other ones, or none. */
int cst_source_compose(char *text, const struct cst_source *source, char *errbuf)
{
	struct cst_source again;
	int bytes = print_source(text, source);

	if (bytes >= PCAP_BUF_SIZE) {
		cst_error(errbuf, "the source string would have %d characters, %d is the most: " SHOWN "...", bytes,
			  PCAP_BUF_SIZE - 1, text);
		text[0] = '\0';
		return PCAP_ERROR;
	}
	if (cst_source_parse(text, &again, NULL) < 0 || !is_same(source, &again)) {
		cst_error(errbuf, "\"" SHOWN "\" would name another source: host, port and name hold characters that a source "
			  "string takes for its own", text);
		text[0] = '\0';
		return PCAP_ERROR;
	}
	return 0;
}

static void copy_part(char *to, const char *from)
{
	if (to)
		strcpy(to, from);
}

int pcap_parsesrcstr(const char *source, int *type, char *host, char *port, char *name, char *errbuf)
{
	struct cst_source parts = { 0 };
	int status;

	copy_part(host, "");
	copy_part(port, "");
	copy_part(name, "");
	if (!source) {
		cst_error(errbuf, "pcap_parsesrcstr() needs a source string, and was given NULL");
		return PCAP_ERROR;
	}
	status = cst_source_parse(source, &parts, errbuf);
	if (status < 0)
		return status;
	if (type)
		*type = parts.type;
	copy_part(host, parts.host);
	copy_part(port, parts.port);
	copy_part(name, parts.name);
	return 0;
}

static int missing(const char *what, char *errbuf)
{
	cst_error(errbuf, "pcap_createsrcstr() needs %s", what);
	return PCAP_ERROR;
}

/* A host may come in its brackets already. */
static int set_host(struct cst_source *parts, const char *host, char *errbuf)
{
	size_t bytes = strlen(host);

	if (bytes > 2 && host[0] == '[' && host[bytes - 1] == ']')
		return set_part(parts->host, "host", host + 1, bytes - 2, errbuf);
	return set_part(parts->host, "host", host, bytes, errbuf);
}

/* Fill the parts that a source of this type has. */
static int set_parts(struct cst_source *parts, const char *host, const char *port, const char *name, char *errbuf)
{
	const char *n = name ? name : "";
	bool remote = parts->type == PCAP_SRC_IFREMOTE;

	if (parts->type == PCAP_SRC_FILE)
		return *n ? set_part(parts->name, "path", n, strlen(n), errbuf) :
			    missing("the path of the file, and name is NULL or empty", errbuf);
	if (parts->type != PCAP_SRC_IFLOCAL && !remote) {
		cst_error(errbuf, "type %d is none of PCAP_SRC_FILE, PCAP_SRC_IFLOCAL and PCAP_SRC_IFREMOTE", parts->type);
		return PCAP_ERROR;
	}
	if (remote && (!host || !*host))
		return missing("a host for PCAP_SRC_IFREMOTE, and it is NULL or empty", errbuf);
	if (remote && set_host(parts, host, errbuf) < 0)
		return PCAP_ERROR;
	if (remote && port && set_part(parts->port, "port", port, strlen(port), errbuf) < 0)
		return PCAP_ERROR;
	return set_part(parts->name, "name of the device", n, cst_source_trimmed(n), errbuf);
}

int pcap_createsrcstr(char *source, int type, const char *host, const char *port, const char *name, char *errbuf)
{
	struct cst_source parts = { .type = type };

	if (!source)
		return missing("a buffer of PCAP_BUF_SIZE bytes, and was given NULL", errbuf);
	source[0] = '\0';
	int status = set_parts(&parts, host, port, name, errbuf);
	return status < 0 ? status : cst_source_compose(source, &parts, errbuf);
}
