/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "image_yaml.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "memory.h"
#include "names.h"
#include "schema.h"

#define IMAGE_FILE_MAX    (4u << 20)
#define IMAGE_STRINGS_MAX 256u
#define IMAGE_LISTED_MAX  4096u

/* The file as libcyaml reads it: text only, checked below. */
struct text_root {
	char *isa;
	char *file;
	char *size;
	char *sha256;
	char *kept;
	char *kept_sha256;
};

struct text_package {
	char *name;
	char *version;
	char **builds;
	unsigned builds_count;
};

struct text_image {
	char *format;
	char *name;
	char *suite;
	char *mirror;
	char **command;
	unsigned command_count;
	char **environment;
	unsigned environment_count;
	char *workdir;
	struct text_package *packages;
	unsigned packages_count;
	struct text_root *roots;
	unsigned roots_count;
};

static const cyaml_schema_value_t string_schema = {
        CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 0, CYAML_UNLIMITED),
};

#define TEXT(type, key, flags)                                                 \
	CYAML_FIELD_STRING_PTR(#key, CYAML_FLAG_POINTER | (flags), type, key,  \
	                       0, CYAML_UNLIMITED)
#define LIST(type, key, schema, max)                                           \
	CYAML_FIELD_SEQUENCE(#key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,   \
	                     type, key, schema, 0, max)

static const cyaml_schema_field_t root_fields[] = {
        TEXT(struct text_root, isa, 0),
        TEXT(struct text_root, file, 0),
        TEXT(struct text_root, size, 0),
        TEXT(struct text_root, sha256, 0),
        TEXT(struct text_root, kept, CYAML_FLAG_OPTIONAL),
        TEXT(struct text_root, kept_sha256, CYAML_FLAG_OPTIONAL),
        CYAML_FIELD_END,
};

static const cyaml_schema_value_t root_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct text_root, root_fields),
};

static const cyaml_schema_field_t package_fields[] = {
        TEXT(struct text_package, name, 0),
        TEXT(struct text_package, version, 0),
        LIST(struct text_package, builds, &string_schema, IMAGE_ROOTS_MAX),
        CYAML_FIELD_END,
};

static const cyaml_schema_value_t package_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct text_package,
                            package_fields),
};

static const cyaml_schema_field_t image_fields[] = {
        TEXT(struct text_image, format, 0),
        TEXT(struct text_image, name, 0),
        TEXT(struct text_image, suite, CYAML_FLAG_OPTIONAL),
        TEXT(struct text_image, mirror, CYAML_FLAG_OPTIONAL),
        LIST(struct text_image, command, &string_schema, IMAGE_STRINGS_MAX),
        LIST(struct text_image, environment, &string_schema, IMAGE_STRINGS_MAX),
        TEXT(struct text_image, workdir, CYAML_FLAG_OPTIONAL),
        LIST(struct text_image, packages, &package_schema, IMAGE_LISTED_MAX),
        LIST(struct text_image, roots, &root_schema, IMAGE_ROOTS_MAX),
        CYAML_FIELD_END,
};

static const cyaml_schema_value_t image_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct text_image,
                            image_fields),
};

static void copy_strings(struct plan_strings *to, char *const *from,
                         unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		plan_strings_add(to, from[i]);
}

static char *copy_string(const char *text)
{
	return text ? memory_string(text) : NULL;
}

/* A name in the folder: it must not lead out of it. */
static bool is_file_name(const char *name)
{
	return name[0] && name[0] != '.' && !strchr(name, '/') &&
	       strlen(name) < 256;
}

static bool is_digest(const char *text)
{
	return strlen(text) == SHA256_TEXT - 1 &&
	       strspn(text, "0123456789abcdef") == SHA256_TEXT - 1;
}

/* The translations that are kept beside a root, if there are. */
static int read_kept(const char *path, const struct text_root *from,
                     struct image_root *root, struct problem *problem)
{
	if (!from->kept && !from->kept_sha256)
		return 0;
	if (!from->kept || !is_file_name(from->kept))
		return problem_set(problem,
		                   "%s: roots: kept of %s is not the name of a "
		                   "file in the folder",
		                   path, isa_name(root->isa));
	if (!from->kept_sha256 || !is_digest(from->kept_sha256))
		return problem_set(problem,
		                   "%s: roots: kept_sha256 of %s is not 64 "
		                   "hexadecimal digits",
		                   path, isa_name(root->isa));
	root->kept = memory_string(from->kept);
	memcpy(root->kept_sha256, from->kept_sha256, SHA256_TEXT);
	return 0;
}

static int read_root(const char *path, const struct text_root *from,
                     struct image *image, struct problem *problem)
{
	struct image_root *root = &image->roots[image->root_count];
	uint64_t size;

	root->isa = isa_from_name(from->isa);
	if (root->isa == BH_ISA_NONE)
		return problem_set(problem, "%s: roots: no such ISA: %.40s",
		                   path, from->isa);
	for (unsigned i = 0; i < image->root_count; i++)
		if (image->roots[i].isa == root->isa)
			return problem_set(problem, "%s: roots: %s twice", path,
			                   isa_name(root->isa));
	if (!is_file_name(from->file))
		return problem_set(problem,
		                   "%s: roots: '%.200s' is not the name of a "
		                   "file in the folder",
		                   path, from->file);
	if (!is_digest(from->sha256))
		return problem_set(problem,
		                   "%s: roots: sha256 of %s is not 64 "
		                   "hexadecimal digits",
		                   path, isa_name(root->isa));
	if (plan_parse_number(from->size, 1, (uint64_t)1 << 40, "size", &size,
	                      problem)) {
		struct problem what = *problem;

		return problem_set(problem, "%s: roots: %.300s", path,
		                   what.text);
	}
	root->file = memory_string(from->file);
	root->size = size;
	memcpy(root->sha256, from->sha256, SHA256_TEXT);
	image->root_count++;
	return read_kept(path, from, root, problem);
}

static int check_texts(const char *path, const struct text_image *from,
                       struct problem *problem)
{
	if (strcmp(from->format, "1") != 0)
		return problem_set(problem,
		                   "%s: format %.20s is not known: this bh "
		                   "reads format %u",
		                   path, from->format, IMAGE_FORMAT);
	if (from->command_count && from->command[0][0] != '/')
		return problem_set(problem,
		                   "%s: command: '%.200s' is not an absolute "
		                   "path",
		                   path, from->command[0]);
	if (from->workdir && from->workdir[0] != '/')
		return problem_set(problem,
		                   "%s: workdir: '%.200s' is not an absolute "
		                   "path",
		                   path, from->workdir);
	for (unsigned i = 0; i < from->environment_count; i++)
		if (!strchr(from->environment[i], '=') ||
		    from->environment[i][0] == '=')
			return problem_set(problem,
			                   "%s: environment: '%.200s' is not "
			                   "NAME=VALUE",
			                   path, from->environment[i]);
	if (!from->roots_count)
		return problem_set(problem, "%s: roots: there is none", path);
	return 0;
}

static int read_image(const char *path, const struct text_image *from,
                      struct image *image, struct problem *problem)
{
	if (check_texts(path, from, problem))
		return -1;
	image->name = copy_string(from->name);
	image->suite = copy_string(from->suite);
	image->mirror = copy_string(from->mirror);
	image->workdir = copy_string(from->workdir);
	copy_strings(&image->command, from->command, from->command_count);
	copy_strings(&image->environment, from->environment,
	             from->environment_count);
	if (from->packages_count)
		image->packages = memory_new(from->packages_count,
		                             sizeof(struct image_listed));
	for (unsigned i = 0; i < from->packages_count; i++) {
		struct image_listed *to =
		        &image->packages[image->package_count++];

		to->name = copy_string(from->packages[i].name);
		to->version = copy_string(from->packages[i].version);
		copy_strings(&to->builds, from->packages[i].builds,
		             from->packages[i].builds_count);
	}
	for (unsigned i = 0; i < from->roots_count; i++)
		if (read_root(path, &from->roots[i], image, problem))
			return -1;
	return 0;
}

int image_parse(const char *path, const void *text, size_t size,
                struct image *image, struct problem *problem)
{
	void *data;
	int r;

	*image = (struct image){.name = NULL};
	r = schema_load(path, "description of the image", text, size,
	                &image_schema, &data, problem);
	if (r)
		return r;
	r = read_image(path, data, image, problem);
	schema_free(&image_schema, data);
	return r;
}

static char *file_of(const char *folder)
{
	return memory_format("%s/%s", folder, IMAGE_FILE);
}

bool image_is_folder(const char *path)
{
	BH_AUTO_FREE char *file = file_of(path);

	return access(file, F_OK) == 0;
}

int image_load(const char *folder, struct image *image, struct problem *problem)
{
	BH_AUTO_FREE char *path = file_of(folder);
	BH_AUTO_CLOSE int fd =
	        open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	BH_AUTO_FREE char *text = NULL;
	struct stat status;
	ssize_t n;

	*image = (struct image){.name = NULL};
	if (fd < 0 || fstat(fd, &status))
		return problem_errno(problem, errno, "%s", path);
	if (!S_ISREG(status.st_mode) || status.st_size > IMAGE_FILE_MAX)
		return problem_set(problem,
		                   "%s: not a file of at most %u bytes", path,
		                   IMAGE_FILE_MAX);
	text = memory_new(1, (size_t)status.st_size + 1);
	n = read(fd, text, (size_t)status.st_size);
	if (n != status.st_size)
		return problem_errno(problem, n < 0 ? errno : EIO, "%s", path);
	return image_parse(path, text, (size_t)n, image, problem);
}

void image_release(struct image *image)
{
	free(image->name);
	free(image->suite);
	free(image->mirror);
	free(image->workdir);
	plan_strings_release(&image->command);
	plan_strings_release(&image->environment);
	for (unsigned i = 0; i < image->package_count; i++) {
		free(image->packages[i].name);
		free(image->packages[i].version);
		plan_strings_release(&image->packages[i].builds);
	}
	free(image->packages);
	for (unsigned i = 0; i < image->root_count; i++) {
		free(image->roots[i].file);
		free(image->roots[i].kept);
	}
	*image = (struct image){.name = NULL};
}
