#!/usr/bin/env bash
# start-haraka.sh PORT   Haraka with a configuration of its own; each message that it takes becomes one file in maildir=.
# It offers every version and suite that OpenSSL has, so that what a plugin refuses is the plugin's doing.
#   INTEROP_PLUGIN    path of the plugin that is tried; hears mail before anything is stored
#   INTEROP_MODULES   folder where that plugin finds the packages it names
. "$(dirname "$0")/lib.sh"
[ -e "$haraka/bin/haraka" ] || fail 'Haraka is missing: run test/interop/install.sh'
prepare haraka "${1:-}"
[ -r "${INTEROP_PLUGIN:-}" ] || fail 'INTEROP_PLUGIN: expected the path of a plugin'
mkdir -p "$dir/config" "$dir/plugins" "$dir/queue"
cp "$cert" "$dir/config/tls_cert.pem"
cp "$key" "$dir/config/tls_key.pem"
cp "$INTEROP_PLUGIN" "$dir/plugins/tried.js"
# Haraka would make parameters of its own, which takes minutes.
openssl genpkey -genparam -algorithm DH -pkeyopt group:ffdhe2048 -out "$dir/config/dhparams.pem" 2>/dev/null
printf 'listen=%s:%s\nnodes=0\n' "$addr" "$port" >"$dir/config/smtp.ini"
echo "$host" >"$dir/config/me"
printf '[main]\nlevel=info\n' >"$dir/config/log.ini"
# Haraka merges nothing into a folder of one's own, and needs what stands there.
cp "$haraka/config/connection.ini" "$dir/config/"
printf '%s\n' key=tls_key.pem cert=tls_cert.pem dhparam=dhparams.pem minVersion=TLSv1 'ciphers=ALL:@SECLEVEL=0' >"$dir/config/tls.ini"
printf '%s\n' tls tried store >"$dir/config/plugins"
cat >"$dir/plugins/store.js" <<'C'
const fs = require('node:fs');
const mail = process.env.STORE;
exports.hook_rcpt = (next) => next(OK);
exports.hook_queue = (next, { transaction }) => {
  const file = fs.createWriteStream(`${mail}/tmp/${transaction.uuid}`);
  file.on('finish', () => {
    fs.renameSync(`${mail}/tmp/${transaction.uuid}`, `${mail}/new/${transaction.uuid}`);
    next(OK, 'stored');
  });
  transaction.message_stream.pipe(file);
};
C
STORE=$dir/mail NODE_PATH=${INTEROP_MODULES:-} HARAKA=$dir setsid node "$haraka/bin/haraka" -c "$dir" >"$dir/log" 2>&1 </dev/null &
echo $! >"$dir/pid"
ready "$dir/pid" "$dir/log"
