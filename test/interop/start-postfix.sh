#!/usr/bin/env bash
# start-postfix.sh PORT   Postfix with a configuration, queue and mail directory of its own; as root.
# Each delivery becomes one file in maildir=. Recipients with a meaning: reject@ 550, defer@ 451, full@ 452; gone@ and wait@
# are taken, then the first fails and the second is put off, and their sender is told. Sender: refused@ 550.
# INTEROP_MAIN='name=value;name=value' adds to main.cf.
. "$(dirname "$0")/lib.sh"
command -v postconf >/dev/null || fail 'postfix is missing: run test/interop/install.sh'
prepare postfix "${1:-}"
etc=$dir/etc
mkdir -p "$etc" "$dir/spool" "$dir/data"
chown postfix "$dir/data"
chown -R nobody:nogroup "$dir/mail"
nobody=$(id -u nobody) nogroup=$(id -g nobody)
# One file, key first, as smtpd_tls_chain_files wants it.
cat "$key" "$cert" >"$etc/tls.pem"
chmod 600 "$etc/tls.pem"
cat >"$etc/recipients" <<'R'
/^reject@/ 550 5.1.1 nobody of that name
/^defer@/ 451 4.7.1 not now
/^full@/ 452 4.2.2 no room
R
echo '/^refused@/ 550 5.7.1 not from you' >"$etc/senders"
listen=$addr:$port
[[ $addr != *:* ]] || listen="[$addr]:$port"
# These go out once more, to this very server, under names that it refuses.
cat >"$etc/transport" <<R
/^(gone|wait)@/ smtp:[$addr]:$port
R
cat >"$etc/generic" <<'R'
/^gone@(.*)/ reject@$1
/^wait@(.*)/ full@$1
R
cat >"$etc/main.cf" <<C
compatibility_level = 3.6
queue_directory = $dir/spool
data_directory = $dir/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = $dir/log
maillog_file_prefixes = $dir
myhostname = $host
mydestination =
mynetworks =
local_header_rewrite_clients =
inet_interfaces = loopback-only
inet_protocols = all
smtpd_peername_lookup = no
smtp_dns_support_level = disabled
default_transport = error:5.4.4 nothing is relayed from here
alias_maps =
local_recipient_maps =
transport_maps = regexp:$etc/transport
smtp_generic_maps = regexp:$etc/generic
delay_warning_time = 1s
queue_run_delay = 2s
minimal_backoff_time = 2s
virtual_mailbox_domains = $domains
virtual_mailbox_base = $dir
virtual_mailbox_maps = static:mail/
virtual_uid_maps = static:$nobody
virtual_gid_maps = static:$nogroup
virtual_minimum_uid = 1
virtual_mailbox_limit = 0
message_size_limit = 300000000
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions = check_recipient_access regexp:$etc/recipients
smtpd_sender_restrictions = check_sender_access regexp:$etc/senders
# Else a sender is refused at RCPT only.
smtpd_delay_reject = no
smtpd_reject_unlisted_sender = no
smtpd_client_connection_count_limit = 0
smtpd_tls_security_level = ${INTEROP_TLS:-may}
smtpd_tls_chain_files = $etc/tls.pem
smtpd_tls_received_header = yes
smtpd_tls_loglevel = 1
biff = no
C
while IFS= read -r -d ';' setting; do
  [ -z "$setting" ] || postconf -c "$etc" -e "$setting"
done <<<"${INTEROP_MAIN:-};"
listen=$addr:$port
[[ $addr != *:* ]] || listen="[$addr]:$port"
cat >"$etc/master.cf" <<C
$listen  inet  n - n - - smtpd
postlog  unix-dgram n - n - 1 postlogd
qmgr     unix n - n 300 1 qmgr
tlsmgr   unix - - n 1000? 1 tlsmgr
verify   unix - - n - 1 verify
anvil    unix - - n - 1 anvil
cleanup  unix n - n - 0 cleanup
bounce   unix - - n - 0 bounce
defer    unix - - n - 0 bounce
trace    unix - - n - 0 bounce
flush    unix n - n 1000? 0 flush
rewrite  unix - - n - - trivial-rewrite
proxymap unix - - n - - proxymap
error    unix - - n - - error
retry    unix - - n - - error
smtp     unix - - n - - smtp
virtual  unix - n n - - virtual
C
# Postfix waits for files that have just been changed.
touch -d '1 minute ago' "$etc"/*
postfix -c "$etc" start >"$dir/start.log" 2>&1 || { cat "$dir/start.log" >&2; fail 'postfix did not start'; }
ready "$dir/spool/pid/master.pid" "$dir/log"
