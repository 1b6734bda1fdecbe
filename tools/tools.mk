# SPDX-License-Identifier: ISC
# Targets for people: what is missing, how large, how fast, what it looks like.

.PHONY: deps deps-check tcb demo bench soak readme doc help

# Only demo and check install anything; `make` alone never does.
deps:
	$(Q)tools/install-deps build image demo
deps-check:
	$(Q)tools/install-deps build image check

# The targets that install start a second make: what the build finds (libraries,
# compilers) is looked up when a makefile is read, and must not be too early.
demo: deps
	$(Q)$(MAKE) --no-print-directory $(TEST_MAKE_JOBS) B=$(B) all
	$(Q)tools/demo $(B)

tcb: $(B)/libexec/bh-exo
	$(Q)CC=$(CC) tools/tcb $(B) $(EXO_OBJS)

doc:
	$(Q)tools/abi-doc >docs/abi.md
	$(Q)tools/linux-calls >docs/linux-calls.md

bench: all $(BENCH_PROGRAMS)
	$(Q)tools/bench $(B)

# Takes SOAK_EXCHANGES and SOAK_MINUTES from the environment, or as `make soak
# SOAK_MINUTES=10`.
soak: deps-check
	$(Q)$(MAKE) --no-print-directory $(TEST_MAKE_JOBS) B=$(B) all test-guests images
	$(Q)tools/soak $(B)

readme: all
	$(Q)tools/readme $(B)

help:
	@echo 'make             build everything below $$(B) (default: build)'
	@echo 'make demo        install what is missing, build, show the main job'
	@echo 'make check       install what is missing, build, run all tests'
	@echo 'make check T=X   only the tests whose name contains X'
	@echo 'make fuzz        run the fuzz targets longer'
	@echo 'make coverage    instructions in Debian packages, and which are known'
	@echo 'make soak        look for false alarms in 10 million exchanges'
	@echo 'make bench       measure speed against baselines of the same run'
	@echo 'make tcb         the size of the trusted code'
	@echo 'make doc         write docs/abi.md from the headers'
	@echo 'make readme      fill README.md with the demo, the last bench, the last soak'
	@echo 'make install     install below PREFIX (default: /usr/local)'
	@echo 'make clean       remove the build directory'
	@echo 'Variables: B (build directory), CC, PREFIX, DESTDIR, V=1, SANITIZE=1'

.PHONY: clean
clean:
	rm -rf $(B)
