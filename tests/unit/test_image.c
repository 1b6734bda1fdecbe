/* SPDX-License-Identifier: ISC */
/* links: cli/image_versions.o cli/image_write.o @plan */
/* libs: -lcyaml -lyaml -lnettle */

/* Images: digests, versions across architectures, and image.yaml, read and
 * written. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/image_build.h"
#include "cli/image_yaml.h"
#include "cli/memory.h"
#include "tests/unit/test.h"

static struct image image;
static struct problem problem;

/* Of a file of COUNT times TEXT. */
static const char *digest(const char *text, unsigned count)
{
	static char digits[SHA256_TEXT];
	char path[] = "/tmp/bh-test-XXXXXX";
	int fd = mkstemp(path);
	FILE *file = fdopen(fd, "w");

	assert_non_null(file);
	while (count--)
		fputs(text, file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(measure_file(path, digits, &problem), 0);
	unlink(path);
	return digits;
}

/* FIPS 180-2, appendix B, and NIST's example of a million bytes. */
static void computes_digests(void **state)
{
	(void)state;
	assert_string_equal(digest("", 1),
	                    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca4"
	                    "95991b7852b855");
	assert_string_equal(digest("abc", 1),
	                    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb4"
	                    "10ff61f20015ad");
	assert_string_equal(digest("a", 1000000),
	                    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e04"
	                    "6d39ccc7112cd0");
}

static void ignores_rebuilds(void **state)
{
	(void)state;
	assert_true(image_versions_equal("1.2-3", "1.2-3"));
	assert_true(image_versions_equal("1.2-3", "1.2-3+b1"));
	assert_true(image_versions_equal("1.2-3+b10", "1.2-3+b2"));
	assert_true(image_versions_equal("1:2+deb13u1+b3", "1:2+deb13u1"));
	assert_false(image_versions_equal("1.2-3", "1.2-4"));
	assert_false(image_versions_equal("1.2-3", "1:1.2-3"));
	assert_false(
	        image_versions_equal("2.41-12+deb13u4", "2.41-12+deb13u5"));
	assert_false(image_versions_equal("1.2-3+b", "1.2-3"));
	assert_false(image_versions_equal("1.2-3+b1x", "1.2-3"));
	assert_false(image_versions_equal("1.2-3b1", "1.2-3"));
	assert_int_equal(image_version_length("+b1"), 3);
	assert_int_equal(image_version_length(""), 0);
	assert_int_equal(image_version_length("12"), 2);
}

static unsigned told;
static char last[64];

static void tell(void *context, unsigned first, const struct image_package *a,
                 unsigned second, const struct image_package *b)
{
	(void)context;
	told++;
	snprintf(last, sizeof(last), "%s %u:%s %u:%s", a->name, first,
	         a->version, second, b->version);
}

static void compares_lists(void **state)
{
	struct image_packages lists[3] = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
	const struct image_packages *all[] = {&lists[0], &lists[1], &lists[2]};

	(void)state;
	image_packages_add(&lists[0], "libc6", "2.41", "amd64");
	image_packages_add(&lists[0], "web", "1.0+b1", "amd64");
	image_packages_add(&lists[1], "web", "1.0", "arm64");
	image_packages_add(&lists[1], "libc6", "2.41+b2", "arm64");
	image_packages_add(&lists[2], "libc6", "2.41", "riscv64");
	image_packages_add(&lists[2], "libatomic1", "14", "riscv64");
	image_packages_add(&lists[2], "web", "1.0", "riscv64");
	told = 0;
	assert_int_equal(image_compare(all, 3, tell, NULL), 0);
	assert_int_equal(told, 0);
	image_packages_release(&lists[2]);
	image_packages_add(&lists[2], "web", "1.1", "riscv64");
	assert_int_equal(image_compare(all, 3, tell, NULL), 1);
	assert_int_equal(told, 1);
	assert_string_equal(last, "web 0:1.0+b1 2:1.1");
	/* What only the second has is compared with the third. */
	image_packages_add(&lists[1], "new", "1", "arm64");
	image_packages_add(&lists[2], "new", "2", "riscv64");
	assert_int_equal(image_compare(all, 3, tell, NULL), 2);
	assert_string_equal(last, "new 1:1 2:2");
	for (unsigned i = 0; i < 3; i++)
		image_packages_release(&lists[i]);
}

static int parse(const char *text)
{
	image_release(&image);
	return image_parse("dir/image.yaml", text, strlen(text), &image,
	                   &problem);
}

static int release(void **state)
{
	(void)state;
	image_release(&image);
	return 0;
}

#define DIGEST                                                                 \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ROOT(isa, file, size)                                                  \
	"  - {isa: " isa ", file: " file ", size: " size ", sha256: " DIGEST   \
	"}\n"
#define KEPT(file, digest)                                                     \
	"  - {isa: riscv64, file: r, size: 1, sha256: " DIGEST ", kept: " file \
	", " digest "}\n"
#define HEAD "format: 1\nname: web\n"
#define GOOD "roots:\n" ROOT("x86_64", "x.erofs", "4096")

static void reads_what_it_writes(void **state)
{
	struct image_build build = {.kind = IMAGE_PACKAGES};
	char name[] = "web", suite[] = "trixie", mirror[] = "http://m/debian";
	char workdir[] = "/srv/a \"b\" \\c\n\x01";
	char *text;

	(void)state;
	build.name = name;
	build.suite = suite;
	build.mirror = mirror;
	build.workdir = workdir;
	plan_strings_add(&build.command, "/bin/web: #1");
	plan_strings_add(&build.command, "- 'x', {y}");
	plan_strings_add(&build.environment, "A=\xc3\xbc \t");
	build.source_count = 2;
	for (unsigned i = 0; i < 2; i++) {
		build.sources[i].isa = i ? BH_ISA_RISCV64 : BH_ISA_X86_64;
		build.sources[i].size = 4096 * (i + 1);
		memcpy(build.sources[i].sha256, DIGEST, SHA256_TEXT);
		image_packages_add(&build.sources[i].packages, "web",
		                   i ? "1:1.0+b1" : "1:1.0",
		                   i ? "riscv64" : "amd64");
	}
	image_packages_add(&build.sources[1].packages, "extra", "2", "riscv64");
	image_from_build(&image, &build);
	image.roots[1].kept = memory_string("r.xlate");
	memcpy(image.roots[1].kept_sha256, DIGEST, SHA256_TEXT);
	text = image_describe(&image);
	assert_int_equal(parse(text), 0);
	free(text);
	assert_string_equal(image.name, "web");
	assert_string_equal(image.suite, "trixie");
	assert_string_equal(image.mirror, "http://m/debian");
	assert_string_equal(image.workdir, workdir);
	assert_int_equal(image.command.count, 2);
	assert_string_equal(image.command.items[0], "/bin/web: #1");
	assert_string_equal(image.command.items[1], "- 'x', {y}");
	assert_string_equal(image.environment.items[0], "A=\xc3\xbc \t");
	assert_int_equal(image.package_count, 2);
	assert_string_equal(image.packages[0].name, "extra");
	assert_string_equal(image.packages[1].version, "1:1.0");
	assert_int_equal(image.packages[1].builds.count, 1);
	assert_string_equal(image.packages[1].builds.items[0],
	                    "riscv64=1:1.0+b1");
	assert_int_equal(image.root_count, 2);
	assert_int_equal(image.roots[1].isa, BH_ISA_RISCV64);
	assert_string_equal(image.roots[1].file, "riscv64.erofs");
	assert_int_equal(image.roots[1].size, 8192);
	assert_null(image.roots[0].kept);
	assert_string_equal(image.roots[1].kept, "r.xlate");
	assert_string_equal(image.roots[1].kept_sha256, DIGEST);
	plan_strings_release(&build.command);
	plan_strings_release(&build.environment);
	for (unsigned i = 0; i < 2; i++)
		image_packages_release(&build.sources[i].packages);
}

static void refuses_what_is_wrong(void **state)
{
	static const struct {
		const char *text;
		const char *reason;
	} bad[] = {
	        {"", "empty"},
	        {"[", ""},
	        {"name: web\n" GOOD, "format"},
	        {"format: 2\nname: web\n" GOOD, "format 2"},
	        {"format: 1\n" GOOD, "name"},
	        {HEAD, "roots"},
	        {HEAD "roots: []\n", "roots"},
	        {HEAD "colour: blue\n" GOOD, "colour"},
	        {HEAD "command: [web]\n" GOOD, "absolute"},
	        {HEAD "workdir: srv\n" GOOD, "absolute"},
	        {HEAD "environment: [A]\n" GOOD, "NAME=VALUE"},
	        {HEAD "environment: ['=b']\n" GOOD, "NAME=VALUE"},
	        {HEAD "roots:\n" ROOT("mips", "x", "1"), "ISA: mips"},
	        {HEAD "roots:\n" ROOT("x86_64", "../x", "1"), "file"},
	        {HEAD "roots:\n" ROOT("x86_64", "/x", "1"), "file"},
	        {HEAD "roots:\n" ROOT("x86_64", "..", "1"), "file"},
	        {HEAD "roots:\n" ROOT("x86_64", "''", "1"), "file"},
	        {HEAD "roots:\n" ROOT("x86_64", "x", "0"), "size"},
	        {HEAD "roots:\n" ROOT("x86_64", "x", "-1"), "size"},
	        {HEAD GOOD ROOT("x86_64", "y", "1"), "twice"},
	        {HEAD "roots:\n  - {isa: x86_64, file: x, size: 1, sha256: "
	              "00}\n",
	         "sha256"},
	        {HEAD "roots:\n" KEPT("../x", "kept_sha256: " DIGEST), "kept"},
	        {HEAD "roots:\n" KEPT("x", "kept_sha256: 00"), "kept_sha256"},
	        {HEAD "roots:\n" KEPT("x", "suffix: 0"), "suffix"},
	};

	(void)state;
	assert_int_equal(parse(HEAD GOOD), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		problem.text[0] = 0;
		if (parse(bad[i].text) == 0)
			fail_msg("accepted: %s", bad[i].text);
		if (strncmp(problem.text, "dir/image.yaml:", 15) != 0 ||
		    !strstr(problem.text, bad[i].reason) ||
		    strchr(problem.text, '\n'))
			fail_msg("%s: %s", bad[i].text, problem.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(computes_digests),
	        cmocka_unit_test(ignores_rebuilds),
	        cmocka_unit_test(compares_lists),
	        cmocka_unit_test_teardown(reads_what_it_writes, release),
	        cmocka_unit_test_teardown(refuses_what_is_wrong, release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
