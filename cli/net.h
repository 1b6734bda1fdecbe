/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_NET_H
#define BH_CLI_NET_H

/*
 * --publish and --connect: the net device of a guest (abi/device_net.h).
 */

#include <stdbool.h>
#include <stdint.h>

#include "plan.h"

/* What one --publish says. */
struct net_publish {
	char host[64]; /* an address in numbers */
	uint16_t host_port;
	uint16_t guest_port;
	bool datagram;
};

/* What one --connect says. */
struct net_connect {
	char host[236]; /* a name or an address */
	uint16_t port;  /* 0: any */
	bool datagram;
};

/* "[ADDRESS:]PORT:GUESTPORT[/tcp|/udp]"; WHAT begins the message. */
int net_parse_publish(const char *text, const char *what,
                      struct net_publish *publish, struct problem *problem);

/* "HOST:PORT[/tcp|/udp]", PORT may be "*". */
int net_parse_connect(const char *text, const char *what,
                      struct net_connect *connect, struct problem *problem);

/* Adds a device to each guest that has published or may connect. */
int net_plan(struct plan *plan, struct problem *problem);

/* A connection is a descriptor of the device, which is made for so many. */
#define NET_CONNECTIONS 10240u

/* True if the host lets the devices of PLAN have fewer open files than that;
 * TEXT says so in a line. */
bool net_is_short(const struct plan *plan, struct problem *text);

#endif
