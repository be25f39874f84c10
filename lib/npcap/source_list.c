/* source_list.c - pcap_findalldevs_ex(): the devices of this host and the savefiles of a folder, by their source strings. */
#include "handle/devices.h"
#include "npcap/not_yet.h"
#include "npcap/source_string.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Put the device's source string in place of its name, and what Npcap says of one in place of its description. */
static int rename_device(pcap_if_t *device, char *errbuf)
{
	struct cst_source source = { .type = PCAP_SRC_IFLOCAL };
	const char *about = device->description ? device->description : device->name;
	size_t room = strlen(about) + sizeof("Network adapter '' on local host");
	char text[PCAP_BUF_SIZE], *name, *description;

	snprintf(source.name, sizeof(source.name), "%s", device->name);
	if (cst_source_compose(text, &source, errbuf) < 0)
		return PCAP_ERROR;
	name = strdup(text);
	description = malloc(room);
	if (!name || !description) {
		cst_error_errno(errbuf, errno, "%s: adding it to the list", device->name);
		free(name);
		free(description);
		return PCAP_ERROR;
	}
	snprintf(description, room, "Network adapter '%s' on local host", about);
	free(device->name);
	free(device->description);
	device->name = name;
	device->description = description;
	return 0;
}

static int list_devices(pcap_if_t **alldevs, char *errbuf)
{
	int status = pcap_findalldevs(alldevs, errbuf);

	if (status == 0 && !*alldevs) {
		cst_error(errbuf, "there is no device here to capture on; \"ip link\" shows the network interfaces");
		status = PCAP_ERROR;
	}
	for (pcap_if_t *device = *alldevs; device && status == 0; device = device->next)
		status = rename_device(device, errbuf);
	return status;
}

/* A descriptor of `name` if that is a regular file, -1 if not: opening a FIFO would wait for its writer, and opening a
 * device may set it going. What is put in its place between the question and the opening does not make us wait either. */
static int open_regular(int folder, const char *name)
{
	struct stat about;
	int fd;

	if (fstatat(folder, name, &about, 0) < 0 || !S_ISREG(about.st_mode))
		return -1;
	fd = openat(folder, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0 && (fstat(fd, &about) < 0 || !S_ISREG(about.st_mode))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static bool is_savefile(int folder, const char *name)
{
	int fd = open_regular(folder, name);
	pcap_t *p = fd >= 0 ? pcap_hopen_offline(fd, NULL) : NULL;

	if (p)
		pcap_close(p);
	return p;
}

/* One more, if it is a savefile and its source string is one that pcap_open() takes. */
static int add_file(struct cst_device_list *list, int folder, const char *path, const char *name, char *errbuf)
{
	struct cst_source source = { .type = PCAP_SRC_FILE };
	char text[PCAP_BUF_SIZE], description[PCAP_BUF_SIZE + 32];
	const char *slash = path[strlen(path) - 1] == '/' ? "" : "/";

	if (snprintf(source.name, sizeof(source.name), "%s%s%s", path, slash, name) >= (int)sizeof(source.name) ||
	    cst_source_compose(text, &source, NULL) < 0 || !is_savefile(folder, name))
		return 0;
	snprintf(description, sizeof(description), "File '%s' on local host", source.name);
	return cst_device_add(list, text, description, 0, errbuf) ? 0 : PCAP_ERROR;
}

static int add_files(struct cst_device_list *list, DIR *folder, const char *path, char *errbuf)
{
	const struct dirent *entry;
	int status = 0;

	while (errno = 0, status == 0 && (entry = readdir(folder)))
		status = add_file(list, dirfd(folder), path, entry->d_name, errbuf);
	if (status == 0 && errno != 0) {
		cst_error_errno(errbuf, errno, "%s: reading the folder", path);
		status = PCAP_ERROR;
	}
	return status;
}

static int by_name(const void *a, const void *b)
{
	const pcap_if_t *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

/* Sorted, since a folder has no order of its own. */
static void chain(struct cst_device_list *list, pcap_if_t **alldevs)
{
	if (list->count > 0)
		qsort(list->devices, list->count, sizeof(pcap_if_t *), by_name);
	for (size_t i = list->count; i-- > 0; *alldevs = list->devices[i])
		list->devices[i]->next = *alldevs;
	free(list->devices);
}

/* As with pcap_open(), white space at the path's end is a slip unless there is such a folder. */
static DIR *open_folder(char *path)
{
	DIR *folder = opendir(path);
	size_t bytes = cst_source_trimmed(path);

	if (!folder && errno == ENOENT && path[bytes]) {
		path[bytes] = '\0';
		folder = opendir(path);
	}
	return folder;
}

static int list_files(struct cst_source *source, pcap_if_t **alldevs, char *errbuf)
{
	struct cst_device_list list = { 0 };
	DIR *folder;
	int status;

	if (cst_source_trimmed(source->name) == 0) {
		cst_error(errbuf, "the source string names no folder; write file:// and its path behind it");
		return PCAP_ERROR;
	}
	folder = open_folder(source->name);
	if (!folder) {
		cst_error_errno(errbuf, errno, "%s: listing the savefiles in this folder", source->name);
		return PCAP_ERROR;
	}
	status = add_files(&list, folder, source->name, errbuf);
	closedir(folder);
	chain(&list, alldevs);
	return status;
}

static int list_sources(const char *text, pcap_if_t **alldevs, char *errbuf)
{
	struct cst_source source;
	int status = cst_source_parse(text, &source, errbuf);

	if (status < 0)
		return status;
	if (source.type == PCAP_SRC_FILE)
		return list_files(&source, alldevs, errbuf);
	if (source.name[0]) {
		cst_error(errbuf, "\"%.100s\" names a device; to list them write rpcap:// for those of this host, rpcap://HOST/ "
			  "for those of another", text);
		return PCAP_ERROR;
	}
	return source.type == PCAP_SRC_IFLOCAL ? list_devices(alldevs, errbuf) : cst_not_yet_remote(errbuf, source.host);
}

int pcap_findalldevs_ex(const char *source, struct pcap_rmtauth *auth, pcap_if_t **alldevs, char *errbuf)
{
	(void)auth; /* nobody to log in with here */
	if (alldevs)
		*alldevs = NULL;
	if (!source || !alldevs) {
		cst_error(errbuf, "pcap_findalldevs_ex() needs %s, and was given NULL",
			  source ? "a place for the list" : "a source string");
		return PCAP_ERROR;
	}
	int status = list_sources(source, alldevs, errbuf);
	if (status < 0) {
		pcap_freealldevs(*alldevs);
		*alldevs = NULL;
	}
	return status;
}
