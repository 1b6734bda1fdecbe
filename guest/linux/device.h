/* SPDX-License-Identifier: ISC */
#ifndef BH_LINUX_DEVICE_H
#define BH_LINUX_DEVICE_H

#include "guest/linux/vfs.h"

/* /dev, with its nodes, and /dev/shm; NULL: no memory. */
struct file_system *device_create(void);
struct file_system *device_create_shared(void);

#endif
