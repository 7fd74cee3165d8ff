# shellcheck shell=bash
# What the interop scripts share: where things lie, when a server is up, whom a process id belongs to. Sourced only.
#
#   INTEROP_CACHE   where Exim and Haraka lie; kept          /var/cache/enforced-tls-interop
#   INTEROP_RUN     servers, certificates, mail              ${TMPDIR:-/tmp}/enforced-tls-interop
#   INTEROP_ADDR    loopback address to listen on            127.0.0.1
#   INTEROP_CERT    certificate that a server shows          good   (make-pki.sh lists them)
#   INTEROP_HOST    name of the server                       mx.example.test
#   INTEROP_DOMAINS domains that it takes mail for           example.test other.test xn--bcher-kva.test
#   INTEROP_TLS     may: STARTTLS offered; none: absent      may
set -euo pipefail
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"
scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${INTEROP_CACHE:-/var/cache/enforced-tls-interop}
run=${INTEROP_RUN:-${TMPDIR:-/tmp}/enforced-tls-interop}
exim=$cache/exim/usr/sbin/exim4
haraka=$cache/haraka/node_modules/Haraka
pki=$run/pki
addr=${INTEROP_ADDR:-127.0.0.1}
host=${INTEROP_HOST:-mx.example.test}
domains=${INTEROP_DOMAINS:-example.test other.test xn--bcher-kva.test}

fail() {
  echo "interop: $*" >&2
  exit 1
}

[[ $addr == 127.* || $addr == ::1 ]] || fail "INTEROP_ADDR: expected a loopback address, got $addr"

# When the process was started, in clock ticks since boot: with the id it names one process for good.
birth_of() { sed 's/^.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

# remember PIDFILE: waits until the server has written its id, notes which process it is.
# runs DIR: is that very process still there, and not just its remains?
remember() {
  local pid
  for _ in $(seq 100); do
    [ ! -s "$1" ] || break
    sleep 0.05
  done
  pid=$(tr -cd 0-9 <"$1")
  echo "$pid $(birth_of "$pid")" >"$dir/process"
}
runs() {
  local pid birth
  [ -s "$1/process" ] && read -r pid birth <"$1/process" && [ "$(birth_of "$pid")" = "$birth" ] &&
    ! grep -q '^State:.Z' "/proc/$pid/status" 2>/dev/null
}

# The first line that a server says, empty when nobody is there.
greeting_of() {
  timeout 2 bash -c 'exec 3<>"/dev/tcp/$0/$1" && IFS= read -r line <&3 && printf "QUIT\r\n" >&3 && echo "$line"' \
    "$1" "$2" 2>/dev/null || true
}

# prepare NAME PORT: sets dir, cert and key; ends the script when that server runs already.
prepare() {
  name=$1 port=${2:-}
  [[ $port =~ ^[0-9]+$ ]] || fail "usage: start-$name.sh PORT"
  [ "$(id -u)" = 0 ] || fail "start-$name.sh: must run as root"
  dir=$run/$name-${addr//:/_}-$port
  if runs "$dir"; then
    cat "$dir/line"
    exit 0
  fi
  [ -z "$(greeting_of "$addr" "$port")" ] || fail "$addr port $port is taken"
  rm -rf "$dir"
  mkdir -p "$dir/mail/tmp" "$dir/mail/new" "$dir/mail/cur"
  chmod 755 "$run" "$dir" "$dir/mail"
  "$scripts/make-pki.sh"
  cert=$pki/${INTEROP_CERT:-good}/chain.pem key=$pki/${INTEROP_CERT:-good}/key.pem
  [ -s "$cert" ] || fail "no certificate ${INTEROP_CERT:-good} in $pki"
}

# ready PIDFILE LOG: waits until the server greets, then prints one line of name=value.
ready() {
  local end=$((SECONDS + 20))
  remember "$1"
  until [[ $(greeting_of "$addr" "$port") == 220* ]]; do
    if [ $SECONDS -ge $end ]; then
      tail -n 20 "$2" >&2
      "$scripts/stop.sh" "$name" "$port" >/dev/null
      fail "$name does not answer on $addr port $port"
    fi
    sleep 0.1
  done
  echo "name=$name addr=$addr port=$port host=$host trust=$pki/root.pem maildir=$dir/mail/new log=$2" | tee "$dir/line"
}
