/* SPDX-License-Identifier: ISC */
#ifndef BH_DEVICE_COMMON_POST_H
#define BH_DEVICE_COMMON_POST_H

#include "device/device.h"

/* Posts without a look at the submission. */
void post(struct device *device, enum bh_post kind);

#endif
