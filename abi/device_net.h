/* SPDX-License-Identifier: ISC */
#ifndef BH_ABI_DEVICE_NET_H
#define BH_ABI_DEVICE_NET_H

/*
 * The configuration block of device/net (device.h): what the user has
 * published, and whom the guest may speak to.
 *
 * Listening and datagram sockets are opened by the launcher, so that a port
 * that is in use, or that this user may not have, is an error before anything
 * runs.  Streams listen already: a connection that comes before the guest
 * listens waits.
 */

#include "base.h"
#include "protocol/net.h"

#define BH_DEVICE_NET_PORTS_MAX   32u
#define BH_DEVICE_NET_TARGETS_MAX 64u
#define BH_DEVICE_NET_NAMES_MAX   32u

/* Descriptor BH_DEVICE_FD_FIRST + i is the socket of ports[i]. */
struct bh_device_net_port {
	uint16_t guest_port; /* what the guest says to have it */
	uint8_t datagram;    /* 0: TCP; 1: UDP */
	uint8_t family;      /* enum bh_net_family */
	uint32_t reserved;
};

/* An address that the guest may connect or send to. */
struct bh_device_net_target {
	struct bh_net_address address; /* port 0: any */
	uint8_t datagram;              /* 0: TCP; 1: UDP */
	uint8_t reserved[3];
};

struct bh_device_net {
	uint32_t port_count;
	uint32_t target_count;
	uint32_t name_count;
	uint32_t reserved;
	struct bh_device_net_port ports[BH_DEVICE_NET_PORTS_MAX];
	struct bh_device_net_target targets[BH_DEVICE_NET_TARGETS_MAX];
	struct bh_net_name names[BH_DEVICE_NET_NAMES_MAX];
};

BH_ASSERT_SIZE(bh_device_net_port, 8);
BH_ASSERT_SIZE(bh_device_net_target, 24);
BH_ASSERT_OFFSET(bh_device_net, ports, 16);
BH_ASSERT_OFFSET(bh_device_net, targets, 16 + 32 * 8);
BH_ASSERT_OFFSET(bh_device_net, names, 16 + 32 * 8 + 64 * 24);
BH_ASSERT_SIZE(bh_device_net, 16 + 32 * 8 + 64 * 24 + 32 * 256);

#endif
