#!/bin/bash
# SPDX-License-Identifier: ISC
# limit: 300
#
# Cells of several domains: clients and services of any number of variants,
# services that are killed, that diverge, that fail again and again.
. "$(dirname "$0")/lib.sh"

# variants COUNT OFFSET: so many instruction sets, beginning somewhere
variants() {
	local all=(x86_64 aarch64 riscv64) i list=

	for ((i = 0; i < $1; i++)); do
		list="$list${list:+, }${all[(i + $2) % 3]}"
	done
	echo "[$list]"
}

# ------------------------------------------------------------ nine combinations

combination() {
	local clients=$1 servers=$2 offset

	# Another mix of instruction sets each time.
	for offset in 0 1 2; do
		cat >cell.yaml <<-END
			domains:
			  - name: server
			    set: $guests/server
			    isas: $(variants "$servers" $offset)
			    service: true
			  - name: client
			    set: $guests/client
			    isas: $(variants "$clients" $((offset + servers)))
			    arguments: ["25"]
			channels:
			  - {name: service, client: client, server: server}
		END
		start cell.yaml
		status_is 0
		out_is 'client: 25 rounds agreed'
		is_empty err
	done
}

# The identity is exo's, the same however often a client has variants.
identity() {
	cat >cell.yaml <<-END
		domains:
		  - name: first
		    set: $guests/client
		    arguments: [type, "4"]
		  - name: server
		    set: $guests/server
		    service: true
		  - name: second
		    set: $guests/client
		    isas: [riscv64, x86_64]
		    arguments: [type, "4"]
		  - name: third
		    set: $guests/client
		    isas: [x86_64]
		    arguments: [type, "4"]
		channels:
		  - {name: service, client: third, server: server}
		  - {name: service, client: first, server: server}
		  - {name: service, client: second, server: server}
	END
	start cell.yaml
	status_is 0
	out_is 'status 0 value 1'
	says err '^second.* status 0 value 3$'
	says err '^third.* status 0 value 4$'
}

# A client has no channel to what the cell does not give it.
no_channel() {
	start "$guests/client"
	status_is 2
	out_is 'client: the cell gives no channel named service'
}

# ------------------------------------------------------------------- the store

# store_cell STORE-ISAS CLIENT-ISAS INCREMENTS
store_cell() {
	cat >cell.yaml <<-END
		domains:
		  - name: store
		    set: $examples/store
		    isas: $1
		    service: true
		    restart: true
		    recovery: 64K
		  - name: ada
		    set: $examples/store-client
		    isas: $2
		    arguments: ["$3", "8", "4"]
		channels:
		  - {name: store, client: ada, server: store}
	END
}

# The cell that comes with the example.
example_cell() {
	start "$examples/store/cell.yaml"
	status_is 0
	out_is '1000 increments of 8 counters, sum 3997'
	says err '^bob: .*1000 increments of 8 counters, sum 3997$'
}

# Kills processes of the store until KILLS of them were hit, in cells that
# begin anew when the client is done.  WHICH: one variant, or all at once.
kill_store() {
	local isas=$1 kills=$2 which=$3 increments=$4

	need python3
	store_cell "$isas" '[x86_64]' "$increments"
	# It prints the sum of what the client adds: i % 7 + 1 for each.
	python3 - "$bh" cell.yaml "$kills" "$which" "$increments" <<-'END' ||
		import os, random, signal, subprocess, sys, time

		bh, cell, wanted, which, increments = sys.argv[1:]
		wanted, increments = int(wanted), int(increments)
		total = sum(i % 7 + 1 for i in range(increments))
		expected = f"{increments} increments of 8 counters, sum {total}\n"

		def stores(pid):
		    found = []
		    try:
		        with open(f"/proc/{pid}/task/{pid}/children") as f:
		            children = f.read().split()
		    except FileNotFoundError:
		        return found
		    for child in children:
		        try:
		            with open(f"/proc/{child}/cmdline", "rb") as f:
		                if b": store, " in f.read():
		                    found.append(int(child))
		        except (FileNotFoundError, ProcessLookupError):
		            pass
		    return found

		hits = cells = 0
		slow = 0
		begin = time.time()
		while hits < wanted:
		    cells += 1
		    run = subprocess.Popen([bh, "run", cell], stdin=subprocess.DEVNULL,
		                           stdout=subprocess.PIPE,
		                           stderr=subprocess.PIPE, text=True)
		    in_cell = 0
		    while run.poll() is None:
		        # Not always so soon that it never gets anything done:
		        # that is given up, and is another test.
		        time.sleep(0.15 if in_cell % 8 == 7
		                   else random.uniform(0, 0.02))
		        if hits >= wanted:
		            break
		        targets = stores(run.pid)
		        if which == "one" and targets:
		            targets = [random.choice(targets)]
		        for target in targets:
		            try:
		                os.kill(target, signal.SIGKILL)
		            except ProcessLookupError:
		                continue
		            hits += 1
		            in_cell += 1
		    out, err = run.communicate(timeout=120)
		    if run.returncode or out != expected:
		        print(f"status {run.returncode}, {out!r} instead of "
		              f"{expected!r}, {err[-600:]}")
		        sys.exit(1)
		print(f"{hits} kills hit in {cells} cells, "
		      f"{time.time() - begin:.1f} s, nothing lost")
	END
		fail "$(tail -n 3 log)"
}

report_kills() {
	local line

	line=$(tail -n 1 "$work/$1/log" 2>/dev/null)
	[ -z "$line" ] || printf '# %s: %s\n' "$1" "$line"
}

# A client that is killed takes the cell's verdict, not the store.
client_killed() {
	local launcher pid

	store_cell '[x86_64, riscv64]' '[x86_64]' 100000000
	"$bh" run cell.yaml >out 2>err &
	launcher=$!
	sleep 0.5
	for pid in $(pgrep -P $launcher); do
		grep -qa ': ada, ' "/proc/$pid/cmdline" && kill -9 "$pid"
	done
	status=0
	wait $launcher || status=$?
	status_is 121
	says err '^bh: FAULT: ada'
}

# ----------------------------------------------------- services that go wrong

# server_cell ARGUMENTS-OF-THE-CLIENT [KEYS-OF-THE-SERVER]
server_cell() {
	cat >cell.yaml <<-END
		domains:
		  - name: server
		    set: $guests/server
		    service: true
		$2
		  - name: client
		    set: $guests/client
		    arguments: $1
		channels:
		  - {name: service, client: client, server: server}
	END
}

# A fault in all variants of the service is the service's end; the client is
# told, and ends as it likes.
service_faults() {
	server_cell '[type, "6"]'
	start cell.yaml --report report.json
	says err '^bh: FAULT: server, exchange'
	json report.json '.verdict == "fault" and .domain == "server"'
	out_is 'status -104 value 0'
	status_is 121
}

service_exits() {
	server_cell '[type, "5", "7"]'
	start cell.yaml
	out_is 'status -104 value 0'
	one_line err
	says err '^bh: service server has ended with exit status 7'
}

# The same, told to a program.
service_exits_json() {
	server_cell '[type, "5", "7"]'
	start cell.yaml --json
	events ended
	event ended '.domain == "server" and .service and .exit_status == 7'
}

# Two variants of the service that answer differently: halted, and the client
# gets an error instead of either answer.
service_diverges() {
	need clang ld.lld
	sed 's/sum += bytes\[i\];/sum += bytes[i] + 1;/' \
		"$top/tests/guests/server.c" >other.c
	! cmp -s other.c "$top/tests/guests/server.c" || fail "nothing changed"
	"$build/bh-cc" --isa aarch64 -o other other.c || fail "bh-cc failed"
	cat >cell.yaml <<-END
		domains:
		  - name: server
		    variants:
		      - {isa: x86_64, image: $guests/server/x86_64.elf}
		      - {isa: aarch64, image: other/aarch64.elf}
		    service: true
		  - name: client
		    set: $guests/client
		    arguments: ["3"]
		channels:
		  - {name: service, client: client, server: server}
	END
	start cell.yaml --report report.json
	status_is 120
	says err '^bh: DIVERGENCE: server, exchange'
	json report.json '.verdict == "divergence" and .domain == "server" and
		.variants[0].record.values[0] != .variants[1].record.values[0]'
	# The echoes before it were agreed; a sum never was.
	out_is 'client: a sum is wrong in round 0'
}

# A client whose variants ask differently: nothing reaches the service.
client_diverges() {
	need clang ld.lld
	sed 's/size_t size = (size_t)(round/size_t size = 1 + (size_t)(round/' \
		"$top/tests/guests/client.c" >other.c
	! cmp -s other.c "$top/tests/guests/client.c" || fail "nothing changed"
	"$build/bh-cc" --isa riscv64 -o other other.c || fail "bh-cc failed"
	cat >cell.yaml <<-END
		domains:
		  - name: server
		    set: $guests/server
		    service: true
		  - name: client
		    variants:
		      - {isa: x86_64, image: $guests/client/x86_64.elf}
		      - {isa: riscv64, image: other/riscv64.elf}
		    arguments: ["3"]
		channels:
		  - {name: service, client: client, server: server}
	END
	start cell.yaml --trace trace.bin
	status_is 120
	says err '^bh: DIVERGENCE: client, exchange 1'
	is_empty out
	"$bh" trace trace.bin >text || true
	says_not text '(server|client).* request'
}

# A service that dies before it has done anything, again and again, is given
# up with one line.  This one computes for minutes before it would do anything,
# so that none is killed too late, however busy the machine is.
crash_loop() {
	local launcher

	need python3
	cat >cell.yaml <<-END
		domains:
		  - name: store
		    set: $examples/burn
		    isas: [x86_64]
		    arguments: ["100000000"]
		    service: true
		    restart: true
		  - name: ada
		    set: $examples/store-client
		    isas: [x86_64]
		    arguments: ["600", "8", "4"]
		channels:
		  - {name: store, client: ada, server: store}
	END
	python3 - "$bh" <<-'END' || fail "$(tail -n 1 log)"
		import contextlib, os, signal, subprocess, sys, time

		def is_store(pid):
		    try:
		        with open(f"/proc/{pid}/cmdline", "rb") as f:
		            return b": store, " in f.read()
		    except (FileNotFoundError, ProcessLookupError):
		        return False

		run = subprocess.Popen([sys.argv[1], "run", "cell.yaml"],
		                       stdin=subprocess.DEVNULL,
		                       stdout=open("out", "w"),
		                       stderr=open("err", "w"))
		end = time.time() + 60
		while run.poll() is None and time.time() < end:
		    with open(f"/proc/{run.pid}/task/{run.pid}/children") as f:
		        children = f.read().split()
		    for child in filter(is_store, children):
		        with contextlib.suppress(ProcessLookupError):
		            os.kill(int(child), signal.SIGKILL)
		if run.poll() is None:
		    run.terminate()
		    run.wait(10)
		    sys.exit("the service was started for a minute")
		if run.returncode != 125:
		    sys.exit(f"exit status {run.returncode}")
	END
	says err '^bh: .*store.* dies again and again'
	[ "$(grep -c 'again and again' err)" -eq 1 ] || fail "said twice"
	[ "$(wc -l <err)" -le 4 ] || fail "a flood of words: $(wc -l <err) lines"
}

go kills-native kill_store '[x86_64]' 800 one 3000
go kills-three kill_store '[x86_64, aarch64, riscv64]' 100 one 600
go kills-two kill_store '[x86_64, riscv64]' 60 one 600
go kills-all kill_store '[x86_64, aarch64]' 80 all 600
for clients in 1 2 3; do
	for servers in 1 2 3; do
		go "client-x$clients-server-x$servers" combination $clients $servers
	done
done
go identity identity
go no-channel no_channel
go example-cell example_cell
go client-killed client_killed
go service-faults service_faults
go service-exits service_exits
go service-exits-json service_exits_json
go service-diverges service_diverges
go client-diverges client_diverges
go crash-loop crash_loop
wait
for name in kills-native kills-three kills-two kills-all; do
	report_kills $name
done
all_done
