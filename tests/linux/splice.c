/* SPDX-License-Identifier: ISC */
#include "case.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

static char buffer[1 << 17];

static int in, out, p[2], q[2];

/* What a pipe holds, which is then empty. */
static void drain(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	say_bytes(buffer, read(fd, buffer, 60));
	fcntl(fd, F_SETFL, flags);
}

static void arguments(void)
{
	loff_t at = 0, negative = -1;
	int event = eventfd(0, 0), append;

	ASK("splice-nothing", splice(in, NULL, p[1], NULL, 0, 0));
	ASK("splice-nothing-bad-fd", splice(99, NULL, 98, NULL, 0, 0));
	ASK("splice-flags", splice(in, NULL, p[1], NULL, 1, 16));
	ASK("splice-bad-in", splice(99, NULL, p[1], NULL, 1, 0));
	ASK("splice-bad-out", splice(in, NULL, 99, NULL, 1, 0));
	ASK("splice-no-pipe", splice(in, NULL, out, NULL, 1, 0));
	ASK("splice-same-pipe", splice(p[0], NULL, p[1], NULL, 1, 0));
	ASK("splice-wrong-end-in", splice(p[1], NULL, out, NULL, 1, 0));
	ASK("splice-wrong-end-out", splice(in, NULL, p[0], NULL, 1, 0));
	ASK("splice-pipe-offset-in", splice(p[0], &at, out, NULL, 1, 0));
	ASK("splice-pipe-offset-out", splice(in, NULL, p[1], &at, 1, 0));
	ASK("splice-fault", splice(in, (void *)8, p[1], NULL, 1, 0));
	ASK("splice-negative", splice(in, &negative, p[1], NULL, 1, 0));
	ASK("splice-event", splice(event, NULL, p[1], NULL, 8, 0));
	ASK("splice-empty",
	    splice(p[0], NULL, out, NULL, 1, SPLICE_F_NONBLOCK));
	write(p[1], "x", 1);
	ASK("splice-to-event", splice(p[0], NULL, event, NULL, 1, 0));
	append = open("append", O_WRONLY | O_CREAT | O_APPEND, 0644);
	ASK("splice-append", splice(p[0], NULL, append, NULL, 1, 0));
	ASK("splice-to-readonly", splice(p[0], NULL, in, NULL, 1, 0));
	begin("splice-kept");
	drain(p[0]);
	done();
	close(append);
	close(event);
}

static void files(void)
{
	loff_t at = 3;

	begin("splice-from-file");
	say(splice(in, NULL, p[1], NULL, 4, 0));
	say(lseek(in, 0, SEEK_CUR));
	drain(p[0]);
	done();
	begin("splice-from-offset");
	say(splice(in, &at, p[1], NULL, 2, 0));
	say(at);
	say(lseek(in, 0, SEEK_CUR));
	drain(p[0]);
	done();
	begin("splice-from-end");
	at = 1000;
	say(splice(in, &at, p[1], NULL, 2, 0));
	say(at);
	done();
	begin("splice-more-than-there-is");
	at = 0;
	say(splice(in, &at, p[1], NULL, 1000, 0));
	say(at);
	done();
	begin("splice-to-file");
	say(splice(p[0], NULL, out, NULL, 4, 0));
	say(lseek(out, 0, SEEK_CUR));
	at = 100;
	say(splice(p[0], NULL, out, &at, 1000, 0));
	say(at);
	say(lseek(out, 0, SEEK_CUR));
	say(lseek(out, 0, SEEK_END));
	say_bytes(buffer, pread(out, buffer, 4, 0));
	say_bytes(buffer, pread(out, buffer, 3, 100));
	done();
	begin("splice-full");
	memset(buffer, 'f', sizeof(buffer));
	fcntl(p[1], F_SETFL, O_NONBLOCK);
	say(write(p[1], buffer, sizeof(buffer)));
	say(splice(in, NULL, p[1], NULL, 1, SPLICE_F_NONBLOCK));
	fcntl(p[1], F_SETFL, 0);
	say(splice(in, NULL, p[1], NULL, 1, SPLICE_F_NONBLOCK));
	lseek(out, 0, SEEK_SET);
	say(splice(p[0], NULL, out, NULL, sizeof(buffer), 0));
	say(lseek(out, 0, SEEK_END));
	done();
}

static void pipes(void)
{
	write(p[1], "abcdef", 6);
	write(p[1], "ghi", 3);
	begin("splice-pipes");
	say(splice(p[0], NULL, q[1], NULL, 4, 0));
	drain(q[0]);
	say(splice(p[0], NULL, q[1], NULL, 100, 0));
	drain(q[0]);
	drain(p[0]);
	done();
	ASK("splice-pipes-empty",
	    splice(p[0], NULL, q[1], NULL, 1, SPLICE_F_NONBLOCK));
	ASK("tee-nothing", tee(p[0], q[1], 0, 0));
	ASK("tee-flags", tee(p[0], q[1], 1, 16));
	ASK("tee-bad-fd", tee(99, q[1], 1, 0));
	ASK("tee-same", tee(p[0], p[1], 1, 0));
	ASK("tee-file", tee(in, q[1], 1, 0));
	ASK("tee-to-file", tee(p[0], out, 1, 0));
	ASK("tee-wrong-end", tee(p[1], q[1], 1, 0));
	ASK("tee-empty", tee(p[0], q[1], 1, SPLICE_F_NONBLOCK));
	write(p[1], "abcdef", 6);
	begin("tee");
	say(tee(p[0], q[1], 4, 0));
	say(tee(p[0], q[1], 100, 0));
	drain(q[0]);
	drain(p[0]);
	done();
	close(q[1]);
	ASK("tee-no-writer", (pipe(q), close(p[1]), tee(p[0], q[1], 1, 0)));
	ASK("splice-no-writer", splice(p[0], NULL, q[1], NULL, 1, 0));
	close(q[0]);
	close(p[0]);
	pipe(p);
	signal(SIGPIPE, SIG_IGN);
	ASK("splice-no-reader", splice(in, &(loff_t){0}, q[1], NULL, 1, 0));
	write(p[1], "x", 1);
	ASK("splice-pipes-no-reader", splice(p[0], NULL, q[1], NULL, 1, 0));
	ASK("tee-no-reader", tee(p[0], q[1], 1, 0));
	close(q[1]);
	begin("splice-no-reader-kept");
	drain(p[0]);
	done();
}

static void memory(void)
{
	struct iovec v[3] = {{"ab", 2}, {"", 0}, {"cde", 3}};
	struct iovec to[2] = {{buffer, 2}, {buffer + 8, 60}};

	begin("vmsplice");
	say(vmsplice(p[1], v, 3, 0));
	drain(p[0]);
	done();
	ASK("vmsplice-none", vmsplice(p[1], v, 0, 0));
	ASK("vmsplice-flags", vmsplice(p[1], v, 1, 16));
	ASK("vmsplice-bad-fd", vmsplice(99, v, 1, 0));
	ASK("vmsplice-file", vmsplice(in, v, 1, 0));
	ASK("vmsplice-many", vmsplice(p[1], v, 1025, 0));
	ASK("vmsplice-fault", vmsplice(p[1], (void *)8, 1, 0));
	v[0].iov_base = (void *)8;
	ASK("vmsplice-fault-bytes", vmsplice(p[1], v, 1, 0));
	ASK("vmsplice-empty", vmsplice(p[0], to, 2, SPLICE_F_NONBLOCK));
	write(p[1], "abcdef", 6);
	begin("vmsplice-read");
	say(vmsplice(p[0], to, 2, 0));
	say_bytes(buffer, 2);
	say_bytes(buffer + 8, 4);
	done();
}

static void sockets(void)
{
	int s[2];
	off_t at = 0;

	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	begin("splice-to-socket");
	write(p[1], "hello", 5);
	say(splice(p[0], NULL, s[0], NULL, 100, 0));
	say_bytes(buffer, read(s[1], buffer, 60));
	done();
	begin("splice-from-socket");
	write(s[1], "world", 5);
	say(splice(s[0], NULL, p[1], NULL, 100, 0));
	drain(p[0]);
	done();
	ASK("splice-socket-offset", splice(s[0], &at, p[1], NULL, 1, 0));
	ASK("splice-socket-empty", (fcntl(s[0], F_SETFL, O_NONBLOCK),
	                            splice(s[0], NULL, p[1], NULL, 1, 0)));
	close(s[1]);
	ASK("splice-socket-end", splice(s[0], NULL, p[1], NULL, 1, 0));
	write(p[1], "x", 1);
	ASK("splice-socket-gone", splice(p[0], NULL, s[0], NULL, 1, 0));
	begin("splice-socket-kept");
	drain(p[0]);
	done();
	close(s[0]);
	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	begin("sendfile-socket");
	say(sendfile(s[0], in, &at, 5));
	say(at);
	say_bytes(buffer, read(s[1], buffer, 60));
	done();
	write(s[1], "x", 1);
	ASK("sendfile-from-socket", sendfile(out, s[0], NULL, 1));
	ASK("sendfile-nothing", sendfile(s[0], in, NULL, 0));
	close(s[0]);
	close(s[1]);
}

static void *feed(void *unused)
{
	usleep(2000);
	write(p[1], "later", 5);
	usleep(2000);
	read(q[0], buffer, sizeof(buffer));
	return unused;
}

/* Another thread brings what a call waits for. */
static void waiting(void)
{
	pthread_t thread;
	int n;

	pipe(q);
	fcntl(q[1], F_SETFL, O_NONBLOCK);
	while (write(q[1], buffer, 4096) > 0)
		;
	fcntl(q[1], F_SETFL, 0);
	pthread_create(&thread, NULL, feed, NULL);
	n = splice(p[0], NULL, q[1], NULL, 100, 0);
	pthread_join(thread, NULL);
	ASK("splice-waited", n);
	begin("splice-waited-bytes");
	drain(q[0]);
	done();
}

static void ranges(void)
{
	int one = open("one", O_RDWR | O_CREAT, 0644);
	int two = open("two", O_RDWR | O_CREAT, 0644), folder;
	loff_t from = 0, to = 0;

	write(one, "0123456789", 10);
	ASK("copy-range-same-end", copy_file_range(one, NULL, two, NULL, 5, 0));
	ASK("copy-range", copy_file_range(one, &from, two, NULL, 100, 0));
	ASK("copy-range-position", lseek(two, 0, SEEK_CUR));
	from = 8;
	ASK("copy-range-self",
	    (to = 20, copy_file_range(one, &from, one, &to, 2, 0)));
	ASK("copy-range-self-size", lseek(one, 0, SEEK_END));
	from = -1;
	ASK("copy-range-negative", copy_file_range(one, &from, two, NULL, 1, 0));
	from = 0;
	to = INT64_MAX;
	ASK("copy-range-far", copy_file_range(one, &from, two, &to, 10, 0));
	ASK("copy-range-fault",
	    copy_file_range(one, (void *)8, two, NULL, 1, 0));
	ASK("copy-range-nothing", copy_file_range(one, &from, two, NULL, 0, 0));
	ASK("copy-range-bad-fd", copy_file_range(99, NULL, two, NULL, 1, 0));
	folder = open(".", O_RDONLY);
	ASK("copy-range-folder", copy_file_range(folder, NULL, two, NULL, 1, 0));
	close(folder);
	folder = open("append", O_WRONLY | O_APPEND);
	ASK("copy-range-append", copy_file_range(one, &from, folder, NULL, 1, 0));
	ASK("sendfile-append", sendfile(folder, one, NULL, 1));
	close(folder);
}

int main(int argc, char **argv)
{
	enter(argc, argv);
	make_file("source", "0123456789", 0644);
	in = open("source", O_RDONLY);
	out = open("sink", O_RDWR | O_CREAT, 0644);
	pipe(p);
	pipe(q);
	arguments();
	files();
	pipes();
	memory();
	sockets();
	waiting();
	ranges();
	return 0;
}
