/* SPDX-License-Identifier: ISC */
#include "case.h"

#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

static char buffer[16384];

static void opening(void)
{
	int fd;

	make_file("plain", "0123456789", 0644);
	make_file("closed", "secret", 0);
	mkdir("folder", 0755);
	symlink("plain", "link");
	symlink("missing", "dangling");
	symlink("loop", "loop");
	ASK("open-missing", open("missing", O_RDONLY));
	ASK("open-empty", open("", O_RDONLY));
	ASK("open-fault", open((char *)8, O_RDONLY));
	ASK("open-folder-write", open("folder", O_WRONLY));
	ASK("open-folder-create", open("folder", O_RDONLY | O_CREAT, 0644));
	ASK("open-excl", open("plain", O_WRONLY | O_CREAT | O_EXCL, 0644));
	ASK("open-excl-link", open("dangling", O_CREAT | O_EXCL, 0644));
	ASK("open-directory", open("plain", O_RDONLY | O_DIRECTORY));
	ASK("open-nofollow", open("link", O_RDONLY | O_NOFOLLOW));
	ASK("open-nofollow-folder",
	    open("link", O_RDONLY | O_NOFOLLOW | O_DIRECTORY));
	ASK("open-loop", open("loop", O_RDONLY));
	ASK("open-through-file", open("plain/x", O_RDONLY));
	ASK("open-slash", open("plain/", O_RDONLY));
	ASK("open-create-slash", open("new/", O_WRONLY | O_CREAT, 0644));
	ASK("open-no-permission", open("closed", O_RDONLY));
	ASK("open-missing-folder", open("nowhere/x", O_WRONLY | O_CREAT, 0644));
	memset(buffer, 'n', 256);
	buffer[256] = 0;
	ASK("open-long-name", open(buffer, O_RDONLY));
	memset(buffer, 'n', 4200);
	for (int i = 100; i < 4200; i += 100)
		buffer[i] = '/';
	buffer[4200] = 0;
	ASK("open-long-path", open(buffer, O_RDONLY));
	fd = open("dangling", O_WRONLY | O_CREAT, 0600);
	ASK("open-creates-target", fd >= 0);
	close(fd);
	ASK("open-created", access("missing", F_OK));
	ASK("open-trunc-readonly", close(open("plain", O_RDONLY)));
	ASK("openat-bad-fd", openat(99, "plain", O_RDONLY));
	ASK("openat-not-folder", openat(0, "plain/x", O_RDONLY));
	ASK("openat-bad-fd-absolute", openat(99, "/", O_RDONLY) >= 0);
	fd = open("plain", O_PATH);
	ASK("path-read", read(fd, buffer, 1));
	ASK("path-fchmod", syscall(SYS_fchmod, fd, 0600));
	ASK("path-flags", fcntl(fd, F_GETFL) == O_PATH);
	ASK("path-ioctl", ioctl(fd, FIONREAD, buffer));
	ASK("path-ftruncate", ftruncate(fd, 0));
	close(fd);
	fd = open("folder", O_RDONLY | O_DIRECTORY);
	ASK("folder-read", read(fd, buffer, 1));
	ASK("folder-write", write(fd, buffer, 1));
	ASK("folder-truncate", ftruncate(fd, 1));
	ASK("truncate-folder", truncate("folder", 1));
	close(fd);
	fd = open("folder", O_RDWR | O_TMPFILE, 0600);
	begin("tmpfile");
	if (fd < 0 && errno == EOPNOTSUPP)
		fd = open("plain", O_RDWR);
	say(fd >= 0);
	done();
	close(fd);
	ASK("creat", (fd = creat("created", 0640)) >= 0);
	ASK("creat-read", read(fd, buffer, 1));
	close(fd);
}

static void seeking(void)
{
	int fd = open("seek", O_RDWR | O_CREAT | O_TRUNC, 0644);

	ASK("seek-write", write(fd, "abcdef", 6));
	ASK("seek-set", lseek(fd, 2, SEEK_SET));
	ASK("seek-current", lseek(fd, 2, SEEK_CUR));
	ASK("seek-end", lseek(fd, -1, SEEK_END));
	ASK("seek-negative", lseek(fd, -1, SEEK_SET));
	ASK("seek-negative-end", lseek(fd, -7, SEEK_END));
	ASK("seek-kept", lseek(fd, 0, SEEK_CUR));
	ASK("seek-whence", lseek(fd, 0, 99));
	ASK("seek-overflow", lseek(fd, INT64_MAX, SEEK_CUR));
	ASK("seek-bad-fd", lseek(99, 0, SEEK_SET));
	ASK("seek-data", lseek(fd, 0, SEEK_DATA));
	ASK("seek-hole", lseek(fd, 0, SEEK_HOLE));
	ASK("seek-data-past", lseek(fd, 6, SEEK_DATA));
	ASK("seek-hole-past", lseek(fd, 7, SEEK_HOLE));
	ASK("seek-data-negative", lseek(fd, -1, SEEK_DATA));
	ASK("seek-past", lseek(fd, 10000, SEEK_SET));
	ASK("seek-past-read", read(fd, buffer, 1));
	ASK("seek-past-write", write(fd, "z", 1));
	begin("seek-gap");
	lseek(fd, 5, SEEK_SET);
	say(read(fd, buffer, 5));
	for (int i = 0; i < 5; i++)
		say(buffer[i]);
	done();
	ASK("ftruncate-shorter", ftruncate(fd, 3));
	ASK("ftruncate-longer", ftruncate(fd, 8));
	begin("ftruncate-zeroes");
	say(pread(fd, buffer, 100, 0));
	for (int i = 0; i < 8; i++)
		say(buffer[i]);
	done();
	ASK("ftruncate-negative", ftruncate(fd, -1));
	ASK("truncate-missing", truncate("absent", 0));
	ASK("truncate-negative", truncate("seek", -1));
	ASK("truncate-closed", truncate("closed", 0));
	close(fd);
	fd = open("seek", O_RDONLY);
	ASK("ftruncate-readonly", ftruncate(fd, 0));
	ASK("write-readonly", write(fd, "x", 1));
	ASK("fallocate-readonly", fallocate(fd, 0, 0, 10));
	close(fd);
}

static void appending(void)
{
	int fd = open("append", O_RDWR | O_CREAT | O_APPEND, 0644);

	write(fd, "one", 3);
	lseek(fd, 0, SEEK_SET);
	ASK("append-write", write(fd, "two", 3));
	ASK("append-position", lseek(fd, 0, SEEK_CUR));
	/* pwrite(2), BUGS: it appends. */
	ASK("append-pwrite", pwrite(fd, "X", 1, 0));
	ASK("append-pwrite-position", lseek(fd, 0, SEEK_CUR));
	begin("append-content");
	say_bytes(buffer, pread(fd, buffer, 100, 0));
	done();
	ASK("append-clear", fcntl(fd, F_SETFL, 0));
	ASK("append-cleared", pwrite(fd, "Y", 1, 0));
	begin("append-cleared-content");
	say_bytes(buffer, pread(fd, buffer, 100, 0));
	done();
	close(fd);
}

static void vectors(void)
{
	struct iovec v[4] = {{"ab", 2}, {"", 0}, {"cde", 3}, {"f", 1}};
	struct iovec bad[2] = {{buffer, 2}, {(void *)8, 4}};
	struct iovec in[2] = {{buffer, 2}, {buffer + 8, 100}};
	int fd = open("vector", O_RDWR | O_CREAT, 0644);

	ASK("writev", writev(fd, v, 4));
	ASK("writev-none", writev(fd, v, 0));
	ASK("writev-negative", writev(fd, v, -1));
	ASK("writev-many", writev(fd, v, 1025));
	ASK("writev-fault", writev(fd, (void *)8, 2));
	ASK("writev-fault-first", writev(fd, bad + 1, 1));
	ASK("pwritev", pwritev(fd, v, 4, 3));
	ASK("preadv", preadv(fd, in, 2, 1));
	begin("preadv-content");
	say_bytes(buffer, 2);
	say_bytes(buffer + 8, 6);
	done();
	ASK("preadv-negative", preadv(fd, in, 2, -1));
	lseek(fd, 0, SEEK_SET);
	ASK("readv", readv(fd, in, 2));
	ASK("readv-end", readv(fd, in, 2));
	v[0].iov_len = -1;
	ASK("writev-overflow", writev(fd, v, 2));
	ASK("pread-negative", pread(fd, buffer, 1, -1));
	ASK("pwrite-negative", pwrite(fd, buffer, 1, -1));
	ASK("pread-past", pread(fd, buffer, 1, 1 << 20));
	ASK("pread-nothing", pread(fd, buffer, 0, 0));
	ASK("read-fault", pread(fd, (void *)8, 1, 0));
	ASK("write-fault", pwrite(fd, (void *)8, 1, 0));
	ASK("read-bad-fd", read(99, buffer, 1));
	ASK("write-bad-fd", write(99, buffer, 1));
	ASK("read-bad-fd-nothing", read(99, buffer, 0));
	ASK("close-bad-fd", close(99));
	ASK("preadv2-flags", preadv2(fd, in, 1, 0, 0x4000));
	ASK("preadv2-current", (lseek(fd, 3, SEEK_SET), preadv2(fd, in, 1, -1, 0)));
	ASK("preadv2-moved", lseek(fd, 0, SEEK_CUR));
	ASK("pwritev2-append", pwritev2(fd, v + 3, 1, 0, RWF_APPEND));
	ASK("pwritev2-size", lseek(fd, 0, SEEK_END));
	close(fd);
	fd = open("vector", O_WRONLY);
	ASK("read-writeonly", read(fd, buffer, 1));
	ASK("pread-writeonly", pread(fd, buffer, 1, 0));
	close(fd);
}

static void descriptors(void)
{
	int fd = open("plain", O_RDONLY), other, high;

	ASK("dup-bad-fd", dup(99));
	ASK("dup2-bad-fd", dup2(99, 50));
	ASK("dup2-same", dup2(fd, fd) == fd);
	ASK("dup2-same-bad", dup2(99, 99));
	ASK("dup2-negative", dup2(fd, -1));
	ASK("dup3-same", dup3(fd, fd, 0));
	ASK("dup3-flags", dup3(fd, 50, O_APPEND));
	ASK("dup3", dup3(fd, 50, O_CLOEXEC));
	ASK("dup3-cloexec", fcntl(50, F_GETFD));
	ASK("dup-shares", (lseek(fd, 4, SEEK_SET), lseek(50, 0, SEEK_CUR)));
	close(50);
	other = open("plain", O_RDONLY);
	ASK("open-shares-not", lseek(other, 0, SEEK_CUR));
	close(other);
	ASK("dupfd", fcntl(fd, F_DUPFD, 40));
	ASK("dupfd-next", fcntl(fd, F_DUPFD, 40));
	ASK("dupfd-cloexec", fcntl(fd, F_DUPFD_CLOEXEC, 42));
	ASK("dupfd-cloexec-set", fcntl(42, F_GETFD));
	ASK("dupfd-negative", fcntl(fd, F_DUPFD, -1));
	ASK("dupfd-large", fcntl(fd, F_DUPFD, 1 << 30));
	ASK("close-range-backwards", close_range(42, 40, 0));
	ASK("close-range-flags", close_range(40, 42, 1 << 5));
	ASK("close-range", close_range(40, 42, 0));
	ASK("close-range-closed", fcntl(41, F_GETFD));
	ASK("fcntl-bad", fcntl(fd, 9999));
	ASK("fcntl-bad-fd", fcntl(99, F_GETFD));
	ASK("getfl", fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK));
	ASK("setfl", fcntl(fd, F_SETFL, O_WRONLY | O_NONBLOCK | O_CREAT));
	ASK("setfl-kept", fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND |
	                                         O_CREAT | O_NONBLOCK));
	ASK("setfd", fcntl(fd, F_SETFD, FD_CLOEXEC | 8));
	ASK("getfd", fcntl(fd, F_GETFD));
	ASK("fionclex", ioctl(fd, FIONCLEX));
	ASK("fionclex-done", fcntl(fd, F_GETFD));
	ASK("fionbio", ioctl(fd, FIONBIO, &(int){0}));
	ASK("fionbio-done", fcntl(fd, F_GETFL) & O_NONBLOCK);
	lseek(fd, 4, SEEK_SET);
	ASK("fionread", (ioctl(fd, FIONREAD, &high), (long)high));
	ASK("ioctl-tty", ioctl(fd, TIOCGWINSZ, buffer));
	ASK("isatty", isatty(fd));
	ASK("ioctl-bad-fd", ioctl(99, FIONREAD, buffer));
	close(fd);
	ASK("lowest", (fd = open("plain", O_RDONLY)) == dup2(fd, fd));
	close(fd);
}

static struct flock lock(int type, int start, int size)
{
	return (struct flock){.l_type = type,
	                      .l_whence = SEEK_SET,
	                      .l_start = start,
	                      .l_len = size};
}

static void locks(void)
{
	int fd = open("plain", O_RDWR), other = open("plain", O_RDWR);
	int reader = open("plain", O_RDONLY);
	struct flock l = lock(F_WRLCK, 0, 10);

	ASK("lock", fcntl(fd, F_SETLK, &l));
	ASK("lock-own-again", fcntl(other, F_SETLK, &l));
	ASK("lock-get", fcntl(fd, F_GETLK, &l));
	ASK("lock-get-type", l.l_type);
	l = lock(77, 0, 10);
	ASK("lock-type", fcntl(fd, F_SETLK, &l));
	l = lock(F_WRLCK, -1, 10);
	l = lock(F_WRLCK, 0, 0);
	ASK("lock-readonly", fcntl(reader, F_SETLK, &l));
	ASK("lock-fault", fcntl(fd, F_SETLK, (void *)8));
	l.l_whence = 9;
	ASK("lock-whence", fcntl(fd, F_SETLK, &l));
	ASK("lock-bad-fd", fcntl(99, F_SETLK, &l));
	ASK("flock", flock(fd, LOCK_EX));
	ASK("flock-shared", flock(fd, LOCK_SH));
	ASK("flock-shared-both", flock(other, LOCK_SH | LOCK_NB));
	ASK("flock-unlock", flock(other, LOCK_UN));
	ASK("flock-upgraded", flock(fd, LOCK_EX | LOCK_NB));
	ASK("flock-invalid", flock(fd, 77));
	ASK("flock-bad-fd", flock(99, LOCK_EX));
	close(fd);
	ASK("flock-released", flock(other, LOCK_EX | LOCK_NB));
	l = lock(F_WRLCK, 0, 10);
	fd = open("plain", O_RDWR);
	ASK("ofd-lock", fcntl(fd, F_OFD_SETLK, &l));
	ASK("ofd-get", fcntl(other, F_OFD_GETLK, &l));
	l = lock(F_WRLCK, 10, 5);
	ASK("ofd-lock-beside", fcntl(other, F_OFD_SETLK, &l));
	l = lock(F_UNLCK, 0, 0);
	ASK("ofd-unlock", fcntl(fd, F_OFD_SETLK, &l));
	l = lock(F_WRLCK, 0, 10);
	ASK("ofd-lock-free", fcntl(other, F_OFD_SETLK, &l));
	l.l_pid = 1;
	close(fd);
	close(other);
	close(reader);
}

static void copying(void)
{
	int in, out, p[2];
	off_t at = 2;
	loff_t from = 0, to = 5;

	make_file("source", "abcdefghij", 0644);
	in = open("source", O_RDONLY);
	out = open("sink", O_RDWR | O_CREAT | O_TRUNC, 0644);
	ASK("sendfile", sendfile(out, in, &at, 4));
	ASK("sendfile-offset", at);
	ASK("sendfile-position", lseek(in, 0, SEEK_CUR));
	ASK("sendfile-current", sendfile(out, in, NULL, 100));
	ASK("sendfile-end", sendfile(out, in, NULL, 100));
	ASK("sendfile-moved", lseek(in, 0, SEEK_CUR));
	at = -1;
	ASK("sendfile-negative", sendfile(out, in, &at, 4));
	ASK("sendfile-readonly", sendfile(in, out, NULL, 4));
	ASK("sendfile-bad-fd", sendfile(99, in, NULL, 4));
	ASK("sendfile-fault", sendfile(out, in, (off_t *)8, 4));
	pipe(p);
	ASK("sendfile-pipe", (at = 0, sendfile(p[1], in, &at, 10)));
	ASK("sendfile-from-pipe", sendfile(out, p[0], &at, 10));
	ASK("copy-range", copy_file_range(in, &from, out, &to, 3, 0));
	begin("copy-range-offsets");
	say(from);
	say(to);
	done();
	begin("copy-range-content");
	say_bytes(buffer, pread(out, buffer, 100, 0));
	done();
	ASK("copy-range-flags", copy_file_range(in, &from, out, &to, 3, 1));
	ASK("copy-range-pipe", copy_file_range(in, &from, p[1], NULL, 3, 0));
	from = 0, to = 1;
	ASK("copy-range-overlap", copy_file_range(out, &from, out, &to, 3, 0));
	from = 100;
	ASK("copy-range-end", copy_file_range(in, &from, out, &to, 3, 0));
	ASK("copy-range-readonly", copy_file_range(out, &to, in, &from, 3, 0));
	close(p[0]);
	close(p[1]);
	ftruncate(out, 0);
	ASK("fallocate", fallocate(out, 0, 0, 10000));
	ASK("fallocate-size", lseek(out, 0, SEEK_END));
	ASK("fallocate-keep", fallocate(out, FALLOC_FL_KEEP_SIZE, 0, 20000));
	ASK("fallocate-kept", lseek(out, 0, SEEK_END));
	ASK("fallocate-nothing", fallocate(out, 0, 0, 0));
	ASK("fallocate-negative", fallocate(out, 0, -1, 10));
	ASK("fallocate-punch", fallocate(out, FALLOC_FL_PUNCH_HOLE, 0, 10));
	pwrite(out, "abcdef", 6, 0);
	ASK("fallocate-hole", fallocate(out, FALLOC_FL_PUNCH_HOLE |
	                                        FALLOC_FL_KEEP_SIZE, 1, 3));
	pread(out, buffer, 6, 0);
	begin("fallocate-holes");
	for (int i = 0; i < 6; i++)
		say(buffer[i]);
	done();
	ASK("fallocate-bad-fd", fallocate(99, 0, 0, 10));
	ASK("fadvise", posix_fadvise(out, 0, 0, POSIX_FADV_WILLNEED));
	ASK("fadvise-bad", posix_fadvise(out, 0, 0, 77));
	ASK("fadvise-bad-fd", posix_fadvise(99, 0, 0, 0));
	ASK("fsync", fsync(out));
	ASK("fdatasync-bad-fd", fdatasync(99));
	ASK("fsync-pipe", (pipe(p), fsync(p[0])));
	ASK("readahead-bad-fd", readahead(99, 0, 10));
	ASK("sync-range-flags", sync_file_range(out, 0, 0, 77));
}

int main(int argc, char **argv)
{
	enter(argc, argv);
	opening();
	seeking();
	appending();
	vectors();
	descriptors();
	locks();
	copying();
	return 0;
}
