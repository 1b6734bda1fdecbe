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

/* Strings back to back, as the boot information has them. */
struct strings {
	const char *first;
	uint32_t count;
	bool skip_options;
};

static bool is_given(const struct strings *strings, const char *text)
{
	return !strings->skip_options || strncmp(text, "bh.", 3);
}

/* Copies the strings to one piece of kernel memory. */
static char *gather(const struct strings *strings, size_t *size,
                    uint32_t *count)
{
	const char *p = strings->first;
	size_t whole = 0;
	char *all;

	for (uint32_t i = 0; i < strings->count; i++) {
		whole += strlen(p) + 1;
		p += strlen(p) + 1;
	}
	all = memory_allocate(whole + 1);
	if (!all)
		panic("no memory for the arguments");
	*size = *count = 0;
	p = strings->first;
	for (uint32_t i = 0; i < strings->count; i++) {
		size_t n = strlen(p) + 1;

		if (is_given(strings, p)) {
			memcpy(all + *size, p, n);
			*size += n;
			(*count)++;
		}
		p += n;
	}
	return all;
}

/* Pointers to COUNT strings that lie at ADDRESS, and NULL. */
static void put_pointers(uint64_t *table, uint64_t address, const char *strings,
                         uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		size_t n = strlen(strings) + 1;

		table[i] = address;
		address += n;
		strings += n;
	}
	table[count] = 0;
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

	add_auxiliary(AT_HWCAP, arch_hwcap);
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
	add_auxiliary(AT_NULL, 0);
}

/* The stack as a program finds it: System V ABI, "Process Initialization". */
static uint64_t make_stack(const struct elf_image *image, uint64_t interpreter)
{
	uint64_t gap = (layout_random() & 0xff) * 16;
	uint64_t size = STACK_SIZE + STACK_GUARD;
	uint64_t start = mm_place(size);
	struct stack stack = {.pointer = start + size - gap - 16};
	struct strings arguments = {
	        (const char *)(uintptr_t)boot->arguments,
	        boot->argument_count, false};
	struct strings environment = {
	        (const char *)(uintptr_t)boot->environment,
	        boot->environment_count, true};
	uint64_t environment_at, arguments_at, words, *table;
	uint32_t argc, envc;

	if (!start ||
	    mm_map_named(start, STACK_GUARD, 0, NULL) < 0 ||
	    mm_map_named(start + STACK_GUARD, STACK_SIZE, MM_READ | MM_WRITE,
	                 "[stack]") < 0)
		panic("no memory for the stack");
	process.arguments = gather(&arguments, &process.arguments_size, &argc);
	process.environment =
	        gather(&environment, &process.environment_size, &envc);
	environment_at = push(&stack, process.environment,
	                      process.environment_size);
	arguments_at =
	        push(&stack, process.arguments, process.arguments_size);
	make_auxiliary(&stack, image, interpreter);

	words = 1 + argc + 1 + envc + 1 + process.auxiliary_count;
	table = memory_allocate(words * sizeof(*table));
	if (!table)
		panic("no memory for the arguments");
	table[0] = argc;
	put_pointers(table + 1, arguments_at, process.arguments, argc);
	put_pointers(table + 2 + argc, environment_at, process.environment,
	             envc);
	memcpy(table + 3 + argc + envc, process.auxiliary,
	       process.auxiliary_count * sizeof(*table));
	stack.pointer =
	        ((stack.pointer - words * sizeof(*table)) & ~UINT64_C(15)) +
	        words * sizeof(*table);
	process.stack_start = push(&stack, table, words * sizeof(*table));
	memory_free(table);
	if (stack.failed)
		panic("arguments and environment do not fit the stack");
	return process.stack_start;
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
