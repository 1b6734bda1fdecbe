/* SPDX-License-Identifier: ISC */
#ifndef LISTEN_H
#define LISTEN_H

/* A socket that listens on a TCP port of all addresses.  Where that cannot be
 * had, the program says why and ends. */
int listen_on(int port);

#endif
