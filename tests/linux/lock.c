/* SPDX-License-Identifier: ISC */
#include "case.h"

#include <pthread.h>
#include <sys/file.h>
#include <time.h>

/* Locks of files: of the process, of an open file, and of the whole file. */

#ifndef F_OFD_SETLK
#define F_OFD_GETLK  36
#define F_OFD_SETLK  37
#define F_OFD_SETLKW 38
#endif

static int first, second, reader;

static struct flock make(int type, int whence, long start, long length)
{
	return (struct flock){.l_type = (short)type,
	                      .l_whence = (short)whence,
	                      .l_start = start,
	                      .l_len = length};
}

static long lock(int fd, int command, int type, long start, long length)
{
	struct flock l = make(type, SEEK_SET, start, length);

	return fcntl(fd, command, &l);
}

static long lock_from(int fd, int whence, long start, long length)
{
	struct flock l = make(F_WRLCK, whence, start, length);

	return fcntl(fd, F_SETLK, &l);
}

/* Which lock is in the way. */
static void say_holder(const char *name, int fd, int command, int type,
                       long start, long length)
{
	struct flock l = make(type, SEEK_SET, start, length);

	begin(name);
	say(fcntl(fd, command, &l));
	printf(" type %d from %ld length %ld, %s", l.l_type, (long)l.l_start,
	       (long)l.l_len,
	       l.l_pid == 0       ? "nobody"
	       : l.l_pid == -1    ? "a file"
	       : l.l_pid == getpid() ? "we"
	                             : "others");
	done();
}

static void unlock_all(void)
{
	lock(first, F_OFD_SETLK, F_UNLCK, 0, 0);
	lock(second, F_OFD_SETLK, F_UNLCK, 0, 0);
	lock(reader, F_OFD_SETLK, F_UNLCK, 0, 0);
	lock(first, F_SETLK, F_UNLCK, 0, 0);
}

static void ask_process(void)
{
	ASK("ours", lock(first, F_SETLK, F_WRLCK, 0, 10));
	ASK("ours by another descriptor",
	    lock(second, F_SETLK, F_WRLCK, 5, 10));
	say_holder("our own is in nobody's way", second, F_GETLK, F_WRLCK, 0, 0);
	say_holder("but a file's", second, F_OFD_GETLK, F_RDLCK, 0, 0);
	ASK("file against ours", lock(second, F_OFD_SETLK, F_RDLCK, 12, 1));
	ASK("beside it", lock(second, F_OFD_SETLK, F_RDLCK, 15, 1));
	ASK("a part of ours goes", lock(first, F_SETLK, F_UNLCK, 4, 4));
	ASK("then there is room", lock(second, F_OFD_SETLK, F_WRLCK, 4, 4));
	say_holder("before it", second, F_OFD_GETLK, F_RDLCK, 0, 4);
	say_holder("behind it", second, F_OFD_GETLK, F_RDLCK, 8, 0);
	ASK("another descriptor is closed", close(open("file", O_RDONLY)));
	say_holder("which takes all of ours", second, F_OFD_GETLK, F_WRLCK, 0, 0);
	say_holder("not the file's", first, F_OFD_GETLK, F_WRLCK, 0, 0);
	unlock_all();
}

static void ask_files(void)
{
	ASK("read", lock(first, F_OFD_SETLK, F_RDLCK, 0, 100));
	ASK("read beside", lock(second, F_OFD_SETLK, F_RDLCK, 50, 100));
	ASK("write over both", lock(first, F_OFD_SETLK, F_WRLCK, 0, 60));
	ASK("write where nobody is", lock(first, F_OFD_SETLK, F_WRLCK, 0, 50));
	say_holder("who", second, F_OFD_GETLK, F_RDLCK, 0, 0);
	say_holder("who else", second, F_OFD_GETLK, F_WRLCK, 50, 0);
	say_holder("of the process", second, F_GETLK, F_WRLCK, 120, 0);
	ASK("joined", lock(first, F_OFD_SETLK, F_RDLCK, 0, 50));
	say_holder("as one", second, F_OFD_GETLK, F_WRLCK, 0, 0);
	ASK("write without the right",
	    lock(reader, F_OFD_SETLK, F_WRLCK, 1000, 1));
	ASK("a hole", lock(first, F_OFD_SETLK, F_UNLCK, 20, 10));
	say_holder("before the hole", second, F_OFD_GETLK, F_WRLCK, 0, 0);
	say_holder("in the hole", second, F_OFD_GETLK, F_WRLCK, 20, 10);
	say_holder("behind the hole", second, F_OFD_GETLK, F_WRLCK, 25, 0);
	unlock_all();
}

static void ask_owners(void)
{
	int copy = dup(first), gone = open("file", O_RDWR);

	ASK("by a copy", lock(copy, F_OFD_SETLK, F_WRLCK, 0, 0));
	ASK("the copy's is the file's", lock(first, F_OFD_SETLK, F_WRLCK, 0, 1));
	ASK("the copy is closed", close(copy));
	ASK("it is still locked", lock(second, F_OFD_SETLK, F_RDLCK, 0, 1));
	unlock_all();
	ASK("by one that goes", lock(gone, F_OFD_SETLK, F_WRLCK, 0, 0));
	ASK("it goes", close(gone));
	ASK("and its lock", lock(second, F_OFD_SETLK, F_RDLCK, 0, 1));
	unlock_all();
}

static void ask_ranges(void)
{
	struct flock l = make(F_WRLCK, SEEK_SET, 0, 0);

	lseek(first, 100, SEEK_SET);
	ASK("from here", lock_from(first, SEEK_CUR, -10, 20));
	say_holder("here", second, F_OFD_GETLK, F_WRLCK, 0, 0);
	ASK("from the end", lock_from(first, SEEK_END, -5, 3));
	say_holder("the end", second, F_OFD_GETLK, F_WRLCK, 0, 50);
	ASK("backwards", lock_from(first, SEEK_SET, 300, -10));
	say_holder("what was before", second, F_OFD_GETLK, F_WRLCK, 200, 0);
	ASK("before the start", lock_from(first, SEEK_SET, -1, 1));
	ASK("before it, from here", lock_from(first, SEEK_CUR, -101, 1));
	ASK("backwards out of it", lock_from(first, SEEK_SET, 5, -6));
	ASK("backwards to it", lock_from(first, SEEK_SET, 5, -5));
	ASK("too long", lock_from(first, SEEK_SET, 10, INT64_MAX));
	ASK("long enough", lock_from(first, SEEK_SET, 1, INT64_MAX));
	ASK("too far", lock_from(first, SEEK_CUR, INT64_MAX, 1));
	ASK("from nowhere", lock_from(first, 3, 0, 1));
	ASK("no such type", lock(first, F_SETLK, 7, 0, 1));
	l.l_pid = 1;
	ASK("a file's with a process", fcntl(first, F_OFD_SETLK, &l));
	unlock_all();
	say_holder("all gone", second, F_OFD_GETLK, F_WRLCK, 0, 0);
}

static void ask_whole(void)
{
	int copy = dup(first);

	ASK("shared", flock(first, LOCK_SH));
	ASK("shared, too", flock(reader, LOCK_SH));
	ASK("exclusive", flock(second, LOCK_EX | LOCK_NB));
	ASK("to be exclusive", flock(first, LOCK_EX | LOCK_NB));
	ASK("which has lost it", flock(reader, LOCK_EX | LOCK_NB));
	ASK("now it is locked", flock(first, LOCK_SH | LOCK_NB));
	ASK("records are another thing", lock(first, F_SETLK, F_WRLCK, 0, 0));
	ASK("unlocked", flock(reader, LOCK_UN));
	ASK("unlocked again", flock(reader, LOCK_UN));
	ASK("by a copy", flock(copy, LOCK_EX | LOCK_NB));
	ASK("the copy's is the file's", flock(first, LOCK_EX | LOCK_NB));
	close(copy);
	ASK("still locked", flock(second, LOCK_SH | LOCK_NB));
	ASK("nothing of these", flock(first, LOCK_SH | LOCK_EX));
	ASK("no descriptor", flock(-1, LOCK_SH));
	flock(first, LOCK_UN);
	lock(first, F_SETLK, F_UNLCK, 0, 0);
}

/* A lock that another thread waits for. */
static volatile int has_it;

static void *wait_for_record(void *unused)
{
	(void)unused;
	lock(second, F_OFD_SETLKW, F_WRLCK, 0, 1);
	has_it = 1;
	return NULL;
}

static void *wait_for_file(void *unused)
{
	(void)unused;
	flock(second, LOCK_EX);
	has_it = 1;
	return NULL;
}

static void ask_waiting(const char *name, void *(*wait)(void *))
{
	const struct timespec moment = {.tv_nsec = 50 * 1000 * 1000};
	pthread_t thread;

	has_it = 0;
	flock(first, LOCK_EX);
	lock(first, F_SETLK, F_WRLCK, 0, 10);
	pthread_create(&thread, NULL, wait, NULL);
	nanosleep(&moment, NULL);
	begin(name);
	say(has_it);
	flock(first, LOCK_UN);
	lock(first, F_SETLK, F_UNLCK, 0, 10);
	pthread_join(thread, NULL);
	say(has_it);
	done();
	unlock_all();
	flock(second, LOCK_UN);
}

static void on_signal(int number)
{
	(void)number;
}

static void ask_interrupted(void)
{
	struct sigaction action = {.sa_handler = on_signal};

	sigaction(SIGALRM, &action, NULL);
	lock(first, F_OFD_SETLK, F_WRLCK, 0, 0);
	flock(first, LOCK_EX);
	ualarm(50000, 0);
	ASK("a signal ends waiting", lock(second, F_SETLKW, F_WRLCK, 0, 1));
	ualarm(50000, 0);
	ASK("for a file, too", flock(second, LOCK_EX));
	unlock_all();
	flock(first, LOCK_UN);
}

int main(int argc, char **argv)
{
	enter(argc, argv);
	make_file("file", "forty bytes of a file that has locks....", 0644);
	first = open("file", O_RDWR);
	second = open("file", O_RDWR);
	reader = open("file", O_RDONLY);
	ask_process();
	ask_files();
	ask_owners();
	ask_ranges();
	ask_whole();
	ask_waiting("a record", wait_for_record);
	ask_waiting("a whole file", wait_for_file);
	ask_interrupted();
	return 0;
}
