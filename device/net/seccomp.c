/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "device/net/seccomp.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "device/device.h"

#define OPTION(level, name)                                                    \
	{                                                                      \
		BH_SECCOMP_ARG(1, level), BH_SECCOMP_ARG(2, name)              \
	}
#define FLAGS (SOCK_NONBLOCK | SOCK_CLOEXEC)
#define SOCKET(family, type)                                                   \
	{                                                                      \
		BH_SECCOMP_ARG(0, family), BH_SECCOMP_ARG(1, (type) | FLAGS),  \
		        BH_SECCOMP_ARG(2, 0)                                   \
	}

static const struct bh_seccomp_rule rules[] = {
        DEVICE_SECCOMP_RULES,
        {SYS_recvfrom, "what peers send", {BH_SECCOMP_ARG(3, MSG_DONTWAIT)}},
        {SYS_sendmsg,
         "bytes to a peer",
         {BH_SECCOMP_ARG(2, MSG_NOSIGNAL | MSG_DONTWAIT)}},
        {SYS_sendto,
         "a datagram to a peer",
         {BH_SECCOMP_ARG(3, MSG_NOSIGNAL | MSG_DONTWAIT)}},
        {SYS_accept4, "connections", {BH_SECCOMP_ARG(3, FLAGS)}},
        {SYS_epoll_ctl, "watch a connection", {{0}}},
        {SYS_close, "end a connection", {{0}}},
        {SYS_shutdown, "half-close; a listener that is closed", {{0}}},
        {SYS_listen, "a listener that is opened again", {{0}}},
        {SYS_getsockname, "our end's address", {{0}}},
        {SYS_setsockopt, "reset", OPTION(SOL_SOCKET, SO_LINGER)},
        {SYS_setsockopt, "keep-alive", OPTION(SOL_SOCKET, SO_KEEPALIVE)},
        {SYS_setsockopt, "keep-alive", OPTION(IPPROTO_TCP, TCP_KEEPIDLE)},
        {SYS_setsockopt, "keep-alive", OPTION(IPPROTO_TCP, TCP_KEEPINTVL)},
        {SYS_setsockopt, "keep-alive", OPTION(IPPROTO_TCP, TCP_KEEPCNT)},
        {SYS_setsockopt, "small segments", OPTION(IPPROTO_TCP, TCP_NODELAY)},
        {SYS_setsockopt, "large segments", OPTION(IPPROTO_TCP, TCP_CORK)},
#ifdef BH_SANITIZE
        {SYS_mmap, "the sanitizers' own memory", {{0}}},
        {SYS_munmap, "the sanitizers' own memory", {{0}}},
        {SYS_getpid, "the sanitizers' messages", {{0}}},
        {SYS_gettid, "the sanitizers' messages", {{0}}},
        {SYS_sigaltstack, "the sanitizers' end", {{0}}},
        {SYS_rt_sigprocmask, "the sanitizers' end", {{0}}},
        {SYS_madvise, "the sanitizers' own memory", {{0}}},
#endif
        /* From here on only with outgoing connections. */
        {SYS_socket, "connect", SOCKET(AF_INET, SOCK_STREAM)},
        {SYS_socket, "connect", SOCKET(AF_INET6, SOCK_STREAM)},
        {SYS_socket, "datagrams", SOCKET(AF_INET, SOCK_DGRAM)},
        {SYS_socket, "datagrams", SOCKET(AF_INET6, SOCK_DGRAM)},
        {SYS_connect, "connect", {{0}}},
        {SYS_bind, "a port for datagrams (TCP: see Landlock)", {{0}}},
        {SYS_getsockopt, "has it connected?", OPTION(SOL_SOCKET, SO_ERROR)},
};

#define OUTGOING 7u

const struct bh_seccomp_rule *net_seccomp_rules(bool outgoing, size_t *count)
{
	*count = sizeof(rules) / sizeof(rules[0]) - (outgoing ? 0 : OUTGOING);
	return rules;
}
