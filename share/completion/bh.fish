# SPDX-License-Identifier: ISC
# Completion of bh(1) for fish.

set -l none '__fish_use_subcommand'
complete -c bh -n $none -f -a run -d 'run a program as variants in lockstep'
complete -c bh -n $none -f -a inspect -d 'say what is in an image, set or manifest'
complete -c bh -n $none -f -a trace -d 'print the records of a trace'
complete -c bh -n $none -f -a doctor -d 'say what this host offers'
complete -c bh -n $none -f -a version -d 'print the version'

set -l run '__fish_seen_subcommand_from run'
complete -c bh -n $run -l isa -x -a 'x86_64 aarch64 riscv64' -d 'pick this instruction set'
complete -c bh -n $run -l core -x -a 'native kvm unicorn' -d 'kind of core'
complete -c bh -n $run -l variant -r -d 'one variant: ISA[:CORE]=FILE'
complete -c bh -n $run -l response -x -a 'halt report' -d 'what to do about a divergence'
complete -c bh -n $run -l deadline -x -d 'longest step in milliseconds'
complete -c bh -n $run -l mem -x -d 'heap of each variant'
complete -c bh -n $run -l stack -x -d 'stack of each variant'
complete -c bh -n $run -l env -x -d 'NAME=VALUE of the guest'
complete -c bh -n $run -l seed -x -d 'layouts and entropy from a number'
complete -c bh -n $run -l report -r -d 'write how it ended as JSON'
complete -c bh -n $run -l trace -r -d 'write all agreed records'
complete -c bh -n $run -l json -d 'say how it ended as JSON'

set -l trace '__fish_seen_subcommand_from trace'
complete -c bh -n $trace -l domain -x -d 'only this domain'
complete -c bh -n $trace -l exchange -x -d 'only these exchanges'
complete -c bh -n $trace -l payload -x -a 'full short none' -d 'how much of each payload'
complete -c bh -n $trace -l json -d 'one JSON object a line'

complete -c bh -n '__fish_seen_subcommand_from doctor' -l json -d 'print JSON'
complete -c bh -l help -d 'print help'
