#!/usr/bin/env bash
# make-pki.sh   Certificates for the servers, made by openssl alone, under $INTEROP_RUN/pki; done once.
#   root.pem                  what a client trusts
#   NAME/key.pem, chain.pem   what a server shows; the table at the end of this file says what each one is
. "$(dirname "$0")/lib.sh"
mkdir -p "$run"
exec 9>"$run/pki.lock"
flock 9
[ ! -e "$pki/done" ] || exit 0
rm -rf "$pki"
mkdir -p "$pki/ca"
cd "$pki"
past=20150101000000Z
future=20491231000000Z
from=$(date -u -d '2 days ago' +%Y%m%d%H%M%SZ)
until=$(date -u -d '90 days' +%Y%m%d%H%M%SZ)
: >ca/index
echo 'unique_subject = no' >ca/index.attr
echo 1000 >ca/serial
cat >ca/openssl.cnf <<'C'
[req]
distinguished_name = name
prompt = no
[name]
[ca]
default_ca = here
[here]
database = ca/index
serial = ca/serial
new_certs_dir = ca
policy = any
string_mask = utf8only
[any]
organizationName = optional
commonName = optional
C

make_key() {
  case $2 in
    rsa*) openssl genrsa -out "$1" "${2#rsa}" 2>/dev/null ;;
    ec) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null ;;
    *) openssl genpkey -algorithm "$2" -out "$1" 2>/dev/null ;;
  esac
  chmod 644 "$1"
}

# certify ISSUER KEY OUT SUBJECT FROM UNTIL DIGEST; extensions come on standard input. ISSUER "self": by the key itself.
certify() {
  local by=(-cert "ca/$1.pem" -keyfile "ca/$1.key")
  [ "$1" != self ] || by=(-selfsign -keyfile "$2")
  { cat ca/openssl.cnf; echo '[with]'; cat; } >ca/now.cnf
  openssl req -new -config ca/openssl.cnf -utf8 -key "$2" -subj "$4" -out ca/request 2>ca/err &&
    openssl ca -batch -notext -config ca/now.cnf "${by[@]}" -in ca/request -out "$3" \
      -startdate "$5" -enddate "$6" -md "$7" -extensions with 2>ca/err || { cat ca/err >&2; fail "cannot make $3"; }
}

# authority NAME ISSUER [UNTIL] [PATHLENGTH] [MORE]
authority() {
  make_key "ca/$1.key" ec
  certify "$2" "ca/$1.key" "ca/$1.pem" "/O=Interop/CN=Interop $1" $past "${3:-$future}" sha256 <<X
basicConstraints = critical,CA:TRUE${4:+,pathlen:$4}
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
${5:-}
X
}
authority root self
authority stranger self
authority strange-middle stranger
authority middle root
authority old-middle root 20210101000000Z
authority last root '' 0
authority beyond last
authority bound root '' '' "nameConstraints = critical,permitted;DNS:example.test"
cp ca/root.pem root.pem

# leaf NAME ISSUER KEY CN SAN PURPOSE DATES DIGEST MORE; "-" leaves out. Sends the leaf and what is above it, without the
# root that clients trust.
leaf() {
  local name=$1 issuer=$2 key=$3 cn=$4 san=$5 purpose=$6 dates=$7 digest=$8 more=$9 start=$from end=$until above
  mkdir "$name"
  make_key "$name/key.pem" "$key"
  case $dates in
    past) start=20200101000000Z end=20210101000000Z ;;
    future) start=20480101000000Z end=20490101000000Z ;;
  esac
  certify "$issuer" "$name/key.pem" "$name/cert.pem" "/O=Interop$([ "$cn" = - ] || echo "/CN=$cn")" "$start" "$end" "$digest" <<X
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature$([[ $key != rsa* ]] || echo ,keyEncipherment)
$([ "$purpose" = - ] || echo "extendedKeyUsage = $purpose")
$([ "$san" = - ] || echo "subjectAltName = $san")
$([ "$more" = - ] || echo "$more")
X
  case $issuer in
    self | root) above=() ;;
    beyond) above=(ca/beyond.pem ca/last.pem) ;;
    *) above=("ca/$issuer.pem") ;;
  esac
  cat "$name/cert.pem" ${above[@]+"${above[@]}"} >"$name/chain.pem"
}

while read -r name issuer key cn san purpose dates digest more; do
  leaf "$name" "$issuer" "$key" "${cn//HOST/$host}" "${san//HOST/$host}" "$purpose" "$dates" "$digest" "$more"
done <<'TABLE'
good             middle     rsa2048 HOST            DNS:HOST                  serverAuth now    sha256 -
ec               middle     ec      HOST            DNS:HOST                  serverAuth now    sha256 -
ed25519          middle     ed25519 HOST            DNS:HOST                  serverAuth now    sha256 -
san-only         middle     ec      -               DNS:HOST                  serverAuth now    sha256 -
cn-differs       middle     ec      a.invalid       DNS:HOST                  serverAuth now    sha256 -
no-purpose       middle     ec      HOST            DNS:HOST                  -          now    sha256 -
root-direct      root       ec      HOST            DNS:HOST                  serverAuth now    sha256 -
expired          middle     ec      HOST            DNS:HOST                  serverAuth past   sha256 -
not-yet-valid    middle     ec      HOST            DNS:HOST                  serverAuth future sha256 -
wrong-name       middle     ec      a.invalid       DNS:a.invalid             serverAuth now    sha256 -
cn-only          middle     ec      HOST            -                         serverAuth now    sha256 -
san-differs      middle     ec      HOST            DNS:a.invalid             serverAuth now    sha256 -
wildcard-partial middle     ec      -               DNS:m*.example.test       serverAuth now    sha256 -
wildcard-wide    middle     ec      -               DNS:*.test                serverAuth now    sha256 -
address-only     middle     ec      HOST            IP:127.0.0.1              serverAuth now    sha256 -
self-signed      self       ec      HOST            DNS:HOST                  serverAuth now    sha256 -
stranger         stranger   ec      HOST            DNS:HOST                  serverAuth now    sha256 -
strange-chain    strange-middle ec HOST             DNS:HOST                  serverAuth now    sha256 -
old-middle       old-middle ec      HOST            DNS:HOST                  serverAuth now    sha256 -
rsa1024          middle     rsa1024 HOST            DNS:HOST                  serverAuth now    sha256 -
sha1             middle     rsa2048 HOST            DNS:HOST                  serverAuth now    sha1   -
client-only      middle     ec      HOST            DNS:HOST                  clientAuth now    sha256 -
unknown-critical middle     ec      HOST            DNS:HOST                  serverAuth now    sha256 1.3.6.1.4.1.55555.1 = critical,DER:0500
name-outside     bound      ec      HOST            DNS:HOST,DNS:a.invalid    serverAuth now    sha256 -
too-deep         beyond     ec      HOST            DNS:HOST                  serverAuth now    sha256 -
incomplete       middle     ec      HOST            DNS:HOST                  serverAuth now    sha256 -
TABLE
cp incomplete/cert.pem incomplete/chain.pem

# A server's certificate that signs another one.
cp good/cert.pem ca/good.pem
cp good/key.pem ca/good.key
leaf below-leaf good ec "$host" "DNS:$host" serverAuth now sha256 -
cat ca/middle.pem >>below-leaf/chain.pem
rm -f ca/now.cnf ca/request ca/err
touch done
