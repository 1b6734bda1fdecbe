/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_NET_H
#define BH_LINUX_NET_H

/* What net.c (turns) and net_socket.c (commands, events) know of each other. */

#include "guest/linux/net_items.h"
#include "guest/linux/socket.h"

/*
 * Appends a command with room for DATA_SIZE bytes of data, which the caller
 * fills at once; at most net_data_max().  NULL: no memory.
 */
void *net_append(const struct bh_net_item *item, size_t data_size);
size_t net_data_max(void);
/* Makes the last command longer if it is a BH_NET_SEND of SOCKET: room for at
 * most *SIZE bytes, which says how many it is.  NULL: it is none, or full. */
void *net_append_more(uint32_t socket, size_t *size);
/* Makes the last BH_NET_SEND shorter: its data could not be read. */
void net_take_back(size_t size);
void net_forget_commands(void);

/* The device has become another (or none): ERROR ends all connections. */
void net_reset(int error);
void net_events(const uint8_t *events, size_t size);
/* What BH_NET_HELLO tells (struct bh_net_name), and the lines of /etc/hosts that
 * names become, once: they are the same in every life of the device. */
void net_hosts_take(const uint8_t *names, size_t size);
void net_hosts_write(void);

#endif
