/* SPDX-License-Identifier: ISC */
#include "case.h"

#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>

static int watcher;

/* All that is in the queue: watch, mask, name; cookies as whether they join an
 * event to the one before. */
static void show(void)
{
	_Alignas(8) char buffer[8192];
	uint32_t last = 0;
	ssize_t n;

	while ((n = read(watcher, buffer, sizeof(buffer))) > 0) {
		for (char *at = buffer; at < buffer + n;) {
			struct inotify_event *e = (void *)at;

			printf(" %d:%x", e->wd, e->mask);
			if (e->len)
				printf(":%s", e->name);
			if (e->cookie)
				printf(e->cookie == last ? ":same" : ":new");
			last = e->cookie;
			at += sizeof(*e) + e->len;
		}
	}
	if (errno != EAGAIN)
		say(-1);
	done();
}

/* A case: what somebody who watches hears of what is done. */
#define HEAR(name, ...)                                                        \
	do {                                                                   \
		begin(name);                                                   \
		__VA_ARGS__;                                                   \
		show();                                                        \
	} while (0)

static void arguments(void)
{
	int p[2], n = -1;
	char small[20];

	ASK("init-flags", inotify_init1(1));
	watcher = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	ASK("init-cloexec", fcntl(watcher, F_GETFD));
	ASK("init-flags-kept", fcntl(watcher, F_GETFL) & (O_ACCMODE | O_NONBLOCK));
	pipe(p);
	make_file("file", "text", 0644);
	make_file("secret", "text", 0200);
	symlink("file", "link");
	ASK("add-bad-fd", inotify_add_watch(99, ".", IN_CREATE));
	ASK("add-not", inotify_add_watch(p[0], ".", IN_CREATE));
	ASK("add-missing", inotify_add_watch(watcher, "nothing", IN_CREATE));
	ASK("add-empty", inotify_add_watch(watcher, "", IN_CREATE));
	ASK("add-fault", inotify_add_watch(watcher, (char *)8, IN_CREATE));
	ASK("add-no-mask", inotify_add_watch(watcher, ".", 0));
	ASK("add-bad-mask", inotify_add_watch(watcher, ".", 0x100000));
	ASK("add-denied", inotify_add_watch(watcher, "secret", IN_OPEN));
	ASK("add-onlydir",
	    inotify_add_watch(watcher, "file", IN_OPEN | IN_ONLYDIR));
	ASK("add-create-add",
	    inotify_add_watch(watcher, ".", IN_MASK_CREATE | IN_MASK_ADD | 1));
	ASK("add", inotify_add_watch(watcher, "file", IN_OPEN));
	ASK("add-again", inotify_add_watch(watcher, "file", IN_MODIFY));
	ASK("add-link", inotify_add_watch(watcher, "link", IN_MODIFY));
	ASK("add-create", inotify_add_watch(watcher, "file",
	                                    IN_MASK_CREATE | IN_MODIFY));
	ASK("add-link-itself", inotify_add_watch(watcher, "link",
	                                         IN_MODIFY | IN_DONT_FOLLOW));
	ASK("remove-bad-fd", inotify_rm_watch(99, 1));
	ASK("remove-not", inotify_rm_watch(p[0], 1));
	ASK("remove-none", inotify_rm_watch(watcher, 77));
	ASK("remove", inotify_rm_watch(watcher, 2));
	ASK("remove-again", inotify_rm_watch(watcher, 2));
	HEAR("removed", (void)0);
	ASK("number-after", inotify_add_watch(watcher, ".", IN_CREATE));
	ASK("read-empty", read(watcher, small, sizeof(small)));
	make_file("n", "", 0644);
	ASK("read-small", read(watcher, small, 16));
	ioctl(watcher, FIONREAD, &n);
	ASK("fionread", n);
	ASK("write", write(watcher, "x", 1));
	ASK("seek", lseek(watcher, 0, SEEK_SET));
	HEAR("read", (void)0);
	inotify_rm_watch(watcher, 1);
	inotify_rm_watch(watcher, 3);
	close(watcher);
	close(p[0]);
	close(p[1]);
}

static void one_file(void)
{
	struct timespec both[2] = {{1, 0}, {2, 0}};
	struct timespec read_time[2] = {{1, 0}, {0, UTIME_OMIT}};
	struct timespec write_time[2] = {{0, UTIME_OMIT}, {1, 0}};
	char byte;
	int fd;

	inotify_add_watch(watcher, "file", IN_ALL_EVENTS);
	HEAR("open-close", close(open("file", O_RDONLY)));
	HEAR("open-close-write", close(open("file", O_WRONLY)));
	HEAR("open-path", close(open("file", O_PATH)));
	fd = open("file", O_RDWR);
	HEAR("opened", (void)0);
	HEAR("read-file", read(fd, &byte, 1));
	HEAR("pread", pread(fd, &byte, 1, 0));
	HEAR("read-end", pread(fd, &byte, 1, 1000));
	HEAR("write-file", write(fd, "x", 1));
	HEAR("write-twice", (write(fd, "x", 1), write(fd, "y", 1)));
	HEAR("write-read-write",
	     (write(fd, "x", 1), pread(fd, &byte, 1, 0), write(fd, "y", 1)));
	HEAR("write-nothing", write(fd, "", 0));
	HEAR("ftruncate", ftruncate(fd, 2));
	HEAR("truncate", truncate("file", 1));
	HEAR("fallocate", fallocate(fd, 0, 0, 100));
	HEAR("fchmod", fchmod(fd, 0600));
	HEAR("chmod", chmod("file", 0644));
	HEAR("chmod-same", chmod("file", 0644));
	HEAR("chown-nothing", chown("file", -1, -1));
	HEAR("chown", chown("file", 1000, -1));
	HEAR("times", utimensat(AT_FDCWD, "file", both, 0));
	HEAR("times-read", utimensat(AT_FDCWD, "file", read_time, 0));
	HEAR("times-write", utimensat(AT_FDCWD, "file", write_time, 0));
	HEAR("link", link("file", "file2"));
	HEAR("unlink-one", unlink("file2"));
	HEAR("rename-self", rename("file", "moved"));
	HEAR("stat", access("moved", F_OK));
	HEAR("dup", close(dup(fd)));
	HEAR("unlink-open", unlink("moved"));
	HEAR("unlinked-write", write(fd, "x", 1));
	HEAR("close-last", close(fd));
	ASK("gone", inotify_rm_watch(watcher, 1));
	make_file("file", "text", 0644);
	inotify_add_watch(watcher, "file", IN_ALL_EVENTS);
	HEAR("unlink-last", unlink("file"));
	make_file("file", "text", 0644);
	make_file("other", "text", 0644);
	inotify_add_watch(watcher, "file", IN_ALL_EVENTS);
	HEAR("replaced", rename("other", "file"));
	HEAR("replaced-after", close(open("file", O_RDONLY)));
}

static void one_folder(void)
{
	char byte;
	DIR *d;
	int fd;

	mkdir("d", 0755);
	mkdir("e", 0755);
	printf("folder-watch: %d\n", inotify_add_watch(watcher, "d", IN_ALL_EVENTS));
	HEAR("create", close(open("d/f", O_CREAT | O_WRONLY, 0644)));
	HEAR("create-again", close(open("d/f", O_CREAT | O_WRONLY, 0644)));
	HEAR("mkdir", mkdir("d/s", 0755));
	HEAR("symlink", symlink("f", "d/l"));
	HEAR("mknod", mknod("d/p", S_IFIFO | 0600, 0));
	HEAR("hard-link", link("d/f", "d/h"));
	HEAR("inside-open", fd = open("d/f", O_RDWR));
	HEAR("inside-write", write(fd, "x", 1));
	HEAR("inside-read", pread(fd, &byte, 1, 0));
	HEAR("inside-close", close(fd));
	HEAR("inside-chmod", chmod("d/f", 0600));
	HEAR("inside-mkdir-open", close(open("d/s", O_RDONLY)));
	HEAR("deeper", close(open("d/s/f", O_CREAT | O_WRONLY, 0644)));
	HEAR("through-link", close(open("d/l", O_RDONLY)));
	HEAR("through-dots", close(open("e/../d/./f", O_RDONLY)));
	HEAR("itself-open", close(open("d", O_RDONLY)));
	HEAR("list", ((d = opendir("d")), readdir(d), closedir(d)));
	HEAR("itself-chmod", chmod("d", 0700));
	HEAR("move-within", rename("d/f", "d/g"));
	HEAR("move-to-same", rename("d/g", "d/h"));
	make_file("d/k", "", 0644);
	HEAR("move-over", rename("d/k", "d/g"));
	HEAR("move-out", rename("d/l", "e/l"));
	HEAR("move-in", rename("e/l", "d/l"));
	HEAR("move-folder", rename("d/s", "d/t"));
	HEAR("exchange", renameat2(AT_FDCWD, "d/t", AT_FDCWD, "d/h", 2));
	HEAR("move-itself", rename("d", "D"));
	HEAR("after-move", close(open("D/l", O_RDONLY | O_CREAT, 0644)));
	HEAR("old-name", (mkdir("d", 0755), make_file("d/x", "", 0644)));
	HEAR("unlink", unlink("D/l"));
	HEAR("unlink-fifo", unlink("D/p"));
	HEAR("unlink-file", unlink("D/t"));
	HEAR("rmdir-full", rmdir("D"));
	unlink("D/h/f");
	HEAR("rmdir", rmdir("D/h"));
	HEAR("still-there", (fd = open("D/open", O_CREAT | O_RDWR, 0644)));
	HEAR("unlink-open-inside", unlink("D/open"));
	HEAR("unlinked-inside-write", write(fd, "x", 1));
	HEAR("unlinked-inside-close", close(fd));
	unlink("D/g");
	HEAR("rmdir-itself", rmdir("D"));
}

static void flags(void)
{
	int w, fd;

	make_file("once", "text", 0644);
	mkdir("dir", 0755);
	printf("once-watch: %d\n",
	       w = inotify_add_watch(watcher, "once", IN_OPEN | IN_ONESHOT));
	HEAR("once-not", truncate("once", 0));
	HEAR("once", close(open("once", O_RDONLY)));
	HEAR("once-gone", close(open("once", O_RDONLY)));
	ASK("once-removed", inotify_rm_watch(watcher, w));
	inotify_add_watch(watcher, "dir", IN_OPEN);
	inotify_add_watch(watcher, "dir", IN_CREATE | IN_MASK_ADD);
	HEAR("mask-add", close(open("dir/a", O_CREAT | O_WRONLY, 0644)));
	inotify_add_watch(watcher, "dir", IN_CREATE);
	HEAR("mask-replaced", close(open("dir/b", O_CREAT | O_WRONLY, 0644)));
	inotify_add_watch(watcher, "dir", IN_MODIFY | IN_EXCL_UNLINK);
	fd = open("dir/a", O_RDWR);
	HEAR("exclude-before", write(fd, "x", 1));
	unlink("dir/a");
	HEAR("exclude-unlinked", write(fd, "x", 1));
	close(fd);
	/* Both the file and its folder. */
	inotify_add_watch(watcher, "dir", IN_OPEN);
	inotify_add_watch(watcher, "dir/b", IN_OPEN);
	HEAR("both", close(open("dir/b", O_RDONLY)));
	inotify_add_watch(watcher, ".", IN_OPEN | IN_ISDIR);
	HEAR("not-too-deep", close(open("dir/b", O_RDONLY)));
	HEAR("folder-flag", close(open("dir", O_RDONLY)));
}

static void queue(void)
{
	struct pollfd p = {.fd = watcher, .events = POLLIN};
	int other;

	show();
	ASK("poll-empty", poll(&p, 1, 0));
	close(open("dir", O_RDONLY));
	ASK("poll", poll(&p, 1, 0));
	HEAR("poll-read", (void)0);
	inotify_add_watch(watcher, "once", IN_OPEN | IN_CLOSE);
	for (int i = 0; i < 10000; i++)
		close(open("once", O_RDONLY));
	ASK("fionread-many", (other = 0, ioctl(watcher, FIONREAD, &other),
	                      other));
	other = inotify_init1(IN_NONBLOCK);
	ASK("other-numbers", inotify_add_watch(other, "once", IN_OPEN));
	close(other);
	close(watcher);
	ASK("closed", access("once", F_OK));
}

static void *touch_later(void *unused)
{
	usleep(2000);
	make_file("later", "", 0644);
	return unused;
}

static void waiting(void)
{
	_Alignas(8) char buffer[512];
	struct inotify_event *event = (void *)buffer;
	pthread_t thread;
	ssize_t n;

	watcher = inotify_init1(0);
	inotify_add_watch(watcher, ".", IN_CREATE);
	pthread_create(&thread, NULL, touch_later, NULL);
	n = read(watcher, buffer, sizeof(buffer));
	pthread_join(thread, NULL);
	ASK("waited", n);
	ASK("waited-name", strcmp(event->name, "later"));
	close(watcher);
}

int main(int argc, char **argv)
{
	enter(argc, argv);
	arguments();
	watcher = inotify_init1(IN_NONBLOCK);
	unlink("file");
	make_file("file", "text", 0644);
	one_file();
	close(watcher);
	watcher = inotify_init1(IN_NONBLOCK);
	one_folder();
	flags();
	begin("rest");
	queue();
	waiting();
	return 0;
}
