/* oracle.c - the system's libpcap, loaded beside Capstan to be asked what it would have done. */
#include "oracle.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_SKIP = 77 }; /* Meson's and automake's code for a skipped test */

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static void skip(const char *reason)
{
	printf("skipped: %s\n", reason);
	exit(EXIT_SKIP);
}

static void *load(void)
{
	/* Sanitizers refuse RTLD_DEEPBIND, and without it libpcap's calls to itself would come to us. */
	if (SANITIZED)
		skip("libpcap cannot be loaded beside a sanitizer's runtime");

	void *library = dlopen("libpcap.so.0.8", RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
	if (!library)
		skip(dlerror());

	/* With the drop-in folder in LD_LIBRARY_PATH we would be compared with ourselves. The lists of intended
	 * differences are right for the releases before 1.10.5, which changed much. */
	static const char before[] = "libpcap version 1.10.";
	const char *(*version)(void) = dlsym(library, "pcap_lib_version");
	const char *release = version ? version() : "";
	if (strncmp(release, before, strlen(before)) != 0 || release[strlen(before)] < '3' ||
	    release[strlen(before)] > '4')
		skip("libpcap.so.0.8 is not libpcap 1.10.3 or 1.10.4");
	return library;
}

void *oracle_symbol(const char *name)
{
	static void *library;

	if (!library)
		library = load();
	return dlsym(library, name);
}
