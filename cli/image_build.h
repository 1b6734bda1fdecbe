/* SPDX-License-Identifier: ISC */
#ifndef BH_CLI_IMAGE_BUILD_H
#define BH_CLI_IMAGE_BUILD_H

/*
 * `bh image build`: from packages, from folders or from single programs to a
 * folder with one EROFS root image per instruction set and an image.yaml.
 *
 * All is built in a hidden folder beside the result, which takes its name only
 * when it is complete.
 */

#include <stdbool.h>

#include "abi/base.h"
#include "image_versions.h"
#include "image_yaml.h"
#include "plan.h"
#include "problem.h"
#include "measure.h"

#define IMAGE_ISAS_MAX   3u
#define IMAGE_COPIES_MAX 64u

/* Where the root of one instruction set comes from. */
struct image_source {
	enum bh_isa isa;
	char *from; /* --root: folder; --static: program; packages: NULL */
	/* Filled by the build. */
	char *tree; /* what becomes the root */
	char sha256[SHA256_TEXT];
	unsigned long long size;
	struct image_packages packages;
};

struct image_copy {
	char *from;
	char *to; /* absolute, in the image */
};

enum image_kind {
	IMAGE_NONE,
	IMAGE_PACKAGES,
	IMAGE_ROOTS,
	IMAGE_STATIC,
};

struct image_build {
	enum image_kind kind;
	char *suite;
	char *mirror; /* NULL: the one that the system uses */
	struct plan_strings include;
	struct image_copy copies[IMAGE_COPIES_MAX];
	unsigned copy_count;
	struct image_source
	        sources[IMAGE_ISAS_MAX]; /* in the order of the ISAs */
	unsigned source_count;
	struct plan_strings command;
	struct plan_strings environment;
	char *workdir;
	char *name;
	char *output;
	char *cache;
	bool allow_skew;
	bool offline;
	bool translate; /* and keep the translations in the image */
	/* Filled by the build. */
	char *temporary; /* the hidden folder */
};

/* image_options.c: 1 if only help was wanted. */
int image_options(int argc, char **argv, struct image_build *build,
                  struct problem *problem);
void image_build_release(struct image_build *build);

/* image_build.c */
int image_build(struct image_build *build, struct problem *problem);

/* image_apt.c: downloads the packages of all sources and unpacks them into
 * their trees; fills their lists of packages. */
int image_fetch(struct image_build *build, struct problem *problem);
/* Debian's name of an instruction set: "amd64", ... */
const char *image_architecture(enum bh_isa isa);
enum bh_isa image_isa_of_architecture(const char *architecture);

/* image_unpack.c: unpacks one package file into a tree. */
int image_unpack(const char *package, const char *tree,
                 struct problem *problem);

/* image_tree.c */
/* Folders, links and files that no package has. */
int image_skeleton(const char *tree, enum bh_isa isa, struct problem *problem);
/* Users, host names: what is not there yet. */
int image_defaults(const char *tree, struct problem *problem);
/* Copies a file or folder to an absolute path of the tree; links in the tree
 * are followed within it. */
int image_copy_in(const char *tree, const char *from, const char *to,
                  struct problem *problem);
/* Makes a folder with those above it. */
int image_make_folder(const char *path, struct problem *problem);
/* Removes a folder with all that is in it; what cannot be removed stays. */
void image_remove(const char *path);

/* image_times.c: gives files whose times differ between the trees, or that
 * were made during the build, one fixed time; *latest is the latest of all. */
int image_normalise_times(const struct image_build *build, long long started,
                          long long *latest, struct problem *problem);

/* image_write.c */
/* What a build has made, to be released. */
void image_from_build(struct image *image, const struct image_build *build);
/* The text of image.yaml, to be freed. */
char *image_describe(const struct image *image);
/* Writes FOLDER/image.yaml, or replaces it. */
int image_write(const char *folder, const struct image *image,
                struct problem *problem);

#endif
