/* SPDX-License-Identifier: ISC */
#include "case.h"

#include <dirent.h>
#include <limits.h>
#include <sys/statfs.h>
#include <sys/time.h>
#include <sys/xattr.h>
#include <utime.h>

static char buffer[8192];

/* What stat(2) says that is the same in every file system. */
static void show(const char *path)
{
	struct stat s;
	int r = lstat(path, &s);

	say(r);
	if (!r)
		printf(" %o %d %ld", s.st_mode, (int)s.st_nlink,
		       S_ISDIR(s.st_mode) ? 0 : (long)s.st_size);
}

#define SHOW(name, path)                                                       \
	do {                                                                   \
		begin(name);                                                   \
		show(path);                                                    \
		done();                                                        \
	} while (0)

static void folders(void)
{
	ASK("mkdir", mkdir("d", 0777));
	SHOW("mkdir-mode", "d");
	ASK("mkdir-exists", mkdir("d", 0777));
	ASK("mkdir-missing", mkdir("x/y", 0777));
	ASK("mkdir-empty", mkdir("", 0777));
	ASK("mkdir-slash", mkdir("s/", 0700));
	ASK("mkdir-slashes", mkdir("t///", 0700));
	ASK("mkdir-dot", mkdir("d/.", 0700));
	ASK("mkdir-dot-dot", mkdir("d/..", 0700));
	ASK("mkdir-root", mkdir("/", 0700));
	ASK("mkdir-fault", mkdir((char *)8, 0700));
	SHOW("mkdir-bits", (mkdir("bits", 07777), "bits"));
	make_file("f", "text", 0644);
	ASK("mkdir-in-file", mkdir("f/d", 0700));
	ASK("mkdir-over-file", mkdir("f", 0700));
	symlink("nowhere", "hanging");
	ASK("mkdir-over-link", mkdir("hanging", 0700));
	mkdir("d/e", 0755);
	SHOW("links-of-parent", "d");
	ASK("rmdir-full", rmdir("d"));
	ASK("rmdir-file", rmdir("f"));
	ASK("rmdir-missing", rmdir("x"));
	ASK("rmdir-dot", rmdir("d/e/."));
	ASK("rmdir-dot-dot", rmdir("d/e/.."));
	ASK("rmdir-root", rmdir("/"));
	ASK("rmdir-slash", rmdir("d/e/"));
	SHOW("links-after", "d");
	symlink("d", "to-d");
	ASK("rmdir-link", rmdir("to-d"));
	ASK("rmdir-link-slash", rmdir("to-d/"));
	ASK("unlink-folder", unlink("d"));
	ASK("unlink-missing", unlink("x"));
	ASK("unlink-slash", unlink("f/"));
	ASK("unlink-dot", unlink("."));
	ASK("unlinkat-flags", unlinkat(AT_FDCWD, "f", 0x1));
	ASK("unlinkat-removedir", unlinkat(AT_FDCWD, "t", AT_REMOVEDIR));
	ASK("unlinkat-bad-fd", unlinkat(99, "f", 0));
	mkdir("locked", 0755);
	make_file("locked/f", "x", 0644);
	chmod("locked", 0555);
	ASK("unlink-denied", unlink("locked/f"));
	ASK("mkdir-denied", mkdir("locked/d", 0700));
	ASK("create-denied", open("locked/n", O_CREAT | O_WRONLY, 0600));
	ASK("rename-denied", rename("locked/f", "locked/g"));
	chmod("locked", 0);
	ASK("search-denied", access("locked/f", F_OK));
	ASK("list-denied", open("locked", O_RDONLY | O_DIRECTORY));
	ASK("chdir-denied", chdir("locked"));
	chmod("locked", 0755);
}

static void renaming(void)
{
	int f;

	mkdir("a", 0755);
	mkdir("b", 0755);
	mkdir("a/in", 0755);
	make_file("one", "1", 0644);
	make_file("two", "22", 0644);
	ASK("rename", rename("one", "three"));
	ASK("rename-gone", access("one", F_OK));
	ASK("rename-missing", rename("one", "three"));
	ASK("rename-over", rename("two", "three"));
	SHOW("rename-replaced", "three");
	ASK("rename-same", rename("three", "three"));
	ASK("rename-file-over-folder", rename("three", "b"));
	ASK("rename-folder-over-file", rename("b", "three"));
	ASK("rename-over-full", rename("b", "a"));
	ASK("rename-over-empty", rename("a", "b"));
	ASK("rename-moved", access("b/in", F_OK));
	ASK("rename-into-itself", rename("b", "b/in/b"));
	ASK("rename-to-parent", rename("b/in", "b"));
	ASK("rename-dot", rename("b/.", "c"));
	ASK("rename-to-dot-dot", rename("three", "b/.."));
	ASK("rename-slash-file", rename("three/", "four"));
	ASK("rename-to-slash-file", rename("three", "four/"));
	ASK("rename-to-slash-folder", rename("b", "c/"));
	ASK("rename-empty", rename("", "x"));
	ASK("rename-missing-parent", rename("three", "x/y"));
	ASK("rename-file-parent", rename("three", "f/y"));
	link("three", "same");
	ASK("rename-hard-links", rename("three", "same"));
	SHOW("rename-hard-links-both", "three");
	symlink("three", "sl");
	ASK("rename-link", rename("sl", "sl2"));
	ASK("rename-link-kept", readlink("sl2", buffer, 100));
	ASK("noreplace", renameat2(AT_FDCWD, "three", AT_FDCWD, "same", 1));
	ASK("noreplace-new", renameat2(AT_FDCWD, "same", AT_FDCWD, "new", 1));
	ASK("exchange", renameat2(AT_FDCWD, "three", AT_FDCWD, "c", 2));
	SHOW("exchanged", "c");
	ASK("exchange-missing", renameat2(AT_FDCWD, "c", AT_FDCWD, "gone", 2));
	ASK("rename-flags", renameat2(AT_FDCWD, "c", AT_FDCWD, "d", 3));
	ASK("rename-bad-flag", renameat2(AT_FDCWD, "c", AT_FDCWD, "d", 64));
	ASK("rename-bad-fd", renameat(99, "c", AT_FDCWD, "d"));
	f = open("c", O_RDONLY);
	rename("c", "c2");
	unlink("c2");
	ASK("unlinked-read", read(f, buffer, 10));
	close(f);
}

static void linking(void)
{
	int fd;

	make_file("file", "xyz", 0640);
	ASK("link", link("file", "hard"));
	SHOW("link-count", "file");
	ASK("link-exists", link("file", "hard"));
	ASK("link-folder", link("d", "d2"));
	ASK("link-missing", link("nothing", "d2"));
	ASK("link-slash", link("file", "h2/"));
	unlink("file");
	SHOW("link-left", "hard");
	ASK("symlink", symlink("hard", "soft"));
	SHOW("symlink-mode", "soft");
	ASK("symlink-exists", symlink("x", "soft"));
	ASK("symlink-empty", symlink("", "empty"));
	ASK("symlink-slash", symlink("x", "sl/"));
	ASK("link-of-symlink", link("soft", "soft2"));
	SHOW("link-of-symlink-kind", "soft2");
	ASK("linkat-follow",
	    linkat(AT_FDCWD, "soft", AT_FDCWD, "hard2", AT_SYMLINK_FOLLOW));
	SHOW("linkat-follow-kind", "hard2");
	ASK("linkat-flags", linkat(AT_FDCWD, "soft", AT_FDCWD, "h3", 1));
	ASK("readlink", readlink("soft", buffer, 100));
	ASK("readlink-cut", readlink("soft", buffer, 2));
	ASK("readlink-none", readlink("soft", buffer, 0));
	ASK("readlink-negative", readlink("soft", buffer, -1));
	ASK("readlink-file", readlink("hard", buffer, 100));
	ASK("readlink-missing", readlink("nope", buffer, 100));
	ASK("readlink-fault", readlink("soft", (char *)8, 100));
	ASK("readlink-slash", readlink("soft/", buffer, 100));
	fd = open("soft", O_PATH | O_NOFOLLOW);
	ASK("readlinkat-empty", readlinkat(fd, "", buffer, 100));
	close(fd);
	memset(buffer, 'a', 5000);
	buffer[5000] = 0;
	ASK("symlink-long", symlink(buffer, "long"));
	symlink("l1", "l2");
	symlink("l2", "l1");
	ASK("loop-stat", access("l1", F_OK));
	ASK("loop-lstat", faccessat(AT_FDCWD, "l1", F_OK, AT_SYMLINK_NOFOLLOW));
	strcpy(buffer, "n0");
	make_file("n0", "", 0644);
	for (int i = 1; i <= 41; i++) {
		char name[8];

		snprintf(name, sizeof(name), "n%d", i);
		symlink(buffer, name);
		strcpy(buffer, name);
	}
	ASK("links-40", access("n40", F_OK));
	ASK("links-41", access("n41", F_OK));
}

static void attributes(void)
{
	struct timespec t[2] = {{1000, 5}, {2000, 7}};
	struct timespec odd[2] = {{0, UTIME_OMIT}, {0, UTIME_NOW}};
	struct timespec bad[2] = {{0, 0}, {0, 1000000000}};
	struct stat s;
	int fd;

	make_file("attr", "", 0666);
	SHOW("umask", "attr");
	ASK("umask-value", umask(0777));
	make_file("none", "", 0666);
	SHOW("umask-all", "none");
	ASK("umask-back", umask(022));
	ASK("chmod", chmod("attr", 04751));
	SHOW("chmod-mode", "attr");
	ASK("chmod-high-bits", chmod("attr", 0200644));
	SHOW("chmod-high-bits-mode", "attr");
	ASK("chmod-missing", chmod("nothing", 0644));
	ASK("chmod-not-owned", chmod("/", 0755));
	ASK("chown-not-owned", chown("/", 1000, 1000));
	ASK("chown-other", chown("attr", 0, -1));
	ASK("chown-same", chown("attr", -1, -1));
	ASK("fchmodat-flags", syscall(SYS_fchmodat, AT_FDCWD, "attr", 0600));
	chmod("attr", 06755);
	fd = open("attr", O_RDWR);
	ASK("write-clears-suid", write(fd, "x", 1));
	SHOW("write-cleared-suid", "attr");
	ASK("fchmod", fchmod(fd, 0400));
	ASK("fchmod-still-writes", write(fd, "x", 1));
	ASK("fchmod-bad-fd", fchmod(99, 0400));
	close(fd);
	ASK("open-readonly-mode", open("attr", O_WRONLY));
	ASK("access-read", access("attr", R_OK));
	ASK("access-write", access("attr", W_OK));
	ASK("access-execute", access("attr", X_OK));
	ASK("access-mode", access("attr", 8));
	ASK("access-missing", access("nope", F_OK));
	ASK("access-fault", access((char *)8, F_OK));
	ASK("access-slash", access("attr/", F_OK));
	ASK("access-root-write", access("/", W_OK));
	ASK("utimens", utimensat(AT_FDCWD, "attr", t, 0));
	stat("attr", &s);
	ASK("utimens-atime", s.st_atim.tv_sec * 10 + s.st_atim.tv_nsec);
	ASK("utimens-mtime", s.st_mtim.tv_sec * 10 + s.st_mtim.tv_nsec);
	ASK("utimens-ctime-moved", s.st_ctim.tv_sec > 2000);
	ASK("utimens-omit", utimensat(AT_FDCWD, "attr", odd, 0));
	stat("attr", &s);
	ASK("utimens-omitted", s.st_atim.tv_sec);
	ASK("utimens-now", s.st_mtim.tv_sec > 2000);
	ASK("utimens-bad", utimensat(AT_FDCWD, "attr", bad, 0));
	ASK("utimens-missing", utimensat(AT_FDCWD, "nope", t, 0));
	ASK("utimens-flags", utimensat(AT_FDCWD, "attr", t, 0x20));
	ASK("utimens-not-owned", utimensat(AT_FDCWD, "/", t, 0));
	ASK("futimens-null-path", futimens(open("attr", O_RDONLY), t));
	symlink("attr", "attr-link");
	ASK("utimens-link",
	    utimensat(AT_FDCWD, "attr-link", t, AT_SYMLINK_NOFOLLOW));
	ASK("xattr-get", getxattr("attr", "trusted.x", buffer, 10));
	ASK("xattr-get-missing", getxattr("nope", "user.x", buffer, 10));
}

static void stats(void)
{
	struct statfs f;
	struct stat s;
	int fd;

	ASK("stat-missing", stat("nope", &s));
	ASK("stat-fault",
	    syscall(SYS_newfstatat, AT_FDCWD, "attr", (void *)8, 0));
	ASK("stat-empty", stat("", &s));
	ASK("fstat-bad-fd", fstat(99, &s));
	ASK("fstatat-flags", fstatat(AT_FDCWD, "attr", &s, 0x40));
	fd = open("attr", O_RDONLY);
	ASK("fstatat-empty", fstatat(fd, "", &s, AT_EMPTY_PATH));
	ASK("fstatat-empty-size", s.st_size);
	ASK("stat-block-size", (stat("attr", &s), s.st_blksize));
	make_file("blocks", "x", 0644);
	ASK("stat-blocks", (stat("blocks", &s), s.st_blocks));
	ASK("stat-same", (stat("hard", &s), (long)s.st_nlink));
	ASK("statfs-missing", statfs("nope", &f));
	ASK("statfs", statfs(".", &f));
	ASK("statfs-name-length", f.f_namelen);
	ASK("fstatfs-bad-fd", fstatfs(99, &f));
	ASK("pathconf-link", pathconf("attr", _PC_NAME_MAX));
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void listing(void)
{
	char *names[32];
	struct dirent *e;
	int n = 0, fd;
	DIR *d;

	mkdir("list", 0755);
	make_file("list/a", "", 0644);
	symlink("x", "list/l");
	mkdir("list/s", 0755);
	d = opendir("list");
	begin("list");
	while ((e = readdir(d)) && n < 32) {
		names[n] = malloc(300);
		sprintf(names[n++], "%s:%d", e->d_name, e->d_type);
	}
	qsort(names, n, sizeof(*names), compare);
	for (int i = 0; i < n; i++)
		printf(" %s", names[i]);
	done();
	unlink("list/a");
	rewinddir(d);
	for (n = 0; readdir(d); n++)
		;
	ASK("list-rewind", n);
	closedir(d);
	ASK("list-missing", opendir("nope") ? 0 : -1);
	ASK("list-file", opendir("attr") ? 0 : -1);
	fd = open("list", O_RDONLY);
	ASK("getdents-small", syscall(SYS_getdents64, fd, buffer, 8));
	ASK("getdents-fault", syscall(SYS_getdents64, fd, 8, 100));
	ASK("getdents-bad-fd", syscall(SYS_getdents64, 99, buffer, 100));
	unlink("list/l");
	rmdir("list/s");
	rmdir("list");
	ASK("create-removed", openat(fd, "x", O_CREAT | O_WRONLY, 0644));
	close(fd);
	fd = open("attr", O_RDONLY);
	ASK("getdents-file", syscall(SYS_getdents64, fd, buffer, 100));
	ASK("fchdir-file", fchdir(fd));
	close(fd);
	ASK("fchdir-bad-fd", fchdir(99));
}

static void places(void)
{
	char *end;

	ASK("chdir-missing", chdir("nope"));
	ASK("chdir-file", chdir("attr"));
	ASK("chdir-empty", chdir(""));
	mkdir("cwd", 0755);
	ASK("chdir", chdir("cwd/../cwd/./"));
	end = strrchr(getcwd(buffer, sizeof(buffer)), '/');
	ASK("getcwd", strcmp(end, "/cwd"));
	ASK("getcwd-small", getcwd(buffer, 3) ? 0 : -1);
	ASK("getcwd-none", syscall(SYS_getcwd, buffer, 0));
	ASK("getcwd-fault", syscall(SYS_getcwd, 8, 100));
	rmdir("../cwd");
	ASK("getcwd-removed", syscall(SYS_getcwd, buffer, 1000));
	ASK("create-in-removed", open("x", O_CREAT | O_WRONLY, 0644));
	ASK("open-removed", open(".", O_RDONLY) >= 0);
	ASK("up-from-removed", chdir("..") ? -1 : access("attr", F_OK));
	ASK("mknod-fifo", mknod("fifo", S_IFIFO | 0600, 0));
	SHOW("mknod-fifo-mode", "fifo");
	ASK("mknod-file", mknod("regular", S_IFREG | 0640, 0));
	ASK("mknod-exists", mknod("regular", S_IFREG | 0640, 0));
	ASK("mknod-device", mknod("device", S_IFCHR | 0600, 0x103));
	ASK("mknod-kind", mknod("odd", 0150000, 0));
	ASK("mknod-folder", mknod("odd", S_IFDIR, 0));
	ASK("chroot", chroot("."));
}

int main(int argc, char **argv)
{
	enter(argc, argv);
	folders();
	renaming();
	linking();
	attributes();
	stats();
	listing();
	places();
	return 0;
}
