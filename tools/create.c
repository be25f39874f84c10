/* create.c - the way to a file that root writes, step by step: each is taken from the descriptor of the folder before, so what
 * was looked at is what is used, whatever others do meanwhile. */
#include "create.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { MOST_LINKS = 40 }; /* path_resolution(7) */

struct way {
	int folder;          /* where we are */
	char rest[PATH_MAX]; /* where to from there */
	int links;
	bool is_theirs;      /* where we are: another user made it, where everyone may make folders */
	bool *is_new;
	const char *why;
};

static int refuse(struct way *w, const char *why)
{
	w->why = why;
	return -1;
}

/* May what is in the folder that we are in be there because another user wants it to? */
static bool is_exposed(const struct way *w)
{
	struct stat st;

	return w->is_theirs || fstat(w->folder, &st) < 0 || st.st_mode & S_IWOTH;
}

static int move_to(struct way *w, int folder)
{
	if (folder < 0)
		return -1;
	close(w->folder);
	w->folder = folder;
	return 0;
}

/* The first name of the rest into `name`; false: there is none. */
static bool take_name(struct way *w, char name[static NAME_MAX + 1], bool *is_last)
{
	char *from = w->rest + strspn(w->rest, "/");
	size_t length = strcspn(from, "/");

	if (length > NAME_MAX) {
		errno = ENAMETOOLONG;
		return false;
	}
	errno = *w->rest ? EISDIR : ENOENT; /* nothing but a slash names the folder */
	memcpy(name, from, length);
	name[length] = '\0';
	*is_last = !from[length];
	memmove(w->rest, from + length, strlen(from + length) + 1);
	return length > 0;
}

/* What the link says comes before the rest. */
static int follow(struct way *w, int link)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(link, "", target, sizeof(target));

	if (length < 0)
		return -1;
	if (++w->links > MOST_LINKS) {
		errno = ELOOP;
		return -1;
	}
	if (length == 0 || (size_t)length + 1 + strlen(w->rest) >= sizeof(w->rest)) {
		errno = length ? ENAMETOOLONG : ENOENT;
		return -1;
	}
	memmove(w->rest + length, w->rest, strlen(w->rest) + 1);
	memcpy(w->rest, target, (size_t)length);
	return w->rest[0] == '/' ? move_to(w, open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)) : 0;
}

/* Links of /proc are more than their text. */
static bool is_of_proc(int folder)
{
	struct statfs fs;

	return fstatfs(folder, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

/* What stands in the place of the file: its descriptor, -1, or AGAIN if it was a link and w->rest leads on. */
enum { AGAIN = -2 };
static int take_what_is_there(struct way *w, const char *name)
{
	int there = openat(w->folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), fd, followed;
	bool exposed = is_exposed(w);
	struct stat seen, opened;

	if (there < 0)
		return -1;
	if (fstat(there, &seen) < 0) {
		fd = -1;
	} else if (S_ISLNK(seen.st_mode) && exposed) {
		fd = refuse(w, "it is a symbolic link below a folder that everyone may write to; as root it is not followed");
	} else if (S_ISLNK(seen.st_mode) && is_of_proc(w->folder)) {
		fd = openat(w->folder, name, O_WRONLY | O_CLOEXEC);
	} else if (S_ISLNK(seen.st_mode)) {
		followed = follow(w, there);
		fd = followed < 0 ? -1 : AGAIN;
	} else if (exposed && seen.st_uid != geteuid()) {
		fd = refuse(w, "it belongs to another user, below a folder that everyone may write to; as root it is not "
			       "written to");
	} else if (exposed && S_ISREG(seen.st_mode) && seen.st_nlink > 1) {
		fd = refuse(w, "it has other names, below a folder that everyone may write to; as root it is not written "
			       "to");
	} else {
		fd = openat(w->folder, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && (fstat(fd, &opened) < 0 || opened.st_dev != seen.st_dev || opened.st_ino != seen.st_ino)) {
			close(fd);
			fd = refuse(w, "it was replaced while it was opened");
		}
	}
	close(there);
	return fd;
}

static int take_file(struct way *w, const char *name)
{
	int fd = openat(w->folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);

	*w->is_new = fd >= 0;
	return fd >= 0 || errno != EEXIST ? fd : take_what_is_there(w, name);
}

/* Goes on in the folder. */
static int enter(struct way *w, int folder)
{
	struct stat st;

	if (folder >= 0 && is_exposed(w))
		w->is_theirs |= fstat(folder, &st) < 0 || st.st_uid != geteuid();
	return move_to(w, folder);
}

static int take_link_to_folder(struct way *w, const char *name)
{
	int link = openat(w->folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), status;
	struct stat st;

	if (link < 0)
		return -1;
	if (fstat(link, &st) < 0 || !S_ISLNK(st.st_mode)) {
		errno = ENOTDIR;
		status = -1;
	} else if (is_exposed(w)) {
		status = refuse(w, "a folder on its path is a symbolic link below one that everyone may write to; as root it "
				   "is not followed");
	} else if (is_of_proc(w->folder)) {
		status = move_to(w, openat(w->folder, name, O_PATH | O_CLOEXEC));
	} else {
		status = follow(w, link);
	}
	close(link);
	return status;
}

static int take_folder(struct way *w, const char *name)
{
	/* Who demands a folder has what is mounted on demand mounted. */
	int next = openat(w->folder, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return next < 0 && errno == ENOTDIR ? take_link_to_folder(w, name) : enter(w, next);
}

static int walk(struct way *w)
{
	char name[NAME_MAX + 1];
	bool is_last;

	while (take_name(w, name, &is_last)) {
		int fd = is_last ? take_file(w, name) : take_folder(w, name);

		if (is_last && fd != AGAIN)
			return fd;
		if (fd == -1)
			return -1;
	}
	return -1;
}

static int create_as_root(const char *path, bool *is_new, const char **why)
{
	struct way w = { .folder = -1, .is_new = is_new };
	int fd = -1, error;

	if (strlen(path) >= sizeof(w.rest)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(w.rest, path);
	w.folder = open(*path == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (w.folder >= 0)
		fd = walk(&w);
	error = errno;
	*why = w.why;
	if (w.folder >= 0)
		close(w.folder);
	errno = error;
	return fd;
}

int create_file(const char *path, bool *is_new, const char **why)
{
	int fd;

	*why = NULL;
	if (geteuid() == 0)
		return create_as_root(path, is_new, why);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	*is_new = fd >= 0;
	return fd >= 0 || errno != EEXIST ? fd : open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
}
