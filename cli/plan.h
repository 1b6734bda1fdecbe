/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_PLAN_H
#define BH_CLI_PLAN_H

/*
 * The plan: everything that `bh run` is going to start, in one structure,
 * whether it was said by options or by a manifest.  It is filled, then checked
 * once by plan_complete(), then only read.
 */

#include <stdbool.h>
#include <stdint.h>

#include "abi/base.h"
#include "abi/cell.h"
#include "problem.h"

#define PLAN_MEMORY_DEFAULT (UINT64_C(64) << 20)
#define PLAN_PROGRAM_DEFAULT (UINT64_C(1) << 30) /* of a Linux program */
#define PLAN_STACK_DEFAULT  (UINT64_C(1) << 20)
#define PLAN_MEMORY_MAX     (UINT64_C(64) << 30)
/* Of a domain with an arena: its parts, and the heap of the guest, which is a
 * kernel.  Pages that nobody touches cost nothing. */
#define PLAN_ARENA_LOW   (UINT64_C(256) << 20)
#define PLAN_ARENA_HIGH  (UINT64_C(64) << 30)
#define PLAN_ARENA_MAX   (UINT64_C(128) << 30)
#define PLAN_KERNEL_HEAP (UINT64_C(1) << 30)
#define PLAN_STACK_MAX      (UINT64_C(1) << 30)
#define PLAN_RECOVERY_MAX   (UINT64_C(256) << 20)
#define PLAN_PAST_DEFAULT   (UINT64_C(256) << 20)
#define PLAN_PAST_MAX       ((uint64_t)BH_PAST_MIB_MAX << 20)
#define PLAN_DEADLINE_MAX   (UINT64_C(3600) * 1000)

/* After the first variant the others have this long, plus a multiple of what
 * the first one took: an emulated variant is tens of times slower. */
#define PLAN_DEADLINE_NS (UINT64_C(5) * 1000 * 1000 * 1000)
#define PLAN_SLACK       64u

/* Responses that restart: so many verdicts within so many seconds are too many. */
#define PLAN_RESTART_LIMIT      5u
#define PLAN_RESTART_WINDOW     60u
#define PLAN_RESTART_WINDOW_MAX 86400u

/* Buffers of guests that speak with devices, and of devices. */
#define PLAN_BUFFER_LARGE (UINT32_C(1) << 20)

struct device_kind; /* device.h */

struct plan_variant {
	enum bh_isa isa;        /* NONE: taken from the image */
	enum bh_core_kind core; /* ANY: the best one, chosen by completion */
	char *image;            /* path, owned */
	char *root; /* path of the root image, owned; NULL: none */
	char *kept; /* path of its kept translations, likewise */
	const char *allocator; /* library to preload; "": none; NULL: nothing is
	                          preloaded anywhere */
};

/* A folder of the host for a guest (cli/volume.c). */
struct plan_volume {
	char *host;  /* path, owned */
	char *guest; /* absolute path, owned */
	bool read_only;
};

#define PLAN_VOLUMES_MAX 8u

/* Strings that are owned, in order. */
struct plan_strings {
	char **items;
	unsigned count;
};

struct plan_domain {
	char name[BH_NAME_SIZE];
	const struct device_kind *device; /* a device process; NULL: a guest */
	unsigned serves; /* devices: index of the domain */
	unsigned purpose; /* devices: which of that domain's volumes */
	char *set; /* directory with one image per ISA, or NULL */
	char *linux_image; /* instead: folder of an image (bh-image(1)) that
	                      the Linux personality runs */
	const char *kept_unfit; /* why its kept translations are not used */
	char *workdir; /* of a Linux program; NULL: the image's */
	char *user;
	char *hostname;
	unsigned diversity; /* DIVERSITY_* (diversity.h) */
	bool service;
	bool restart;
	bool quiet;             /* no console: output is discarded */
	bool signals;           /* signals to bh become BH_CONTROL_SIGNAL */
	enum bh_core_kind core; /* preferred by variants that name none */
	enum bh_response response;
	uint32_t restart_limit;  /* of responses that restart */
	uint64_t restart_window; /* seconds */
	uint64_t past; /* of responses that vote: bytes that a fresh variant is
	                  brought with to where the others are; 0: none comes */
	uint64_t deadline; /* ms; 0: the default rule above */
	uint64_t memory; /* what a program may use; 0: the default */
	uint64_t stack;
	uint64_t recovery;
	/* An arena for a guest that is a kernel (abi/boot.h); implied by a root
	 * image.  Its program's memory then is the arena's limit. */
	bool arena;
	uint64_t arena_high; /* its large part; 0: the default, or none */
	struct plan_strings arguments; /* argv[0] first */
	struct plan_strings environment;
	unsigned volume_count;
	struct plan_volume volumes[PLAN_VOLUMES_MAX];
	struct plan_strings publish; /* as net_parse_publish() takes them */
	struct plan_strings connect; /* as net_parse_connect() takes them */
	unsigned isa_count; /* pick these from the set; 0: all that are there */
	struct plan_variant isas[BH_MAX_VARIANTS];
	unsigned variant_count;
	struct plan_variant variants[BH_MAX_VARIANTS];
	/* Filled by plan_complete(). */
	uint32_t buffer_size;   /* of submission and completion each */
	uint64_t heap;
	uint64_t arena_low;
	uint64_t memory_limit;
	struct bh_channel_info channels[BH_MAX_CHANNELS];
	unsigned channel_count;
};

struct plan_connection {
	char name[BH_NAME_SIZE];
	unsigned client; /* index of the domain */
	unsigned server;
	enum bh_protocol protocol; /* SERVICE, or a device's */
	uint32_t credit;
	/* Filled by plan_complete(). */
	uint16_t client_channel;
	uint16_t server_channel;
};

struct plan {
	struct plan_domain domains[BH_MAX_DOMAINS];
	unsigned domain_count;
	struct plan_connection connections[BH_MAX_CONNECTIONS];
	unsigned connection_count;
	bool seeded;
	uint64_t seed;
	char *report; /* path or NULL */
	char *trace;  /* path or NULL */
	char *log;    /* path or NULL: a copy of what the terminal's domain writes */
	bool json;
	bool summary; /* say at the end who agreed on how much */
	unsigned terminal; /* domain that owns stdin and stdout */
};

/* Sets the defaults of a domain. */
void plan_domain_init(struct plan_domain *domain);
void plan_domain_release(struct plan_domain *domain);
void plan_free(struct plan *plan);

/* Appends a copy; the caller checks the total with plan_complete(). */
void plan_strings_add(struct plan_strings *strings, const char *text);
void plan_strings_release(struct plan_strings *strings);

/* Parses "ISA" or "ISA:CORE" into VARIANT, which keeps its image. */
int plan_parse_isa(struct plan_variant *variant, const char *text,
                   struct problem *problem);

/* Parses "halt", "report", "restart", "vote" or "vote+restart". */
int plan_parse_response(enum bh_response *response, const char *text,
                        struct problem *problem);
/* Parses "N/SECONDS".  WHAT names it in the message. */
int plan_parse_restart_limit(struct plan_domain *domain, const char *text,
                             const char *what, struct problem *problem);
bool plan_restarts(const struct plan_domain *domain);
/* Parses what `past` is: a size, or "off". */
int plan_parse_past(struct plan_domain *domain, const char *text,
                    const char *what, struct problem *problem);

bool plan_votes(const struct plan_domain *domain);

/*
 * Parses a size: a decimal number with K, M or G (powers of 1024), rounded up
 * to pages.  WHAT names it in the message.
 */
int plan_parse_size(const char *text, uint64_t max, const char *what,
                    uint64_t *size, struct problem *problem);
/* Parses a decimal number from MIN to MAX. */
int plan_parse_number(const char *text, uint64_t min, uint64_t max,
                      const char *what, uint64_t *number,
                      struct problem *problem);

/*
 * Copies NAME if it is fit for a domain or a channel: 1 to 31 of a-z, A-Z,
 * 0-9, '-', '_', '.'.
 */
int plan_set_name(char copy[BH_NAME_SIZE], const char *name, const char *what,
                  struct problem *problem);

/*
 * Finds the images of every domain, chooses cores, builds the channel tables,
 * and checks the whole against the limits of the contracts.
 */
int plan_complete(struct plan *plan, struct problem *problem);

/* image_plan.c: completes a domain that runs a program of domain->linux_image: its
 * kernels and measured root images, its command, its memory. */
int image_plan(struct plan_domain *domain, struct problem *problem);

/*
 * Adds a device that serves GUEST, and the channel NAME to it.  Returns the
 * index of the device's domain or -1.
 */
int plan_add_device(struct plan *plan, unsigned guest,
                    const struct device_kind *kind, const char *name,
                    uint32_t credit, struct problem *problem);

/* images.c: looks for the images of a domain. */
int plan_find_images(struct plan_domain *domain, struct problem *problem);
/* Reads the ISA from an ELF header; NONE with the reason in problem. */
enum bh_isa image_isa(const char *path, struct problem *problem);

#endif
