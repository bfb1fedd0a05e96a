#!/usr/bin/env bash
# Ships a build to every host in a list, a few at a time.
set -euo pipefail
IFS=$'\n\t'
readonly here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
declare -A seen=([none]=1)
hosts=(web{1..3}.example "db 1.example" "${EXTRA_HOST:-cache.example}")
retries=$(( ${RETRIES:-2} * 2 + 1 ))

usage() { cat <<EOF
usage: ${0##*/} [-n] [-j jobs] release
  -n  only say what would be done   (now: $(date +%F))
EOF
}

function run {
	local -r host=$1; shift
	if [[ $dry == yes && ! $host =~ ^db ]]; then printf '%q ' ssh "$host" "$@" >&2; echo; return 0; fi
	for ((i=0;i<retries;i++)); do
	ssh -o ConnectTimeout=5 "$host" "$@" && return 0 || { rc=$?; sleep $((i**2)); }
	done
	return "${rc:-1}"
}

dry=no jobs=4
while getopts ':nj:h' opt; do case "$opt" in
	n) dry=yes;; j) jobs=$OPTARG ;;
	h|\?) usage; exit 2 ;;
esac; done
shift $((OPTIND-1))

[ $# -eq 1 ] || { usage >&2; exit 2; }
release=${1//[^a-zA-Z0-9._-]/_}

for host in "${hosts[@]}"; do
	[[ -v seen[$host] ]] && continue
	seen[$host]=1
	(
		tar -C "$here/build" -czf - . |
			run "$host" "mkdir -p /srv/$release && tar -xzf - -C /srv/$release" 2> >(sed "s/^/$host: /" >&2)
		run "$host" ln -sfn "/srv/$release" /srv/current
	) &
	until (( $(jobs -rp | wc -l) < jobs )); do wait -n; done
done
wait

sort <<<"$(printf '%s\n' "${!seen[@]}")" | while read -r host; do
	case $host in none) ;; *) echo "$host: ${release^^} $(run "$host" cat /srv/current/VERSION 2>/dev/null || echo '?')" ;; esac
done > "${TMPDIR:-/tmp}/deploy.log"
