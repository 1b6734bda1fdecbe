# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2034
# Which C library the bare guests use. Read by fetch.sh and build.sh.
# The SHA-256 is that of the upstream archive in Debian's source package.
LIBC_NAME=picolibc
LIBC_VERSION=1.8.10
LIBC_DEBIAN_VERSION=1.8.10-2
LIBC_SUITE=trixie
LIBC_SHA256=d1fc2a20f217472f8d9da084a519a25678e8d91852a41c7f3f1840d3508f7163
