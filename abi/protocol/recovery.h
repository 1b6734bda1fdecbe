/* SPDX-License-Identifier: ISC */
#ifndef BH_ABI_PROTOCOL_RECOVERY_H
#define BH_ABI_PROTOCOL_RECOVERY_H

/*
 * The recovery protocol: a log of entries that exo keeps for a domain across
 * restarts of all its variants (Xoar's recovery boxes: Colp et al., "Breaking
 * Up is Hard to Do", SOSP 2011).  It is lost with the cell.
 *
 * An append and the reply that depends on it belong in one exchange: exo acts
 * on a batch as a whole, so after a kill either both have happened or neither.
 *
 * exo checks what it keeps: each entry carries its length and a CRC-32C of its
 * payload, computed when it is appended and verified when it is read.  An
 * entry that fails ends the read with -BH_EIO.
 */

#include "../base.h"

enum bh_recovery_type {
	/*
	 * Append the payload (1 to BH_RECOVERY_ENTRY_MAX bytes) as one entry.
	 * Completion: value[0]: the entry's number, counted from 0; value[1]:
	 * bytes still free.  Status -BH_ENOSPC if it does not fit; nothing has
	 * changed then.
	 */
	BH_RECOVERY_APPEND = 1,
	/*
	 * Read entry value[0].  Completion: payload: the entry; value[0]: number
	 * of entries in the log; value[1]: bytes still free.  Status -BH_ENOENT
	 * if there is no such entry.
	 */
	BH_RECOVERY_READ = 2,
	/*
	 * Drop all entries and keep the payload as the only one (entry 0), in
	 * one step: how a log is compacted.  An empty payload empties the log.
	 * Completion as for BH_RECOVERY_APPEND.
	 */
	BH_RECOVERY_REPLACE = 3,
};

#define BH_RECOVERY_ENTRY_MAX 32768u

#endif
