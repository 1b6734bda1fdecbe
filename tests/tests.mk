# SPDX-License-Identifier: ISC
#
# make check [T=NAME]  install what is missing, build, run the tests
# make fuzz            fuzz every target for FUZZ_SECONDS with a kept corpus, and
#                      give every floating-point instruction FUZZ_CASES operands
#                      (of A64, which has many more, the fiftieth part)
# make coverage        which instructions occur in Debian's packages, and whether
#                      the translator knows them
#
# Tests are found by their place:
#
#   tests/NAME.sh              a script that prints `ok CASE`, `not ok CASE:
#                              why`, `skip CASE: reason`
#   tests/e2e/NAME.sh          the same, of the command as a user meets it
#   tests/unit/test_NAME.c     a cmocka program, built and run twice: as the
#                              product is built, and with ASan and UBSan
#   tests/fuzz/fuzz_NAME.c     a libFuzzer target; tests/fuzz/seeds/NAME/
#
# The C files say in a comment at their top what they are linked with:
#
#   /* links: lib/elf.o exo/batch.o */     objects, as below $(B)/obj; @NAME
#                                          stands for TEST_SET_NAME below
#   /* libs: -lcapstone */                 libraries
#   /* cflags: -Iguest */                  flags for the file itself

FUZZ_SECONDS ?= 3
FUZZ_CASES ?= 1000000
FUZZ_CLANG ?= clang
TEST_JOBS ?= 2
T ?=
# People who say nothing about jobs get as many as there are CPUs.
TEST_MAKE_JOBS = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

UNIT_TESTS := $(patsubst tests/unit/%.c,%,$(sort $(wildcard tests/unit/test_*.c)))
FUZZ_TESTS := $(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
SHELL_TESTS := $(filter-out %/lib.sh,$(sort $(wildcard tests/*.sh tests/e2e/*.sh)))

# Words NAME:KEY:VALUE from the comments, read once by one awk.
TEST_NOTES := $(if $(UNIT_TESTS)$(FUZZ_TESTS),$(shell awk -f tests/notes.awk \
	$(UNIT_TESTS:%=tests/unit/%.c) $(FUZZ_TESTS:%=tests/fuzz/%.c)))
# $(call test_note,NAME,KEY)
test_note = $(patsubst $1:$2:%,%,$(filter $1:$2:%,$(TEST_NOTES)))

# All of exo but what talks to the outside, with a test in the place of that.
TEST_SET_exo := tests/unit/fake_cell.o $(patsubst %.c,%.o,$(filter-out \
	exo/main.c exo/loop.c exo/launcher.c exo/memory.c exo/seccomp.c,\
	$(wildcard exo/*.c)))
# Plans, and what they are made from.
TEST_SET_plan := $(patsubst %,cli/%.o,plan volume net net_parse descriptors device resolve escape images image_plan image_yaml diversity \
	measure helper schema manifest_line problem memory names translate tool progress) \
	$(XLATE_FIT:%=%.o)
# The Linux personality as a whole, with a test in the place of the program and
# of what is below it.
TEST_SET_linux := $(patsubst %,tests/unit/linux/%.o,machine host arch vectors string) \
	$(patsubst %.c,%.o,$(filter-out $(LINUX_ARCH_SOURCES) \
	$(patsubst %,guest/linux/%.c,boot memory string program vdso),$(LINUX_SOURCES)))
# The translator as a whole.
TEST_SET_xlate := $(XLATE_SRCS:%.c=%.o)
# $(call test_objects,NAME)
test_objects = $(foreach word,$(call test_note,$1,links),$(if \
	$(filter @%,$(word)),$(TEST_SET_$(word:@%=%)),$(word)))

# Sanitized and fuzzed objects are kept apart, made from the same sources.
SANITIZE_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all \
                  -fno-omit-frame-pointer -DBH_SANITIZE=1
CFLAGS_ASAN := -std=gnu11 -O1 -g $(WARNINGS) $(SANITIZE_FLAGS) -I. -MMD -MP
CFLAGS_FUZZ := $(CFLAGS_ASAN) -fsanitize=fuzzer-no-link

$(B)/asan/obj/%.o: %.c | $$(@D)/
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_ASAN) $(CFLAGS) -c $< -o $@
$(B)/asan/obj/%.o: %.S | $$(@D)/
	$(call say,AS,$@)
	$(Q)$(CC) $(CFLAGS_ASAN) $(CFLAGS) -c $< -o $@
$(B)/fuzz/obj/%.o: %.c | $$(@D)/
	$(call say,CC,$@)
	$(Q)$(FUZZ_CLANG) $(CFLAGS_FUZZ) $(CFLAGS) -c $< -o $@
$(B)/fuzz/obj/%.o: %.S | $$(@D)/
	$(call say,AS,$@)
	$(Q)$(FUZZ_CLANG) $(CFLAGS_FUZZ) $(CFLAGS) -c $< -o $@

# As the kernel is built (guest/linux/linux.mk): its table of calls is generated,
# and its memcpy() may be given NULL and nothing to copy.
LINUX_TEST_OBJECTS = $(foreach kind,obj asan/obj fuzz/obj,$(B)/$(kind)/guest/linux/$1)
$(call LINUX_TEST_OBJECTS,%.o): CFLAGS += -ffreestanding -fno-builtin -I$(B)/guest/linux
$(call LINUX_TEST_OBJECTS,calls.o): | $(LINUX_CALLS)

# One function of all instructions: compilers take more than a minute to watch each
# of its pointers, which are to the guest's registers.
$(foreach kind,asan fuzz,$(foreach isa,riscv64 aarch64,$(B)/$(kind)/obj/xlate/$(isa)/interpret.o)): \
	CFLAGS += -fno-sanitize=null,alignment,pointer-overflow,object-size

UNIT_COMMON := tests/unit/output.o
UNIT_PROGRAMS := $(UNIT_TESTS:%=$(B)/tests/unit/%)
ASAN_PROGRAMS := $(UNIT_TESTS:%=$(B)/asan/tests/unit/%)
FUZZ_PROGRAMS := $(FUZZ_TESTS:%=$(B)/fuzz/%)

define unit_rule
$(B)/tests/unit/$1: $(addprefix $(B)/obj/,tests/unit/$1.o $(UNIT_COMMON) \
	$(call test_objects,$1))
$(B)/asan/tests/unit/$1: $(addprefix $(B)/asan/obj/,tests/unit/$1.o \
	$(UNIT_COMMON) $(call test_objects,$1))
$(B)/tests/unit/$1 $(B)/asan/tests/unit/$1: TEST_LIBS = $(call test_note,$1,libs)
$(B)/obj/tests/unit/$1.o $(B)/asan/obj/tests/unit/$1.o: \
	CFLAGS += $(call test_note,$1,cflags)
endef
$(foreach test,$(UNIT_TESTS),$(eval $(call unit_rule,$(test))))

define fuzz_rule
$(B)/fuzz/$1: $(addprefix $(B)/fuzz/obj/,tests/fuzz/$1.o $(call test_objects,$1))
$(B)/fuzz/$1: TEST_LIBS = $(call test_note,$1,libs)
$(B)/fuzz/obj/tests/fuzz/$1.o: CFLAGS += $(call test_note,$1,cflags)
endef
$(foreach test,$(FUZZ_TESTS),$(eval $(call fuzz_rule,$(test))))

$(UNIT_PROGRAMS): | $$(@D)/
	$(call say,LD,$@)
	$(Q)$(CC) $(HARDEN) $(filter %.o,$^) $(TEST_LIBS) -lcmocka -o $@
$(ASAN_PROGRAMS): | $$(@D)/
	$(call say,LD,$@)
	$(Q)$(CC) $(SANITIZE_FLAGS) $(filter %.o,$^) $(TEST_LIBS) -lcmocka -o $@
$(FUZZ_PROGRAMS): | $$(@D)/
	$(call say,LD,$@)
	$(Q)$(FUZZ_CLANG) $(SANITIZE_FLAGS) -fsanitize=fuzzer $(filter %.o,$^) \
		$(TEST_LIBS) -o $@

# The exokernel with sanitizers, for the hostile core.
ASAN_EXO := $(B)/asan/libexec/bh-exo
$(ASAN_EXO): $(EXO_SRCS:%.c=$(B)/asan/obj/%.o) | $$(@D)/
	$(call say,LD,$@)
	$(Q)$(CC) $(SANITIZE_FLAGS) $^ -o $@

-include tests/roles/roles.mk tests/roles/probe.mk tests/hostile/hostile.mk \
         tests/coverage/coverage.mk

# With T, only those that may have something to do with it are needed.
CASE_PROGRAMS := $(UNIT_PROGRAMS) $(ASAN_PROGRAMS) $(FUZZ_PROGRAMS)
TEST_PROGRAMS += $(if $(T),$(shell tests/run -l -b $(B) -t '$(T)' \
	$(CASE_PROGRAMS)),$(CASE_PROGRAMS))

-include $(shell find $(B)/asan/obj $(B)/fuzz/obj -name '*.d' 2>/dev/null)

.PHONY: check tests test-programs fuzz
test-programs: $(TEST_PROGRAMS)
tests: $(PROGRAMS) $(SETS) $(TEST_PROGRAMS)

# The packages come first, and what the build finds is looked up when a makefile
# is read: hence a second make.
check: deps-check
	$(Q)$(MAKE) $(TEST_MAKE_JOBS) --no-print-directory B=$(B) tests
	$(Q)BH_FUZZ_SECONDS=$(FUZZ_SECONDS) tests/run -b $(B) -j $(TEST_JOBS) \
		-t '$(T)' $(CASE_PROGRAMS) $(SHELL_TESTS)

fuzz: FUZZ_SECONDS := $(if $(filter command line environment,$(origin FUZZ_SECONDS)),$(FUZZ_SECONDS),60)
fuzz: $(TEST_PROGRAMS) $(PROGRAMS)
	$(Q)BH_FUZZ_SECONDS=$(FUZZ_SECONDS) BH_FUZZ_KEEP=1 tests/run -b $(B) \
		-j $(TEST_JOBS) -t '$(T)' $(FUZZ_PROGRAMS) tests/hostile.sh
	$(Q)BH_CASES=$(FUZZ_CASES) tests/run -b $(B) -t '$(T)' \
		$(B)/tests/unit/test_xlate_operands
	$(Q)BH_CASES=$$(($(FUZZ_CASES) / 50)) tests/run -b $(B) -t '$(T)' \
		$(B)/tests/unit/test_xlate_a64
