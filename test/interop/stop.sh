#!/usr/bin/env bash
# stop.sh NAME PORT | stop.sh all   Ends servers that the start scripts began, and no other process.
. "$(dirname "$0")/lib.sh"

# Processes that Exim has started for a connection or a delivery; one that ends late would write its folders anew.
helpers() { grep -lzsF -f <(echo "$1/exim.conf") /proc/[0-9]*/cmdline || true; }

stop() {
  local dir=$1 pid
  [ -d "$dir" ] || fail "nothing at $dir"
  runs "$dir" || return 0
  read -r pid _ <"$dir/process"
  if [ -d "$dir/etc" ]; then
    postfix -c "$dir/etc" stop >/dev/null 2>&1 || true
  else
    kill "$pid"
  fi
  for _ in $(seq 400); do
    runs "$dir" || [ -n "$(helpers "$dir")" ] || break
    sleep 0.05
  done
  # It may end in this very moment.
  if runs "$dir"; then kill -KILL "$pid" 2>/dev/null || true; fi
  echo "stopped $(basename "$dir")"
}

case ${1:-} in
  '') fail 'usage: stop.sh NAME PORT | stop.sh all' ;;
  all) for process in "$run"/*/process; do [ ! -e "$process" ] || stop "$(dirname "$process")"; done ;;
  *) stop "$run/$1-${addr//:/_}-${2:?port}" ;;
esac
