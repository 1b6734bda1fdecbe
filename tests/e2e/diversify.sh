#!/bin/bash
# SPDX-License-Identifier: ISC
# limit: 240
#
# bh run --diversify: variants that are more unlike still agree, and differ where
# nobody may look.
. "$(dirname "$0")/lib.sh"

# Random bytes after an allocation, the environment, and where things lie if that
# is asked for.
program() {
	local isa compiler options=()

	need gcc aarch64-linux-gnu-gcc riscv64-linux-gnu-gcc
	cat >look.c <<-'END'
		#include <stdint.h>
		#include <stdio.h>
		#include <stdlib.h>
		#include <string.h>
		#include <sys/random.h>

		extern char **environ;

		int main(int argc, char **argv)
		{
			unsigned char *p = malloc(200), random[8];
			char *mine = argc > 1 ? argv[1] : "";

			if (!strcmp(mine, "mark")) {
				free(p);
				fwrite(p + 8, 1, 8, stdout);
				return 0;
			}
			if (!strcmp(mine, "word")) {
				uint64_t word;

				getrandom(&word, sizeof(word), GRND_NONBLOCK);
				fwrite(&word, sizeof(word), 1, stdout);
				return 0;
			}
			if (!strcmp(mine, "stale")) {
				memset(p, 's', 200);
				free(p);
				p = malloc(200);
				fwrite(p + 100, 1, 8, stdout);
				return 0;
			}
			if (getrandom(random, 8, 0) != 8)
				return 1;
			for (int i = 0; i < 8; i++)
				printf("%02x", random[i]);
			printf("\n");
			for (char **e = environ; *e; e++)
				printf("%s\n", *e);
			return 0;
		}
	END
	for isa in $isas; do
		compiler=$isa-linux-gnu-gcc
		[ "$isa" != x86_64 ] || compiler=gcc
		mkdir -p "$isa"
		"$compiler" -O1 -static -o "$isa/look" look.c 2>>cc.log ||
			fail "$(tail -n 1 cc.log)"
		options+=(--static "$isa=$isa/look")
	done
	"$bh" image build "${options[@]}" -o "$work/look" >image.log 2>&1 ||
		fail "image: $(tail -n 1 image.log)"
}

have_program() {
	[ -e "$work/look/image.yaml" ] || leave_out "no program to run"
}

agrees() {
	have_program
	start "$1" "$work/look"
	status_is 0
	says out '^[0-9a-f]{16}$'
	says_not out 'perturb'
}

hidden() {
	have_program
	start --diversify=heap "$work/look"
	status_is 0
	says out '^GLIBC_TUNABLES=$'
}

# What free() has left is another thing in each variant, and was not without.
stale() {
	have_program
	start "$work/look" -- "$1" stale
	status_is 0
	start --diversify=heap "$work/look" -- "$1" stale
	status_is 120
	start --diversify=order,gaps "$work/look" -- "$1" stale
	status_is 0
}

# What glibc marks freed memory with, to notice a second free.
mark() {
	have_program
	start "$work/look" -- /usr/bin/look mark
	status_is 0
	start --env bh.heap=own "$work/look" -- /usr/bin/look mark
	status_is 120
}

# What another asks for in the same way is the same in all.
word() {
	have_program
	start --diversify=heap "$work/look" -- /usr/bin/look word
	status_is 0
}

# jemalloc in aarch64, the program's own allocator in the others.
allocator() {
	need ab
	mirror_answers || leave_out "apt's mirror does not answer"
	"$bh" image build --suite stable --cache "$build/cache/debian" \
		--include lighttpd,libjemalloc2 \
		--copy "$top/examples/lighttpd/lighttpd.conf:/etc/lighttpd.conf" \
		--copy "$top/examples/lighttpd/www:/srv/www" -o web \
		-- /usr/sbin/lighttpd -D -f /etc/lighttpd.conf \
		>image.log 2>&1 || fail "image: $(tail -n 1 image.log)"
	serve 80 --diversify "$here/web"
	requests 200 -k
	stop TERM
	agreed 1
}

none_there() {
	have_program
	start --diversify=allocator "$work/look"
	status_is 125
	one_line err
	says err 'holds no allocator but its own'
}

try program program
go agrees-all agrees --diversify
go agrees-order agrees --diversify=order
go agrees-gaps agrees --diversify=gaps
go agrees-heap agrees --diversify=heap
go hidden hidden
go stale stale /usr/bin/look
go mark mark
go word word
go none-there none_there
go allocator allocator
all_done
