/* source_fuzz.c - any bytes as a source string, or as the parts of one: taking apart and composing undo each other. An
 * input is a kind, and one string or, with nulls between them, host, port and name. */
#include "fuzz.h"

#include <pcap/pcap.h>
#include <stdbool.h>

/* Each string in a heap block of the size promised, so that AddressSanitizer sees what is written beyond. */
struct parts {
	int type;
	char *host, *port, *name;
};

static char *new_buffer(void)
{
	char *buffer = malloc(PCAP_BUF_SIZE);

	FUZZ_REQUIRE(buffer);
	memset(buffer, 'x', PCAP_BUF_SIZE);
	return buffer;
}

static struct parts new_parts(void)
{
	return (struct parts){ -1, new_buffer(), new_buffer(), new_buffer() };
}

static void free_parts(struct parts *parts)
{
	free(parts->host);
	free(parts->port);
	free(parts->name);
}

static bool is_text(const char *text, size_t room)
{
	return memchr(text, '\0', room) != NULL;
}

/* Why not, in one line. */
static void require_reason(const char *errbuf)
{
	FUZZ_REQUIRE(is_text(errbuf, PCAP_ERRBUF_SIZE));
	FUZZ_REQUIRE(strlen(errbuf) > 10);
}

static bool take_apart(const char *source, struct parts *parts)
{
	char *errbuf = malloc(PCAP_ERRBUF_SIZE);

	FUZZ_REQUIRE(errbuf);
	memset(errbuf, 'x', PCAP_ERRBUF_SIZE);
	int status = pcap_parsesrcstr(source, &parts->type, parts->host, parts->port, parts->name, errbuf);
	FUZZ_REQUIRE(is_text(parts->host, PCAP_BUF_SIZE));
	FUZZ_REQUIRE(is_text(parts->port, PCAP_BUF_SIZE));
	FUZZ_REQUIRE(is_text(parts->name, PCAP_BUF_SIZE));
	FUZZ_REQUIRE(pcap_parsesrcstr(source, NULL, NULL, NULL, NULL, NULL) == status);
	if (status != 0) {
		require_reason(errbuf);
		FUZZ_REQUIRE(!*parts->host && !*parts->port && !*parts->name);
	}
	free(errbuf);
	FUZZ_REQUIRE(status == 0 || status == PCAP_ERROR);
	return status == 0;
}

static bool compose(char *source, const struct parts *parts)
{
	char *errbuf = malloc(PCAP_ERRBUF_SIZE);

	FUZZ_REQUIRE(errbuf);
	memset(errbuf, 'x', PCAP_ERRBUF_SIZE);
	int status = pcap_createsrcstr(source, parts->type, parts->host, parts->port, parts->name, errbuf);
	FUZZ_REQUIRE(is_text(source, PCAP_BUF_SIZE));
	if (status != 0) {
		require_reason(errbuf);
		FUZZ_REQUIRE(!*source);
	}
	free(errbuf);
	FUZZ_REQUIRE(status == 0 || status == PCAP_ERROR);
	return status == 0;
}

/* The only parts of a source string that do not make one. */
static bool cannot_be_composed(const struct parts *parts)
{
	const size_t longest_prefix = strlen("rpcap://[]:/");

	if (parts->type == PCAP_SRC_FILE && !*parts->name)
		return true;
	if (parts->type == PCAP_SRC_IFREMOTE && !*parts->host)
		return true;
	return longest_prefix + strlen(parts->host) + strlen(parts->port) + strlen(parts->name) >= PCAP_BUF_SIZE;
}

static void require_same(const struct parts *a, const struct parts *b)
{
	FUZZ_REQUIRE(a->type == b->type);
	FUZZ_REQUIRE(strcmp(a->host, b->host) == 0);
	FUZZ_REQUIRE(strcmp(a->port, b->port) == 0);
	FUZZ_REQUIRE(strcmp(a->name, b->name) == 0);
}

/* Strings that are composed name the same parts, and only one string does. */
static void require_stable(const char *source)
{
	struct parts parts = new_parts(), again = new_parts();
	char *composed = new_buffer(), *twice = new_buffer();

	if (take_apart(source, &parts)) {
		FUZZ_REQUIRE(parts.type >= PCAP_SRC_FILE && parts.type <= PCAP_SRC_IFREMOTE);
		FUZZ_REQUIRE(parts.type == PCAP_SRC_IFREMOTE || (!*parts.host && !*parts.port));
		if (compose(composed, &parts)) {
			FUZZ_REQUIRE(take_apart(composed, &again));
			require_same(&parts, &again);
			FUZZ_REQUIRE(compose(twice, &again));
			FUZZ_REQUIRE(strcmp(composed, twice) == 0);
		} else {
			FUZZ_REQUIRE(cannot_be_composed(&parts));
		}
	}
	free(composed);
	free(twice);
	free_parts(&parts);
	free_parts(&again);
}

/* The rest of the input as a string that ends where its heap block does. */
static char *take_string(const uint8_t **data, size_t *size)
{
	size_t bytes = strnlen((const char *)*data, *size), past = bytes < *size ? bytes + 1 : bytes;
	char *text = malloc(bytes + 1);

	FUZZ_REQUIRE(text);
	if (bytes > 0)
		memcpy(text, *data, bytes);
	text[bytes] = '\0';
	*data += past;
	*size -= past;
	return text;
}

static void try_parts(int type, const uint8_t *data, size_t size)
{
	struct parts parts = { type, NULL, NULL, NULL };
	char *source = new_buffer();

	parts.host = take_string(&data, &size);
	parts.port = take_string(&data, &size);
	parts.name = take_string(&data, &size);
	if (compose(source, &parts)) {
		struct parts again = new_parts();
		FUZZ_REQUIRE(take_apart(source, &again));
		FUZZ_REQUIRE(again.type == type);
		FUZZ_REQUIRE(type != PCAP_SRC_FILE || strcmp(again.name, parts.name) == 0);
		FUZZ_REQUIRE(type != PCAP_SRC_IFREMOTE || strcmp(again.port, parts.port) == 0);
		FUZZ_REQUIRE(type != PCAP_SRC_IFREMOTE || strstr(parts.host, again.host));
		FUZZ_REQUIRE(strncmp(again.name, parts.name, strlen(again.name)) == 0);
		free_parts(&again);
		require_stable(source);
	}
	free(source);
	free_parts(&parts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	int kind = *data++ % 8;
	size--;
	if (kind < 4) {
		char *source = take_string(&data, &size);
		require_stable(source);
		free(source);
	} else {
		try_parts(kind - 3, data, size);
	}
	return 0;
}
