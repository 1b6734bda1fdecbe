# SPDX-License-Identifier: ISC
# Completion of bh(1) for bash.

_bh() {
	local current=${COMP_WORDS[COMP_CWORD]}
	local previous=${COMP_WORDS[COMP_CWORD - 1]}
	local command=${COMP_WORDS[1]} words= isa isas='x86_64 aarch64 riscv64'

	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		words='run image translate inspect trace report doctor version --help'
		COMPREPLY=($(compgen -W "$words" -- "$current"))
		return
	fi
	# After -- come the arguments of the guest.
	case " ${COMP_WORDS[*]:0:COMP_CWORD} " in
	*' -- '*) COMPREPLY=($(compgen -f -- "$current")); return ;;
	esac
	case $command/$previous in
	run/--isa) words=$isas ;;
	run/--core) words='native kvm xlate interpret unicorn' ;;
	run/--response) words='halt restart vote vote+restart report' ;;
	run/--variant)
		for isa in $isas; do words="$words $isa="; done
		compopt -o nospace 2>/dev/null ;;
	trace/--payload) words='full short none' ;;
	image/--arch) words='amd64 arm64 riscv64' ;;
	image/--root | image/--static)
		for isa in $isas; do words="$words $isa="; done
		compopt -o nospace 2>/dev/null ;;
	image/--suite | image/--include | image/--mirror | image/--env | \
	image/--workdir | image/--name | run/--workdir | run/--user | \
	run/--hostname | run/--restart-limit | run/--replace | run/--deadline | run/--mem | run/--stack | run/--env | run/--seed | \
	trace/--domain | trace/--exchange) return ;;
	run/--report | run/--trace | run/--log | trace/--pcap | image/--copy | \
	report/-o | report/--output | image/--cache | image/-o | image/--output)
		COMPREPLY=($(compgen -f -- "$current")); return ;;
	*)
		case $command in
		run) words='--isa --core --variant --response --restart-limit --replace --deadline --mem
			--stack --env --publish --connect --volume --workdir --user --hostname --diversify --log --seed --summary --report --trace --json --help --' ;;
		image) words='build --include --suite --arch --mirror
			--allow-version-skew --offline --cache --root --static
			--copy --env --workdir --translate --name --output --help --' ;;
		trace) words='--domain --exchange --payload --json --pcap --help' ;;
		report) words='--output --help' ;;
		doctor) words='--json --help' ;;
		inspect | translate | version) words='--help' ;;
		esac
		case $current in
		-*) ;;
		*) COMPREPLY=($(compgen -f -- "$current")); return ;;
		esac ;;
	esac
	COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o filenames -F _bh bh
