/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "abi/device_net.h"
#include "descriptors.h"
#include "device.h"
#include "lib/cleanup.h"
#include "memory.h"
#include "resolve.h"

/* Turns that a guest may have unanswered. */
#define NET_CREDIT 8

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* Numbers only.  Returns the length, or 0. */
static socklen_t parse_address(const char *host, uint16_t port,
                               union address *to)
{
	memset(to, 0, sizeof(*to));
	if (inet_pton(AF_INET, host, &to->v4.sin_addr) == 1) {
		to->v4.sin_family = AF_INET;
		to->v4.sin_port = htons(port);
		return sizeof(to->v4);
	}
	if (inet_pton(AF_INET6, host, &to->v6.sin6_addr) == 1) {
		to->v6.sin6_family = AF_INET6;
		to->v6.sin6_port = htons(port);
		return sizeof(to->v6);
	}
	return 0;
}

/* Returns the socket or -errno. */
static int open_port(const union address *address, socklen_t length,
                     bool datagram)
{
	static const int one = 1;
	int type = (datagram ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK |
	           SOCK_CLOEXEC;
	BH_AUTO_CLOSE int fd = socket(address->any.sa_family, type, 0);

	if (fd < 0)
		return -errno;
	if (!datagram &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)))
		return -errno;
	if (address->any.sa_family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)))
		return -errno;
	if (bind(fd, &address->any, length) ||
	    (!datagram && listen(fd, SOMAXCONN)))
		return -errno;
	return bh_steal_fd(&fd);
}

static int publish(struct device_slot *slot, struct bh_device_net *config,
                   const char *text, struct problem *problem)
{
	struct net_publish p;
	union address address;
	socklen_t length;
	int fd;

	if (net_parse_publish(text, "--publish", &p, problem))
		return -1;
	length = parse_address(p.host, p.host_port, &address);
	if (!length)
		return problem_set(problem,
		                   "--publish %s: %s is not an address in "
		                   "numbers",
		                   text, p.host);
	if (config->port_count == BH_DEVICE_NET_PORTS_MAX)
		return problem_set(problem, "--publish: at most %u ports",
		                   BH_DEVICE_NET_PORTS_MAX);
	fd = open_port(&address, length, p.datagram);
	if (fd < 0)
		return problem_errno(problem, -fd, "--publish %s", text);
	slot->fds[slot->fd_count++] = fd;
	config->ports[config->port_count++] = (struct bh_device_net_port){
	        .guest_port = p.guest_port,
	        .datagram = p.datagram,
	        .family = address.any.sa_family == AF_INET ? BH_NET_IPV4
	                                                   : BH_NET_IPV6,
	};
	return 0;
}

static int add_name(struct bh_device_net *config, const char *name,
                    const struct bh_net_address *address,
                    struct problem *problem)
{
	struct bh_net_name *entry = &config->names[config->name_count];

	if (config->name_count == BH_DEVICE_NET_NAMES_MAX)
		return problem_set(problem,
		                   "--connect: names with more than %u "
		                   "addresses together",
		                   BH_DEVICE_NET_NAMES_MAX);
	config->name_count++;
	entry->address = *address;
	entry->address.port = 0;
	snprintf(entry->name, sizeof(entry->name), "%s", name);
	return 0;
}

static int add_target(struct bh_device_net *config, const struct net_connect *c,
                      const char *number, struct problem *problem)
{
	struct bh_device_net_target *target =
	        &config->targets[config->target_count];
	union address address;

	if (!parse_address(number, c->port, &address))
		return problem_set(problem, "--connect: %s is not an address",
		                   number);
	if (config->target_count == BH_DEVICE_NET_TARGETS_MAX)
		return problem_set(problem, "--connect: at most %u addresses",
		                   BH_DEVICE_NET_TARGETS_MAX);
	config->target_count++;
	target->datagram = c->datagram;
	target->address.port = c->port;
	if (address.any.sa_family == AF_INET) {
		target->address.family = BH_NET_IPV4;
		memcpy(target->address.bytes, &address.v4.sin_addr, 4);
	} else {
		target->address.family = BH_NET_IPV6;
		memcpy(target->address.bytes, &address.v6.sin6_addr, 16);
	}
	if (strcmp(number, c->host) == 0)
		return 0;
	return add_name(config, c->host, &target->address, problem);
}

static int allow(struct bh_device_net *config, const char *text,
                 struct problem *problem)
{
	struct plan_strings numbers = {NULL, 0};
	struct net_connect c;
	union address address;
	int r = 0;

	if (net_parse_connect(text, "--connect", &c, problem))
		return -1;
	if (parse_address(c.host, c.port, &address))
		return add_target(config, &c, c.host, problem);
	if (resolve_name(c.host, &numbers, problem))
		return -1;
	for (unsigned i = 0; !r && i < numbers.count; i++)
		r = add_target(config, &c, numbers.items[i], problem);
	plan_strings_release(&numbers);
	return r;
}

static int prepare(const struct plan *plan, unsigned number,
                   struct device_slot *slot, struct problem *problem)
{
	const struct plan_domain *guest =
	        &plan->domains[plan->domains[number].serves];
	struct bh_device_net *config = memory_new(1, sizeof(*config));

	slot->configuration = config;
	slot->configuration_size = sizeof(*config);
	for (unsigned i = 0; i < guest->publish.count; i++)
		if (publish(slot, config, guest->publish.items[i], problem))
			return -1;
	for (unsigned i = 0; i < guest->connect.count; i++)
		if (allow(config, guest->connect.items[i], problem))
			return -1;
	return 0;
}

static const struct device_kind net_device = {
        .program = "bh-device-net",
        .protocol = BH_PROTOCOL_NET,
        .network = true,
        .prepare = prepare,
};

int net_plan(struct plan *plan, struct problem *problem)
{
	unsigned guests = plan->domain_count;

	for (unsigned d = 0; d < guests; d++)
		if ((plan->domains[d].publish.count ||
		     plan->domains[d].connect.count) &&
		    plan_add_device(plan, d, &net_device, "net", NET_CREDIT,
		                    problem) < 0)
			return -1;
	return 0;
}

bool net_is_short(const struct plan *plan, struct problem *text)
{
	unsigned long long limit = descriptors_max();
	unsigned ports = 0;

	for (unsigned d = 0; d < plan->domain_count; d++)
		ports += plan->domains[d].publish.count;
	if (!ports || limit >= NET_CONNECTIONS)
		return false;
	problem_set(text,
	            "this host allows %llu open files, so fewer connections at "
	            "once; others wait (ulimit -Hn raises it)",
	            limit);
	return true;
}
