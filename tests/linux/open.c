/* SPDX-License-Identifier: ISC */
#include "case.h"

#include <sys/mman.h>
#include <sys/uio.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8
#endif
#ifndef F_ADD_SEALS
#define F_ADD_SEALS 1033
#define F_GET_SEALS 1034
#define F_SEAL_SEAL 1
#define F_SEAL_SHRINK 2
#define F_SEAL_GROW 4
#define F_SEAL_WRITE 8
#endif
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 16
#endif

/* linux/openat2.h is not there for every C library. */
struct how {
	uint64_t flags, mode, resolve;
};
enum {
	RESOLVE_NO_XDEV = 1,
	RESOLVE_NO_MAGICLINKS = 2,
	RESOLVE_NO_SYMLINKS = 4,
	RESOLVE_BENEATH = 8,
	RESOLVE_IN_ROOT = 16,
};

/* struct statx, which not every C library has. */
struct extended {
	uint32_t mask, block_size;
	uint64_t attributes;
	uint32_t links, uid, gid;
	uint16_t mode, padding;
	uint64_t inode, size, blocks, attributes_mask;
	struct {
		int64_t seconds;
		uint32_t nanoseconds, padding;
	} accessed, created, changed, modified;
	uint64_t rest[16];
};

#define CALL(name, ...) syscall(SYS_##name, __VA_ARGS__)

static char buffer[16384];

static void unnamed(void)
{
	char path[64];
	struct stat s;
	int fd, exclusive;

	mkdir("dir", 0755);
	mkdir("closed", 0555);
	make_file("file", "text", 0644);
	ASK("tmpfile-readonly", open("dir", O_TMPFILE | O_RDONLY, 0600));
	ASK("tmpfile-create", open("dir", O_TMPFILE | O_RDWR | O_CREAT, 0600));
	ASK("tmpfile-missing", open("nothing", O_TMPFILE | O_RDWR, 0600));
	ASK("tmpfile-file", open("file", O_TMPFILE | O_RDWR, 0600));
	ASK("tmpfile-denied", open("closed", O_TMPFILE | O_RDWR, 0600));
	ASK("tmpfile-half",
	    open("dir", (O_TMPFILE & ~O_DIRECTORY) | O_RDWR, 0600));
	ASK("tmpfile", (fd = open("dir", O_TMPFILE | O_RDWR, 0666)) >= 0);
	ASK("tmpfile-write", write(fd, "hello", 5));
	begin("tmpfile-stat");
	say(fstat(fd, &s));
	say(s.st_nlink);
	say(s.st_size);
	printf(" %o", s.st_mode);
	done();
	ASK("tmpfile-folder-empty", rmdir("dir"));
	mkdir("dir", 0755);
	ASK("tmpfile-read", pread(fd, buffer, 10, 1));
	close(fd);
	fd = open(".", O_TMPFILE | O_WRONLY, 0640);
	write(fd, "named", 5);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ASK("tmpfile-link",
	    linkat(AT_FDCWD, path, AT_FDCWD, "name", AT_SYMLINK_FOLLOW));
	begin("tmpfile-linked");
	say(fstat(fd, &s));
	say(s.st_nlink);
	say(stat("name", &s));
	say(s.st_size);
	done();
	ASK("tmpfile-link-again",
	    linkat(AT_FDCWD, path, AT_FDCWD, "name", AT_SYMLINK_FOLLOW));
	ASK("tmpfile-link-second",
	    linkat(AT_FDCWD, path, AT_FDCWD, "name2", AT_SYMLINK_FOLLOW));
	unlink("name");
	unlink("name2");
	ASK("tmpfile-link-unlinked",
	    linkat(AT_FDCWD, path, AT_FDCWD, "name", AT_SYMLINK_FOLLOW));
	close(fd);
	exclusive = open(".", O_TMPFILE | O_RDWR | O_EXCL, 0600);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", exclusive);
	ASK("tmpfile-exclusive",
	    linkat(AT_FDCWD, path, AT_FDCWD, "name", AT_SYMLINK_FOLLOW));
	close(exclusive);
	fd = open("file", O_PATH);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ASK("path-chmod", chmod(path, 0600));
	ASK("path-link",
	    linkat(AT_FDCWD, path, AT_FDCWD, "again", AT_SYMLINK_FOLLOW));
	ASK("path-reopen", open(path, O_RDONLY) >= 0);
	close(fd);
}

static long open2(const char *path, uint64_t flags, uint64_t mode,
                  uint64_t resolve)
{
	struct how how = {flags, mode, resolve};
	long fd = CALL(openat2, AT_FDCWD, path, &how, sizeof(how));

	if (fd >= 0)
		close(fd);
	return fd >= 0 ? 0 : -1;
}

static void resolving(void)
{
	struct {
		struct how how;
		uint64_t more;
	} large = {{O_RDONLY, 0, 0}, 0};

	mkdir("root", 0755);
	mkdir("root/in", 0755);
	make_file("root/in/f", "text", 0644);
	symlink("in/f", "root/link");
	symlink("/in/f", "root/absolute");
	symlink("../../file", "root/in/out");
	ASK("openat2", open2("root/in/f", O_RDONLY, 0, 0));
	ASK("openat2-small", CALL(openat2, AT_FDCWD, "file", &large, 8));
	ASK("openat2-large",
	    CALL(openat2, AT_FDCWD, "file", &large, sizeof(large)) >= 0);
	large.more = 1;
	ASK("openat2-newer",
	    CALL(openat2, AT_FDCWD, "file", &large, sizeof(large)));
	ASK("openat2-fault", CALL(openat2, AT_FDCWD, "file", 8, 24));
	ASK("openat2-flags", open2("file", UINT64_C(1) << 40, 0, 0));
	ASK("openat2-unknown-flag", open2("file", 1 << 30, 0, 0));
	ASK("openat2-mode", open2("file", O_RDONLY, 0600, 0));
	ASK("openat2-mode-bits", open2("new", O_WRONLY | O_CREAT, 010000, 0));
	ASK("openat2-create", open2("new", O_WRONLY | O_CREAT, 0600, 0));
	ASK("openat2-resolve", open2("file", O_RDONLY, 0, 64));
	ASK("openat2-path-flags", open2("file", O_PATH | O_RDWR, 0, 0));
	ASK("openat2-beneath", open2("root/link", O_RDONLY, 0, RESOLVE_BENEATH));
	ASK("openat2-beneath-dots",
	    open2("root/../root/in/f", O_RDONLY, 0, RESOLVE_BENEATH));
	ASK("openat2-beneath-up", open2("../x", O_RDONLY, 0, RESOLVE_BENEATH));
	ASK("openat2-beneath-absolute",
	    open2("/tmp", O_RDONLY, 0, RESOLVE_BENEATH));
	ASK("openat2-beneath-link",
	    open2("root/absolute", O_RDONLY, 0, RESOLVE_BENEATH));
	ASK("openat2-beneath-both",
	    open2("file", O_RDONLY, 0, RESOLVE_BENEATH | RESOLVE_IN_ROOT));
	ASK("openat2-no-links",
	    open2("root/link", O_RDONLY, 0, RESOLVE_NO_SYMLINKS));
	ASK("openat2-no-links-none",
	    open2("root/in/f", O_RDONLY, 0, RESOLVE_NO_SYMLINKS));
	ASK("openat2-no-magic",
	    open2("/proc/self/fd/0", O_RDONLY, 0, RESOLVE_NO_MAGICLINKS));
	ASK("openat2-no-mounts", open2("file", O_RDONLY, 0, RESOLVE_NO_XDEV));
	ASK("openat2-no-mounts-proc",
	    open2("/proc/self", O_RDONLY, 0, RESOLVE_NO_XDEV));
	chdir("root");
	ASK("openat2-in-root", open2("absolute", O_RDONLY, 0, RESOLVE_IN_ROOT));
	ASK("openat2-in-root-up",
	    open2("../../in/f", O_RDONLY, 0, RESOLVE_IN_ROOT));
	ASK("openat2-in-root-out", open2("in/out", O_RDONLY, 0, RESOLVE_IN_ROOT));
	ASK("openat2-beneath-out", open2("in/out", O_RDONLY, 0, RESOLVE_BENEATH));
	chdir("..");
}

static void sealing(void)
{
	int fd = memfd_create("name", MFD_CLOEXEC | MFD_ALLOW_SEALING), p[2];
	int plain = memfd_create("", 0);
	void *map;

	ASK("memfd-flags", memfd_create("x", 0x100));
	ASK("memfd-fault", memfd_create((char *)8, 0));
	memset(buffer, 'n', 250);
	buffer[250] = 0;
	ASK("memfd-long", memfd_create(buffer, 0));
	buffer[249] = 0;
	ASK("memfd-longest", memfd_create(buffer, 0) >= 0);
	ASK("memfd-cloexec", fcntl(fd, F_GETFD));
	ASK("memfd-size", lseek(fd, 0, SEEK_END));
	ASK("seals", fcntl(fd, F_GET_SEALS));
	ASK("seals-plain", fcntl(plain, F_GET_SEALS));
	ASK("seals-plain-add", fcntl(plain, F_ADD_SEALS, F_SEAL_GROW));
	pipe(p);
	ASK("seals-pipe", fcntl(p[0], F_GET_SEALS));
	ASK("seals-unknown", fcntl(fd, F_ADD_SEALS, 0x1000));
	ftruncate(fd, 8192);
	ASK("seal-shrink", fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
	ASK("seal-shrink-less", ftruncate(fd, 4096));
	ASK("seal-shrink-more", ftruncate(fd, 12288));
	ASK("seal-grow", fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
	ASK("seal-grow-more", ftruncate(fd, 16384));
	ASK("seal-grow-same", ftruncate(fd, 12288));
	ASK("seal-grow-write", pwrite(fd, "xy", 2, 12287));
	ASK("seal-grow-past", pwrite(fd, "xy", 2, 12288));
	ASK("seal-grow-allocate", fallocate(fd, 0, 0, 16384));
	ASK("seal-grow-keep",
	    fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 16384));
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASK("seal-write-mapped", fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	munmap(map, 4096);
	ASK("seal-write", fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	ASK("seal-write-write", pwrite(fd, "x", 1, 0));
	ASK("seal-write-hole",
	    fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 10));
	ASK("seal-write-map",
	    mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) ==
	                    MAP_FAILED ?
	            -1 : 0);
	ASK("seal-write-private",
	    mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0) !=
	            MAP_FAILED);
	ASK("seal-seal", fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
	ASK("seal-sealed", fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
	ASK("seals-all", fcntl(fd, F_GET_SEALS));
	close(fd);
	close(plain);
	close(p[0]);
	close(p[1]);
	fd = open("file", O_RDWR);
	ASK("seal-named", fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
	close(fd);
	fd = open("file", O_RDONLY);
	ASK("seals-named", fcntl(fd, F_GET_SEALS));
	ASK("seal-readonly", fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
	close(fd);
}

/* How many bytes are not zero. */
static int filled(int fd)
{
	int n = 0, size = pread(fd, buffer, sizeof(buffer), 0);

	for (int i = 0; i < size; i++)
		n += buffer[i] != 0;
	return n;
}

static void allocating(void)
{
	int fd = open("space", O_RDWR | O_CREAT, 0644);
	struct stat s;

	memset(buffer, 'x', 12288);
	write(fd, buffer, 12288);
	ASK("allocate-collapse", fallocate(fd, 8, 0, 4096));
	ASK("allocate-insert", fallocate(fd, 32, 0, 4096));
	ASK("allocate-unknown", fallocate(fd, 0x800, 0, 4096));
	ASK("allocate-punch-alone", fallocate(fd, 2, 0, 4096));
	ASK("allocate-overflow", fallocate(fd, 0, INT64_MAX, 10));
	ASK("allocate-punch", fallocate(fd, 3, 4096, 4096));
	ASK("allocate-punched", filled(fd));
	ASK("allocate-punch-part", fallocate(fd, 3, 100, 50));
	ASK("allocate-punched-part", filled(fd));
	ASK("allocate-punch-past", fallocate(fd, 3, 10000, 100000));
	ASK("allocate-size", (fstat(fd, &s), s.st_size));
	ASK("allocate-punched-past", filled(fd));
	ASK("allocate-more", fallocate(fd, 0, 12288, 1));
	ASK("allocate-one", (fstat(fd, &s), s.st_size));
	ASK("seek-hole", lseek(fd, 0, SEEK_HOLE) > 0);
	ASK("allocate-folder",
	    fallocate(open("dir", O_RDONLY), 0, 0, 10));
	close(fd);
}

static void extended(void)
{
	struct extended x;
	struct stat s;

	memset(&x, 0, sizeof(x));
	ASK("statx", CALL(statx, AT_FDCWD, "file", 0, 0x7ff, &x));
	stat("file", &s);
	begin("statx-agrees");
	say((x.mask & 0x7ff) == 0x7ff);
	say(x.mode == s.st_mode);
	say(x.inode == s.st_ino);
	say(x.size == s.st_size);
	say(x.links);
	say(x.uid);
	say(x.block_size == s.st_blksize);
	say(x.modified.seconds == s.st_mtim.tv_sec);
	done();
	ASK("statx-missing", CALL(statx, AT_FDCWD, "nothing", 0, 0, &x));
	ASK("statx-mask", CALL(statx, AT_FDCWD, "file", 0, 0x80000000, &x));
	ASK("statx-flags", CALL(statx, AT_FDCWD, "file", 0x40, 0, &x));
	ASK("statx-sync", CALL(statx, AT_FDCWD, "file", 0x6000, 0, &x));
	ASK("statx-fault", CALL(statx, AT_FDCWD, "file", 0, 0, 8));
	ASK("statx-empty", CALL(statx, AT_FDCWD, "", 0, 0, &x));
	ASK("statx-here", CALL(statx, AT_FDCWD, "", AT_EMPTY_PATH, 0, &x));
	ASK("statx-bad-fd", CALL(statx, 99, "", AT_EMPTY_PATH, 0, &x));
	ASK("statx-link",
	    CALL(statx, AT_FDCWD, "root/link", AT_SYMLINK_NOFOLLOW, 1, &x));
	ASK("statx-link-mode", x.mode);
}

static void ranges(void)
{
	ASK("range-nothing", close_range(200, 300, 0));
	dup2(0, 40);
	dup2(0, 42);
	ASK("range-cloexec", close_range(40, 42, 4));
	ASK("range-cloexec-set", fcntl(40, F_GETFD));
	ASK("range-unshare", close_range(40, 40, 2));
	ASK("range-unshared", fcntl(40, F_GETFD));
	ASK("range-rest", close_range(42, ~0U, 0));
	ASK("range-rest-closed", fcntl(42, F_GETFD));
	ASK("range-backwards", close_range(3, 2, 0));
	ASK("range-flags", close_range(50, 60, 8));
}

static void moving(void)
{
	make_file("m1", "1", 0644);
	make_file("m2", "22", 0644);
	mkdir("md", 0755);
	ASK("move-both-flags", renameat2(AT_FDCWD, "m1", AT_FDCWD, "m2", 3));
	ASK("move-exchange-whiteout",
	    renameat2(AT_FDCWD, "m1", AT_FDCWD, "m2", 6));
	ASK("move-unknown", renameat2(AT_FDCWD, "m1", AT_FDCWD, "m2", 8));
	ASK("move-exchange-self", renameat2(AT_FDCWD, "m1", AT_FDCWD, "m1", 2));
	ASK("move-exchange-inside",
	    renameat2(AT_FDCWD, "md", AT_FDCWD, "md/x", 2));
	mkdir("md/in", 0755);
	ASK("move-exchange-parent",
	    renameat2(AT_FDCWD, "md", AT_FDCWD, "md/in", 2));
	ASK("move-exchange-parent-2",
	    renameat2(AT_FDCWD, "md/in", AT_FDCWD, "md", 2));
	ASK("move-noreplace-self", renameat2(AT_FDCWD, "m1", AT_FDCWD, "m1", 1));
	ASK("move-noreplace-folder",
	    renameat2(AT_FDCWD, "m1", AT_FDCWD, "md", 1));
	ASK("move-noreplace-missing",
	    renameat2(AT_FDCWD, "none", AT_FDCWD, "none2", 1));
}

static void vectors(void)
{
	int fd = open("vector", O_RDWR | O_CREAT, 0644);
	struct iovec v[2] = {{"abc", 3}, {"de", 2}};
	struct iovec in[2] = {{buffer, 2}, {buffer + 2, 100}};

	ASK("pwritev2", pwritev2(fd, v, 2, 0, 0));
	ASK("pwritev2-current", pwritev2(fd, v, 2, -1, 0));
	ASK("pwritev2-moved", lseek(fd, 0, SEEK_CUR));
	ASK("pwritev2-negative", pwritev2(fd, v, 2, -2, 0));
	ASK("pwritev2-sync", pwritev2(fd, v, 2, 0, 4));
	ASK("pwritev2-unknown", pwritev2(fd, v, 2, 0, 0x4000));
	ASK("pwritev2-append", pwritev2(fd, v, 1, 0, RWF_APPEND));
	ASK("pwritev2-append-size", lseek(fd, 0, SEEK_END));
	ASK("preadv2", preadv2(fd, in, 2, 1, 0));
	ASK("preadv2-unknown", preadv2(fd, in, 2, 1, 0x4000));
	ASK("preadv2-many", preadv2(fd, in, 1025, 0, 0));
	ASK("preadv2-negative", preadv2(fd, in, 2, -2, 0));
	close(fd);
}

int main(int argc, char **argv)
{
	enter(argc, argv);
	unnamed();
	resolving();
	sealing();
	allocating();
	extended();
	ranges();
	moving();
	vectors();
	return 0;
}
