/* SPDX-License-Identifier: ISC */

/* The kernel's own string functions, beside those of the C library. */

#include "tests/unit/linux/string.h"

#define memcpy  linux_memcpy
#define memmove linux_memmove
#define memset  linux_memset
#define memcmp  linux_memcmp
#define memchr  linux_memchr
#define strlen  linux_strlen
#define strnlen linux_strnlen
#define strcmp  linux_strcmp
#define strncmp linux_strncmp
#define strchr  linux_strchr
#define strrchr linux_strrchr

#include "guest/linux/string.c"
