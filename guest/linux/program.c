/* SPDX-License-Identifier: ISC */

/*
 * The program: found, loaded, given its stack, entered.  What the boot
 * arguments say is what execve(2) would get; there is one program in the life
 * of a guest.
 */

#include "guest/linux/arch.h"
#include "guest/linux/areas.h"
#include "guest/linux/elf.h"
#include "guest/linux/internal.h"
#include "guest/linux/vfs.h"

#define STACK_SIZE (UINT64_C(8) << 20)
#define STACK_GUARD (UINT64_C(1) << 20) /* as Linux keeps it free */
#define STACK_SKEW  (UINT64_C(1) << 20) /* its upper end is random within this */

/* Boot strings of the environment that are not the program's. */
#define KERNEL_OPTION "bh."
#define START_OPTION  "bh.start."

/* Ends of bh run's own when a program cannot be started, as a shell has them. */
enum {
	EXIT_CANNOT_EXECUTE = 126,
	EXIT_NOT_FOUND = 127,
};

/* Auxiliary vector: uapi/linux/auxvec.h. */
enum {
	AT_NULL = 0,
	AT_PHDR = 3,
	AT_PHENT = 4,
	AT_PHNUM = 5,
	AT_PAGESZ = 6,
	AT_BASE = 7,
	AT_FLAGS = 8,
	AT_ENTRY = 9,
	AT_UID = 11,
	AT_EUID = 12,
	AT_GID = 13,
	AT_EGID = 14,
	AT_PLATFORM = 15,
	AT_HWCAP = 16,
	AT_CLKTCK = 17,
	AT_SECURE = 23,
	AT_RANDOM = 25,
	AT_HWCAP2 = 26,
	AT_EXECFN = 31,
	AT_SYSINFO_EHDR = 33,
};

struct stack {
	uint64_t pointer; /* moves down */
	bool failed;
};

static uint64_t push(struct stack *stack, const void *bytes, size_t size)
{
	stack->pointer -= size;
	if (user_write(stack->pointer, bytes, size))
		stack->failed = true;
	return stack->pointer;
}

/* Strings back to back in kernel memory, and where the program has them. */
struct strings {
	char *text;
	size_t size;
	uint32_t count;
	uint64_t address;
};

/* Given to the program for the start of its C library. */
static struct strings start_variables;
static uint64_t start_pointers; /* where the program has pointers to them */

typedef const char *chooser(const char *text);

static const char *any(const char *text)
{
	return text;
}

static const char *of_program(const char *text)
{
	return strncmp(text, KERNEL_OPTION, strlen(KERNEL_OPTION)) ? text : NULL;
}

static const char *of_start(const char *text)
{
	size_t size = strlen(START_OPTION);

	return strncmp(text, START_OPTION, size) ? NULL : text + size;
}

/* What CHOOSE makes of each of COUNT boot strings from FIRST on; NULL: none. */
static void gather(struct strings *strings, uint64_t first, uint32_t count,
                   chooser *choose)
{
	const char *begin = (const char *)(uintptr_t)first, *p = begin;

	for (uint32_t i = 0; i < count; i++)
		p += strlen(p) + 1;
	*strings = (struct strings){
	        .text = memory_allocate((size_t)(p - begin) + 1)};
	if (!strings->text)
		panic("no memory for the arguments");
	p = begin;
	for (uint32_t i = 0; i < count; i++, p += strlen(p) + 1) {
		const char *chosen = choose(p);

		if (!chosen)
			continue;
		memcpy(strings->text + strings->size, chosen,
		       strlen(chosen) + 1);
		strings->size += strlen(chosen) + 1;
		strings->count++;
	}
}

static void push_strings(struct stack *stack, struct strings *strings)
{
	strings->address = push(stack, strings->text, strings->size);
}

/* Pointers to the strings where the program has them; returns what follows. */
static uint64_t *put_pointers(uint64_t *table, const struct strings *strings)
{
	uint64_t at = 0;

	for (uint32_t i = 0; i < strings->count; i++) {
		*table++ = strings->address + at;
		at += strlen(strings->text + at) + 1;
	}
	return table;
}

static void add_auxiliary(uint64_t type, uint64_t value)
{
	process.auxiliary[process.auxiliary_count++] = type;
	process.auxiliary[process.auxiliary_count++] = value;
}

static void make_auxiliary(struct stack *stack, const struct elf_image *image,
                           uint64_t interpreter)
{
	static const char platform[] = ARCH_PLATFORM;
	uint64_t random[2] = {layout_random(), layout_random()};

	add_auxiliary(AT_HWCAP, arch_hwcap());
	add_auxiliary(AT_PAGESZ, PAGE_SIZE);
	add_auxiliary(AT_CLKTCK, 100);
	add_auxiliary(AT_PHDR, image->headers);
	add_auxiliary(AT_PHENT, ELF_PROGRAM_HEADER_SIZE);
	add_auxiliary(AT_PHNUM, image->header_count);
	add_auxiliary(AT_BASE, interpreter);
	add_auxiliary(AT_FLAGS, 0);
	add_auxiliary(AT_ENTRY, image->entry);
	add_auxiliary(AT_UID, process.uid);
	add_auxiliary(AT_EUID, process.euid);
	add_auxiliary(AT_GID, process.gid);
	add_auxiliary(AT_EGID, process.egid);
	add_auxiliary(AT_SECURE, 0);
	add_auxiliary(AT_RANDOM, push(stack, random, sizeof(random)));
	add_auxiliary(AT_HWCAP2, arch_hwcap2);
	add_auxiliary(AT_EXECFN, push(stack, process.executable,
	                              strlen(process.executable) + 1));
	add_auxiliary(AT_PLATFORM, push(stack, platform, sizeof(platform)));
	add_auxiliary(AT_SYSINFO_EHDR, vdso_map());
	add_auxiliary(AT_NULL, 0);
}

/* Maps the stack; where its upper end is is random. */
static uint64_t map_stack(void)
{
	uint64_t skew = layout_random() % (STACK_SKEW / 16) * 16;
	uint64_t size = STACK_GUARD + STACK_SIZE + STACK_SKEW;
	uint64_t start = mm_place(size);

	if (!start ||
	    mm_map_named(start, STACK_GUARD, 0, NULL) < 0 ||
	    mm_map_named(start + STACK_GUARD, STACK_SIZE + STACK_SKEW,
	                 MM_READ | MM_WRITE, "[stack]") < 0)
		panic("no memory for the stack");
	return start + size - skew - 16;
}

/* argc, argv, the environment and the auxiliary vector, at an address that is
 * aligned as that of a stack has to be. */
static uint64_t push_table(struct stack *stack, const struct strings *arguments,
                           const struct strings *environment)
{
	uint64_t words = 1 + arguments->count + 1 + environment->count +
	                 start_variables.count + 1 + process.auxiliary_count;
	uint64_t *table = memory_zeroed(words * sizeof(*table)), *p = table;
	uint64_t address;

	if (!table)
		panic("no memory for the arguments");
	*p++ = arguments->count;
	p = put_pointers(p, arguments) + 1;
	p = put_pointers(p, environment);
	p = put_pointers(p, &start_variables) + 1;
	memcpy(p, process.auxiliary,
	       process.auxiliary_count * sizeof(*table));
	stack->pointer =
	        ((stack->pointer - words * sizeof(*table)) & ~UINT64_C(15)) +
	        words * sizeof(*table);
	address = push(stack, table, words * sizeof(*table));
	start_pointers = address + (2 + arguments->count + environment->count) *
	                                   sizeof(*table);
	memory_free(table);
	return address;
}

/* The stack as a program finds it: System V ABI, "Process Initialization". */
static uint64_t make_stack(const struct elf_image *image, uint64_t interpreter)
{
	struct stack stack = {.pointer = map_stack()};
	struct strings arguments, environment;

	gather(&arguments, boot->arguments, boot->argument_count, any);
	gather(&environment, boot->environment, boot->environment_count,
	       of_program);
	gather(&start_variables, boot->environment, boot->environment_count,
	       of_start);
	push_strings(&stack, &start_variables);
	push_strings(&stack, &environment);
	push_strings(&stack, &arguments);
	process.arguments = arguments.text;
	process.arguments_size = arguments.size;
	process.environment = environment.text;
	process.environment_size = environment.size;
	make_auxiliary(&stack, image, interpreter);
	process.stack_start = push_table(&stack, &arguments, &environment);
	if (stack.failed)
		panic("arguments and environment do not fit the stack");
	return process.stack_start;
}

/*
 * Their values may differ between variants; their names do not.  glibc 2.36 lets
 * its environment point to a copy of what it has read.
 */
void program_libc_started(void)
{
	uint64_t at = 0;

	for (uint32_t i = 0; i < start_variables.count; i++) {
		const char *text = start_variables.text + at;
		const char *equals = strchr(text, '=');
		uint64_t value = equals ? (uint64_t)(equals + 1 - text) : 0;
		uint64_t address = start_variables.address + at;

		user_zero(address + value, strlen(text) - value);
		user_write(start_pointers + i * sizeof(address), &address,
		           sizeof(address));
		at += strlen(text) + 1;
	}
	start_variables.count = 0;
}

/* ------------------------------------------------------------- the files */

static void __attribute__((noreturn)) cannot_start(const char *path, int error)
{
	if (error == -ENOENT)
		log_line("%s: no such file in the image", path);
	else if (error == -ENOEXEC)
		log_line("%s: not a program for this instruction set", path);
	else
		log_line("%s: cannot be started: error %d", path, -error);
	channel_exit(error == -ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_EXECUTE);
}

static struct file *open_program(const char *path)
{
	struct file *file = NULL;
	int r = vfs_open(AT_FDCWD, path, O_RDONLY, 0, &file);

	if (r)
		cannot_start(path, r);
	return file;
}

static void open_console(void)
{
	static const char *const paths[] = {"/dev/console", "/dev/console",
	                                    "/dev/console-error"};
	struct file *file;

	for (int i = 0; i < 3; i++) {
		if (vfs_open(AT_FDCWD, paths[i], O_RDWR, 0, &file))
			panic("no /dev/console");
		descriptor_install(file, false, i);
	}
}

/* After volumes are mounted, since it may lie on one. */
static void enter_workdir(void)
{
	const char *path = boot_option("workdir");
	struct place place = {0};
	int r;

	if (!path)
		return;
	r = vfs_walk(AT_FDCWD, path, true, &place);
	if (!r && (!place.inode || !mode_is(place.inode->mode, S_IFDIR)))
		r = -ENOTDIR;
	if (r)
		cannot_start(path, r);
	vfs_set_current(&place);
}

static void refuse_script(struct file *file, const char *path)
{
	char start[2];

	if (file_read_at(file, start, sizeof(start), 0) == sizeof(start) &&
	    start[0] == '#' && start[1] == '!') {
		log_line("%s: a script; name its interpreter as the program",
		         path);
		channel_exit(EXIT_CANNOT_EXECUTE);
	}
}

/* As much as there is from the end of the data on, or from a random place. */
static void place_break(const struct elf_image *image)
{
	uint64_t gap = (layout_random() & 0xfff) * PAGE_SIZE;

	if (!arena_holds(image->end + gap, PAGE_SIZE))
		gap = 0;
	mm_set_break(image->end + gap);
}

static void set_name(const char *path)
{
	const char *name = strrchr(path, '/');

	format(task_current->name, sizeof(task_current->name), "%s",
	       name ? name + 1 : path);
}

void program_start(void)
{
	const char *path = (const char *)(uintptr_t)boot->arguments;
	struct bh_upcall_frame *frame = task_current->frame;
	struct elf_image image, interpreter = {0};
	struct file *file;
	int r;

	if (boot->argument_count == 0)
		cannot_start("no program named", -ENOENT);
	process_start();
	open_console();
	enter_workdir();
	file = open_program(path);
	refuse_script(file, path);
	process.executable = string_copy(file->path ? file->path : path);
	set_name(path);
	r = elf_load(file, false, &image);
	file_release(file);
	if (r)
		cannot_start(path, r);
	if (image.interpreter[0]) {
		file = open_program(image.interpreter);
		r = elf_load(file, true, &interpreter);
		file_release(file);
		if (r)
			cannot_start(image.interpreter, r);
	}
	place_break(&image);
	memset(frame, 0, sizeof(*frame));
	frame->registers[ARCH_STACK] = make_stack(&image, interpreter.base);
	frame->pc = image.interpreter[0] ? interpreter.entry : image.entry;
	task_enter_program();
}
