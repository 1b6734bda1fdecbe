/* SPDX-License-Identifier: ISC */
#ifndef BH_ABI_CELL_H
#define BH_ABI_CELL_H

/*
 * How the launcher starts exo, and what the two say to each other afterwards.
 *
 * The launcher (the `bh run` process) reads manifests, opens files, creates
 * areas and doorbells, and starts, signals and reaps processes.  exo holds the
 * messages and the verdicts.  exo receives all descriptors it will ever have
 * when it starts; areas and doorbells are used again when a domain is
 * restarted.
 */

#include "base.h"
#include "boot.h"
#include "protocol/console.h"

enum bh_exo_fd {
	BH_EXO_FD_CELL = 3,    /* struct bh_cell, read once */
	BH_EXO_FD_CONTROL = 4, /* a SOCK_SEQPACKET socket to the launcher */
	BH_EXO_FD_REPORT = 5,  /* a memfd that raw reports are written to */
	BH_EXO_FD_TRACE = 6,   /* a file that the trace goes to; may be absent */
	BH_EXO_FD_FIRST = 8,   /* areas, doorbells and console ends */
};

enum bh_response {
	BH_RESPONSE_HALT = 0,   /* a divergence stops the domain */
	BH_RESPONSE_REPORT = 1, /* research: report it, drop the variants that
	                           differ from the first, go on */
	BH_RESPONSE_RESTART = 2, /* start all variants again, after a delay that
	                           grows; see restart_limit */
	BH_RESPONSE_VOTE = 3,   /* of three variants or more: drop the minority and
	                           go on, else as HALT; see past_mib */
	BH_RESPONSE_VOTE_RESTART = 4, /* the same, else as RESTART */
};

#define BH_RESTART_LIMIT_MAX 64u
#define BH_PAST_MIB_MAX      (1u << 20)

struct bh_cell_variant {
	uint32_t isa;        /* enum bh_isa */
	uint32_t core;       /* enum bh_core_kind */
	int32_t area_fd;     /* memfd, sealed against shrinking and growing */
	int32_t doorbell_fd; /* eventfd, non-blocking: rung towards exo */
	int32_t wake_fd;     /* devices: eventfd, non-blocking, rung by exo as
	                        device.h says; -1: none, a futex is woken */
	uint32_t reserved;
};

/* Flags of a domain. */
#define BH_DOMAIN_SERVICE (UINT32_C(1) << 0) /* the cell does not wait for its
	end; it is stopped when all other domains have ended */
#define BH_DOMAIN_RESTART (UINT32_C(1) << 1) /* started again when killed */
#define BH_DOMAIN_SIGNALS (UINT32_C(1) << 2) /* BH_MESSAGE_SIGNAL becomes
	BH_CONTROL_SIGNAL; without it, stopping the cell is all there is */
#define BH_DOMAIN_DEVICE (UINT32_C(1) << 3) /* a device process (device.h):
	one variant, whose death by any cause is answered as a kill is */

struct bh_cell_domain {
	char name[BH_NAME_SIZE];
	uint32_t flags;
	uint32_t response;        /* enum bh_response */
	uint32_t variant_count;
	uint32_t submission_size;
	uint32_t completion_size;
	uint32_t recovery_size;   /* bytes of recovery memory, 0: none */
	int32_t input_fd;         /* console input, or -1: at its end */
	int32_t output_fd[BH_CONSOLE_STREAMS]; /* console output by its stream,
	                             or -1: discarded; never one twice */
	uint32_t past_mib;        /* responses that vote: MiB of memory that a
	                             fresh variant is brought with to where the
	                             others are, at most BH_PAST_MIB_MAX; 0: nobody
	                             is replaced; other responses: 0 */
	uint64_t deadline;        /* after the first variant has posted, the others
	                             have this long, */
	uint64_t slack;           /* plus so many times what the first one took */
	uint64_t step;            /* no step may take longer than this; BH_NEVER:
	                             no such limit */
	uint32_t channel_count;   /* of the table that the cores hand out too */
	uint32_t restart_limit;   /* responses that restart: so many verdicts, 1 to
	                             BH_RESTART_LIMIT_MAX, */
	struct bh_channel_info channels[BH_MAX_CHANNELS];
	struct bh_cell_variant variants[BH_MAX_VARIANTS];
	uint64_t restart_window;  /* within so many ns end the domain; other
	                             responses: both zero */
};

/* A channel between two domains: domain and channel number of both ends. */
struct bh_cell_connection {
	uint16_t client_domain;
	uint16_t client_channel;
	uint16_t server_domain;
	uint16_t server_channel;
};

#define BH_CELL_MAGIC UINT32_C(0x65636862) /* "bhce" */

/* Flags of a cell. */
#define BH_CELL_SEEDED (UINT32_C(1) << 0) /* entropy comes from `seed` */
#define BH_CELL_TRACE (UINT32_C(1) << 1)  /* BH_EXO_FD_TRACE is open */

struct bh_cell {
	uint32_t magic;   /* BH_CELL_MAGIC */
	uint32_t version; /* BH_ABI_VERSION */
	uint32_t size;    /* sizeof(struct bh_cell) */
	uint32_t flags;
	uint64_t seed;
	uint32_t domain_count;
	uint32_t connection_count;
	uint32_t sandbox; /* BH_CORE_NO_* of abi/core.h, for exo itself */
	uint32_t reserved;
	struct bh_cell_domain domains[BH_MAX_DOMAINS];
	struct bh_cell_connection connections[BH_MAX_CONNECTIONS];
};

BH_ASSERT_SIZE(bh_cell_variant, 24);
BH_ASSERT_SIZE(bh_cell_domain, 1584);
BH_ASSERT_OFFSET(bh_cell_domain, flags, 32);
BH_ASSERT_OFFSET(bh_cell_domain, variant_count, 40);
BH_ASSERT_OFFSET(bh_cell_domain, input_fd, 56);
BH_ASSERT_OFFSET(bh_cell_domain, deadline, 72);
BH_ASSERT_OFFSET(bh_cell_domain, step, 88);
BH_ASSERT_OFFSET(bh_cell_domain, channel_count, 96);
BH_ASSERT_OFFSET(bh_cell_domain, channels, 104);
BH_ASSERT_OFFSET(bh_cell_domain, variants, 1384);
BH_ASSERT_OFFSET(bh_cell_domain, restart_window, 1576);
BH_ASSERT_SIZE(bh_cell_connection, 8);
BH_ASSERT_OFFSET(bh_cell, seed, 16);
BH_ASSERT_OFFSET(bh_cell, domain_count, 24);
BH_ASSERT_OFFSET(bh_cell, sandbox, 32);
BH_ASSERT_OFFSET(bh_cell, domains, 40);
BH_ASSERT_SIZE(bh_cell, 40 + 16 * 1584 + 64 * 8);

/* Messages on BH_EXO_FD_CONTROL, one per packet. */
enum bh_message_type {
	/* exo to launcher */
	BH_MESSAGE_RUNNING = 1,   /* all variants of domain are loaded */
	BH_MESSAGE_REPORT = 2,    /* value: bytes of a report in BH_EXO_FD_REPORT
	                             (report.h); exo writes no other before
	                             BH_MESSAGE_REPORT_TAKEN */
	BH_MESSAGE_SPAWN = 3,     /* start all variants of domain again; all
	                             are dead */
	BH_MESSAGE_KILL = 4,      /* kill variant of domain */
	BH_MESSAGE_INTERRUPT = 5, /* send BH_CORE_SIGNAL_DESCRIBE to it */
	BH_MESSAGE_ERROR = 6,     /* a core could not start; text says why */
	BH_MESSAGE_EXITED = 7,    /* domain's guest exited; value: its status */
	BH_MESSAGE_FINISHED = 8,  /* the cell has ended; value: enum
	                             bh_cell_result << 32 | exit status */
	BH_MESSAGE_RESTARTED = 9, /* domain is back; value: how many times so far;
	                             detail: unanswered requests redelivered */
	BH_MESSAGE_TRACE_LOST = 10, /* the trace could not be written on; value:
	                               errno */
	BH_MESSAGE_DROPPED = 11,  /* variant of domain has been dropped after a
	                             verdict; value: how many go on */
	BH_MESSAGE_GIVEN_UP = 12, /* domain is not started again; value: verdicts;
	                             detail: ns since the first of them */
	BH_MESSAGE_REPLACE = 13,  /* start variant of domain again; it is dead */
	BH_MESSAGE_REPLACED = 14, /* it is one of the set again; value: exchanges
	                             that it relived; detail: ns that it took */
	BH_MESSAGE_NOT_REPLACED = 15, /* its place stays empty; value: enum
	                             bh_irreplaceable; detail: the exchange */
	/* launcher to exo */
	BH_MESSAGE_DEAD = 32,     /* variant's process is gone; value: its wait
	                             status (waitpid(2)) */
	BH_MESSAGE_STOP = 33,     /* end the cell now */
	BH_MESSAGE_REPORT_TAKEN = 34,
	BH_MESSAGE_SIGNAL = 35,   /* for domain; value: enum bh_signal */
};

/* Why nobody takes a dropped variant's place. */
enum bh_irreplaceable {
	BH_IRREPLACEABLE_OLD = 1,       /* its life does not fit into past_mib */
	BH_IRREPLACEABLE_DIFFERENT = 2, /* fresh ones say something else, */
	BH_IRREPLACEABLE_FAULT = 3,     /* or fault or die, */
	BH_IRREPLACEABLE_LATE = 4,      /* or say nothing, in that exchange */
};

enum bh_cell_result {
	BH_RESULT_EXITED = 0,
	BH_RESULT_DIVERGENCE = 1,
	BH_RESULT_FAULT = 2,
	BH_RESULT_DEADLINE = 3,
	BH_RESULT_ERROR = 4, /* set-up; BH_MESSAGE_ERROR came before */
	BH_RESULT_STOPPED = 5,
};

#define BH_MESSAGE_TEXT 512u

struct bh_message {
	uint32_t type;
	uint16_t domain;
	uint16_t variant;
	uint64_t value;
	uint64_t detail;
	char text[BH_MESSAGE_TEXT]; /* zero-terminated */
};

BH_ASSERT_SIZE(bh_message, 536);
BH_ASSERT_OFFSET(bh_message, domain, 4);
BH_ASSERT_OFFSET(bh_message, variant, 6);
BH_ASSERT_OFFSET(bh_message, value, 8);
BH_ASSERT_OFFSET(bh_message, detail, 16);
BH_ASSERT_OFFSET(bh_message, text, 24);

#endif
