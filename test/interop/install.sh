#!/usr/bin/env bash
# install.sh   Brings Postfix, Exim and openssl (Debian 12, as root) and Haraka (from npm). Does nothing where they are there
# already.
# As packages the two mail servers exclude each other: Postfix is installed, Exim is unpacked under $INTEROP_CACHE and
# only the libraries that it needs are installed. The installation starts no service and removes no package.
. "$(dirname "$0")/lib.sh"
[ "$(id -u)" = 0 ] || fail "install.sh: must run as root"
export DEBIAN_FRONTEND=noninteractive
package=exim4-daemon-light
mkdir -p "$cache"

have_all() {
  command -v postconf openssl >/dev/null && [ -x /usr/lib/postfix/sbin/master ] && id Debian-exim >/dev/null 2>&1 &&
    [ -x "$exim" ] && ! ldd "$exim" | grep -q 'not found'
}

# quietly WHAT COMMAND...: what it says is of interest only when it fails.
quietly() {
  local what=$1
  shift
  "$@" >"$cache/install.log" 2>&1 || {
    tail -n 20 "$cache/install.log" >&2
    fail "cannot $what"
  }
}

unpack_exim() {
  local fetched
  fetched=$(mktemp -d)
  chmod 755 "$fetched"
  cd "$fetched"
  quietly "fetch $package" apt-get download -qq "$package"
  dpkg-deb -x "$package"*.deb "$cache/exim"
  dpkg-deb -f "$package"*.deb Depends | tr ',' '\n' | awk '$1 ~ /^lib/ {print $1}' >"$cache/libraries"
  cd /
  rm -rf "$fetched"
}

bring_haraka() {
  [ ! -e "$haraka/bin/haraka" ] || return 0
  quietly 'install Haraka' npm install --prefix "$cache/haraka" --omit=optional --no-audit --no-fund Haraka@3.3.4
}

bring_haraka
! have_all || exit 0
quietly 'update the list of packages' apt-get update -qq
[ -x "$exim" ] || unpack_exim
mapfile -t libraries <"$cache/libraries"

guard=/usr/sbin/policy-rc.d
if [ ! -e $guard ]; then
  printf '#!/bin/sh\nexit 101\n' >$guard
  chmod +x $guard
  trap 'rm -f $guard' EXIT
fi
quietly 'install the packages' \
  apt-get install -y -qq --no-install-recommends --no-remove postfix openssl "${libraries[@]}"
id Debian-exim >/dev/null 2>&1 ||
  useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin Debian-exim
have_all || fail 'the packages are installed, but not all is there'
