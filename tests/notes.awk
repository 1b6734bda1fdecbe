# SPDX-License-Identifier: ISC
# Prints words NAME:KEY:VALUE for each `/* KEY: VALUE... */` at the top of the
# files, where KEY is links, libs or cflags.  A comment may go over lines.

FNR == 1 {
	name = FILENAME
	sub(/.*\//, "", name)
	sub(/\.c$/, "", name)
	key = ""
}
FNR > 20 { nextfile }
match($0, /^\/\* (links|libs|cflags):/) {
	key = substr($0, 4, RLENGTH - 4)
	$0 = substr($0, RLENGTH + 1)
}
key {
	last = index($0, "*/")
	if (last)
		$0 = substr($0, 1, last - 1)
	for (i = 1; i <= NF; i++)
		if ($i != "*")
			print name ":" key ":" $i
	if (last)
		key = ""
}
