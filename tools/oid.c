/* oid.c - `capstan oid`: what an interface answers to OID requests, one a line; and setting one. */
#include "candidates.h"
#include "device.h"
#include "interrupt.h"
#include "oid_text.h"
#include "options.h"
#include "privileges.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int run(int argc, char **argv);

enum { OPTION_HOLD = 256 };

static const struct option_row option_rows[] = {
	{ 'i', "interface", "IF", "the device to ask (see capstan list)" },
	{ OPTION_HOLD, "hold", NULL, "keep what was set in force until interrupted" },
	{ 0 },
};

static const struct option_values option_values[] = {
	{ 'i', &device_candidates },
	{ 0 },
};

const struct command oid_command = {
	.name = "oid",
	.run = run,
	.help = "show or set what NDIS calls the objects of an interface",
	.synopsis = "-i IF [--hold] [NAME[=VALUE]]",
	.details = "Without NAME, all that the interface answers is listed. NAME is an OID's own, as in\n"
		   "OID_GEN_LINK_STATE, or its number. VALUE is a number, the names of packet filter bits\n"
		   "joined by commas (directed,multicast,...) or hardware addresses likewise. What is set holds\n"
		   "for this command's own handle only: the interface is asked again, and it ends.",
	.options = option_rows,
	.values = option_values,
	.operands = { &oid_candidates },
};

/* The largest answer in sight: some hundred OIDs, some hundred addresses. */
#define ANSWER_ROOM 65536

struct asking {
	pcap_t *p;
	const char *device;
	unsigned char answer[ANSWER_ROOM];
	char text[ANSWER_ROOM];
};

/* 0, or -1 with the text in the handle. */
static int query(struct asking *k, bpf_u_int32 oid, size_t *bytes)
{
	*bytes = sizeof(k->answer);
	return pcap_oid_get_request(k->p, oid, k->answer, bytes);
}

static void print_value(struct asking *k, bpf_u_int32 oid, size_t bytes, int width)
{
	const struct capstan_oid *facts = capstan_oid_by_value(oid);

	oid_to_text(facts, k->answer, bytes, k->text, sizeof(k->text));
	if (facts)
		printf("%-*s %s\n", width, facts->name, k->text);
	else
		printf("0x%08x %s\n", oid, k->text);
}

static int list(struct asking *k)
{
	const int width = 36; /* of the longest name that an interface without Wi-Fi has */
	bpf_u_int32 oid;
	size_t bytes, count;

	if (query(k, OID_GEN_SUPPORTED_LIST, &bytes) < 0) {
		complain_of(&oid_command, k->device, pcap_geterr(k->p));
		return STATUS_FAILED;
	}
	unsigned char *oids = malloc(bytes);
	if (!oids) {
		complain(&oid_command, "out of memory");
		return STATUS_FAILED;
	}
	memcpy(oids, k->answer, bytes);
	count = bytes / sizeof(oid);
	for (size_t i = 0; i < count; i++) {
		memcpy(&oid, oids + i * sizeof(oid), sizeof(oid));
		/* What the list has just named may be gone by now; what can only be set has no value. */
		if (oid != OID_GEN_SUPPORTED_LIST && query(k, oid, &bytes) == 0)
			print_value(k, oid, bytes, width);
	}
	free(oids);
	return STATUS_OK;
}

/* By name, or by number. */
static bool find_oid(const char *text, bpf_u_int32 *oid)
{
	const struct capstan_oid *facts = capstan_oid_by_name(text);
	char *end;

	if (facts) {
		*oid = facts->value;
		return true;
	}
	errno = 0;
	unsigned long number = strtoul(text, &end, 0);
	*oid = (bpf_u_int32)number;
	return end != text && !*end && !errno && number <= UINT32_MAX;
}

static int show(struct asking *k, bpf_u_int32 oid)
{
	size_t bytes;

	if (query(k, oid, &bytes) < 0) {
		complain_of(&oid_command, k->device, pcap_geterr(k->p));
		return STATUS_FAILED;
	}
	print_value(k, oid, bytes, 0);
	return STATUS_OK;
}

static int hold(void)
{
	fflush(stdout);
	if (!privileges_drop(&oid_command, NULL, KEEP_NOTHING))
		return STATUS_FAILED;
	/* A signal that comes just before the sleep is seen after it. */
	while (!interrupt_seen())
		sleep(1);
	return STATUS_OK;
}

static int set(struct asking *k, bpf_u_int32 oid, const char *value, bool is_held)
{
	const struct capstan_oid *facts = capstan_oid_by_value(oid);
	size_t bytes = sizeof(k->answer);
	int status = STATUS_OK;

	if (!oid_from_text(facts, value, k->answer, &bytes))
		return options_misused(&oid_command, "\"%s\" is no value for %s", value, facts ? facts->name : "this OID");
	if (pcap_oid_set_request(k->p, oid, k->answer, &bytes) < 0) {
		complain_of(&oid_command, k->device, pcap_geterr(k->p));
		return STATUS_FAILED;
	}
	if (facts && facts->access & CAPSTAN_OID_QUERY)
		status = show(k, oid);
	return is_held && status == STATUS_OK ? hold() : status;
}

static int answer(struct asking *k, char *request, bool is_held)
{
	char *value = request ? strchr(request, '=') : NULL;
	bpf_u_int32 oid;

	if (!request)
		return list(k);
	if (value)
		*value++ = '\0';
	if (!find_oid(request, &oid))
		return options_misused(&oid_command, "there is no OID \"%s\"", request);
	return value ? set(k, oid, value, is_held) : show(k, oid);
}

static int run(int argc, char **argv)
{
	/* Nothing is read: the buffer may be as small as it gets. */
	struct device_wishes wishes = { .timeout_ms = 1000, .snaplen = 64, .buffer_bytes = 4096 };
	struct asking *asking;
	struct option_reader r;
	bool is_held = false;
	int code, status = STATUS_FAILED;

	options_begin(&r, &oid_command, argc, argv);
	while ((code = options_next(&r)) != OPTION_END) {
		if (code == OPTION_HOLD)
			is_held = true;
		else if (code == 'i')
			wishes.name = optarg;
		else
			return options_status(code);
	}
	if (!device_is_named(&oid_command, &wishes))
		return STATUS_USAGE;
	if (argc - optind > 1)
		return options_misused(&oid_command, "one OID at a time");
	if (is_held && (optind == argc || !strchr(argv[optind], '=')))
		return options_misused(&oid_command, "--hold is for something set: NAME=VALUE");

	asking = calloc(1, sizeof(*asking));
	if (!asking) {
		complain(&oid_command, "out of memory");
		return STATUS_FAILED;
	}
	asking->device = wishes.name;
	asking->p = device_open(&oid_command, &wishes);
	if (asking->p) {
		interrupt_break(asking->p);
		if (privileges_drop(&oid_command, NULL, KEEP_DEVICE))
			status = answer(asking, argv[optind], is_held);
		interrupt_release();
		pcap_close(asking->p);
	}
	free(asking);
	if (fflush(stdout) || ferror(stdout)) {
		perror("capstan oid: cannot write to standard output");
		return STATUS_FAILED;
	}
	return status;
}
