#!/usr/bin/env bash
# start-exim.sh PORT   Exim, which speaks TLS by GnuTLS, with a configuration, spool and mail directory of its own; as root.
# Each delivery becomes one file in maildir=. Recipients with a meaning: reject@ 550, defer@ 451, full@ 452; gone@ and wait@
# are taken, then the first fails and the second is put off, and their sender is told. Sender: refused@ 550.
# INTEROP_PRIORITY is a GnuTLS priority string: that is how to get a server with old versions and suites.
# INTEROP_AUTH names mechanisms (plain login) that are offered inside TLS and then asked for; user and password are
# "relay user" and "p@ss word".
. "$(dirname "$0")/lib.sh"
[ -x "$exim" ] || fail 'exim is missing: run test/interop/install.sh'
prepare exim "${1:-}"
mkdir -p "$dir/spool" "$dir/logs"
cp "$cert" "$dir/chain.pem"
cp "$key" "$dir/key.pem"
chown -R Debian-exim "$dir/spool" "$dir/logs" "$dir/mail" "$dir/key.pem"
tls='tls_advertise_hosts ='
if [ "${INTEROP_TLS:-may}" != none ]; then
  tls="tls_advertise_hosts = *
tls_certificate = $dir/chain.pem
tls_privatekey = $dir/key.pem"
  [ -z "${INTEROP_PRIORITY:-}" ] || tls="$tls
tls_require_ciphers = $INTEROP_PRIORITY"
fi

# authenticator NAME USER PASS MORE: USER and PASS are the variables where the mechanism puts them.
authenticator() {
  cat <<C
$1:
  driver = plaintext
  public_name = ${1^^}
  server_advertise_condition = \${if def:tls_in_cipher}
  server_condition = \${if and{{eq{\$$2}{relay user}}{eq{\$$3}{p@ss word}}}}
  server_set_id = \$$2
$4
C
}
auth=
for mechanism in ${INTEROP_AUTH:-}; do
  case $mechanism in
    plain) auth+=$(authenticator plain auth2 auth3 '  server_prompts = :')$'\n' ;;
    login) auth+=$(authenticator login auth1 auth2 '  server_prompts = Username:: : Password::')$'\n' ;;
    *) fail "INTEROP_AUTH: expected plain or login, got $mechanism" ;;
  esac
done

cat >"$dir/exim.conf" <<C
primary_hostname = $host
spool_directory = $dir/spool
log_file_path = $dir/logs/%slog
pid_file_path = $dir/pid
exim_path = $exim
local_interfaces = <; $addr
daemon_smtp_ports = $port
domainlist ours = ${domains// / : }
keep_environment =
never_users =
# It runs as one user from the start, and files come from that user.
deliver_drop_privilege = true
host_lookup =
rfc1413_query_timeout = 0s
smtputf8_advertise_hosts = *
dsn_advertise_hosts = *
delay_warning = 1s:1d
message_size_limit = 300M
smtp_accept_max = 100
# Else every eleventh message of a connection waits in the queue.
smtp_accept_queue_per_connection = 0
log_selector = +tls_cipher +tls_peerdn +smtp_connection +smtp_no_mail +received_recipients
acl_smtp_mail = sender
acl_smtp_rcpt = recipient
acl_smtp_data = accept
$tls
begin acl
sender:
  deny   condition = \${if match{\$sender_address}{^refused@}}
         message = 550 5.7.1 not from you
  accept
recipient:
  deny   local_parts = reject
         message = 550 5.1.1 nobody of that name
  defer  local_parts = defer
         message = 451 4.7.1 not now
  defer  local_parts = full
         message = 452 4.2.2 no room
  deny   condition = ${auth:+yes}
         !authenticated = *
         message = 550 5.7.0 log in first
  accept domains = +ours
  deny   message = nothing is relayed from here
begin routers
gone:
  driver = redirect
  local_parts = gone
  allow_fail
  data = :fail: nobody of that name
wait:
  driver = redirect
  local_parts = wait
  allow_defer
  data = :defer: the mailbox is closed for the night
all:
  driver = accept
  domains = +ours
  transport = maildir
begin transports
maildir:
  driver = appendfile
  maildir_format
  directory = $dir/mail
  envelope_to_add
  return_path_add
  mode = 0644
begin retry
* * F,1d,2s
begin authenticators
$auth
C
"$exim" -C "$dir/exim.conf" -bd -q2s >"$dir/start.log" 2>&1 || { cat "$dir/start.log" >&2; fail 'exim did not start'; }
ready "$dir/pid" "$dir/logs/mainlog"
