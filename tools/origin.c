/* origin.c - this machine, its system, this program and a device's description. */
#include "origin.h"

#include <pcap.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

/* What x86 calls it. Other architectures give numbers there, which say less than uname(2). */
static bool read_processor(char *name, size_t size)
{
	static const char key[] = "model name";
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[256];
	bool found = false;

	if (!file)
		return false;
	while (!found && fgets(line, sizeof(line), file)) {
		const char *value = strchr(line, ':');

		if (strncmp(line, key, strlen(key)) || !value)
			continue;
		value += 1 + strspn(value + 1, " ");
		snprintf(name, size, "%.*s", (int)strcspn(value, "\n"), value);
		found = true;
	}
	fclose(file);
	return found;
}

static void find_description(struct origin *o, const char *device)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_if_t *all = NULL;

	if (pcap_findalldevs(&all, errbuf) < 0)
		return;
	for (const pcap_if_t *each = all; each; each = each->next)
		if (!strcmp(each->name, device) && each->description)
			o->description = strdup(each->description);
	pcap_freealldevs(all);
}

void origin_find(struct origin *o, const char *device)
{
	struct utsname name;

	*o = (struct origin){ 0 };
	if (uname(&name) == 0) {
		snprintf(o->os, sizeof(o->os), "%s %s", name.sysname, name.release);
		if (!read_processor(o->hardware, sizeof(o->hardware)))
			snprintf(o->hardware, sizeof(o->hardware), "%s", name.machine);
	}
	snprintf(o->application, sizeof(o->application), "capstan %s", CAPSTAN_VERSION);
	find_description(o, device);
}

void origin_free(struct origin *o)
{
	free(o->description);
	o->description = NULL;
}

struct capstan_pcapng_section origin_section(const struct origin *o)
{
	return (struct capstan_pcapng_section){
		.hardware = *o->hardware ? o->hardware : NULL,
		.os = *o->os ? o->os : NULL,
		.application = o->application,
	};
}
