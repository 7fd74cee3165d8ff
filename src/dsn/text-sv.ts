/** The words of reports in Swedish. */
import type { LanguageTexts } from './texts.js';

const TELL_RECIPIENT =
  'Meddela mottagaren på annat sätt; de som sköter e-postservern där kan rätta till felet.';
const ASK_OWN = 'Fråga dem som sköter ditt eget e-postsystem.';
const AGAIN = 'Skicka meddelandet igen senare. Misslyckas det på nytt, meddela mottagaren på annat sätt.';
const RENEW =
  'Be mottagaren se till att e-postservern får ett riktigt certifikat och skicka sedan meddelandet igen.';
const STRONGER =
  'Be mottagaren se till att e-postserverns kryptering uppdateras och skicka sedan meddelandet igen.';
const ENCRYPT =
  'Be mottagaren se till att e-postserverns kryptering lagas och skicka sedan meddelandet igen.';
const INTERFERED = `${TELL_RECIPIENT} Någon kan störa förbindelsen med avsikt.`;
const FIX_ADDRESS = 'Kontrollera adressen bokstav för bokstav och skicka meddelandet igen.';

/** Swedish. */
export const textsSv: LanguageTexts = {
  reasons: {
    'recipient-invalid': ['Adressen är inte skriven så som en adress måste vara.', FIX_ADDRESS],
    'address-literal-unverifiable': [
      'Adressen anger en dator med dess nummer, och ingen kan bevisa sig vara ett nummer.',
      'Använd en adress med ett domännamn efter ”@”.',
    ],
    'dns-nxdomain': ['Domänen efter ”@” finns inte.', FIX_ADDRESS],
    'null-mx': ['Domänen efter ”@” tar inte emot någon e-post.', 'Be mottagaren om en annan adress.'],
    'dns-servfail': ['Domänens uppgifter i katalogen gick inte att läsa; de tycks vara trasiga.', AGAIN],
    'dns-timeout': ['Katalogen som anger vart domänens e-post ska svarade inte.', AGAIN],
    'dns-refused': ['Katalogen som anger vart e-post ska vägrade svara ditt e-postsystem.', ASK_OWN],
    'dns-malformed': ['Domänens uppgifter i katalogen går inte att förstå.', TELL_RECIPIENT],
    'dns-alias-loop': ['Domänens uppgifter i katalogen pekar på varandra i en cirkel.', TELL_RECIPIENT],
    'dnssec-invalid': ['Domänens uppgifter i katalogen har en felaktig signatur.', INTERFERED],
    'dns-unconfirmed': [
      'Domänen sades inte ta emot e-post, och det gick inte att få bekräftat.',
      `${FIX_ADDRESS} Är adressen rätt, meddela mottagaren på annat sätt.`,
    ],
    'no-usable-host': ['Domänen anger e-postservrar som inte finns.', TELL_RECIPIENT],
    'host-unresolved': ['Domänens e-postservrar gick inte att hitta just då.', AGAIN],
    'address-not-allowed': [
      'Domänen leder till en adress i ett privat nät, och dit skickas ingen e-post.',
      TELL_RECIPIENT,
    ],
    'mail-loop': ['Domänen leder tillbaka till det e-postsystem som skickar.', ASK_OWN],
    'connect-timeout': ['Mottagarens e-postserver gick inte att nå.', AGAIN],
    'connect-refused': ['Mottagarens e-postserver är inte i gång.', AGAIN],
    'network-unreachable': ['Det fanns ingen väg genom nätet till mottagarens e-postserver.', AGAIN],
    'egress-port-blocked': ['Ditt e-postsystem kunde inte nå någon e-postserver alls.', ASK_OWN],
    'no-greeting': ['Mottagarens e-postserver tog emot anslutningen men sade sedan ingenting.', AGAIN],
    'connection-closed': ['Mottagarens e-postserver bröt förbindelsen.', AGAIN],
    'command-timeout': ['Mottagarens e-postserver slutade svara.', AGAIN],
    'session-time-limit': ['Mottagarens e-postserver var för långsam.', AGAIN],
    'delivery-unknown': [
      'Förbindelsen bröts innan e-postservern bekräftade meddelandet. Det kan ha kommit fram eller inte.',
      'Fråga mottagaren om meddelandet har kommit fram innan du skickar det igen.',
    ],
    'smtp-refused': [
      'Mottagarens e-postserver tar inte emot e-post från ditt e-postsystem.',
      'Meddela mottagaren på annat sätt och fråga dem som sköter ditt eget e-postsystem.',
    ],
    'peer-busy': ['Mottagarens e-postserver var upptagen för länge.', AGAIN],
    'peer-concurrency-limit': ['Mottagarens e-postserver tillåter färre anslutningar åt gången.', AGAIN],
    'ehlo-name-refused': ['Mottagarens e-postserver godtar inte namnet på ditt e-postsystem.', ASK_OWN],
    'sender-rejected': [
      'Mottagarens e-postserver godtar inte din adress som avsändare.',
      'Meddela mottagaren på annat sätt eller skicka från en annan adress.',
    ],
    'sender-deferred': ['Mottagarens e-postserver tog inte emot e-post från dig just då.', AGAIN],
    'recipient-rejected': [
      'E-postservern tar inte emot e-post till den här mottagaren. Ofta är adressen felstavad eller inte längre i bruk.',
      FIX_ADDRESS,
    ],
    'recipient-deferred': [
      'E-postservern tog inte emot e-post till den här mottagaren just då. Brevlådan kan vara full.',
      AGAIN,
    ],
    'message-rejected': [
      'Mottagarens e-postserver godtar inte meddelandet.',
      'Läs serverns svar, ändra meddelandet (ofta beror det på bilagor) och skicka det igen.',
    ],
    'message-deferred': ['Mottagarens e-postserver kunde inte ta emot meddelandet just då.', AGAIN],
    'reply-malformed': ['Mottagarens e-postserver gav svar som inte går att förstå.', TELL_RECIPIENT],
    'reply-too-long': ['Mottagarens e-postserver gav ett svar utan slut.', TELL_RECIPIENT],
    'reply-mismatch': ['E-postserverns svar stämde inte med frågorna.', INTERFERED],
    'unsolicited-reply': ['E-postservern svarade utan att vara tillfrågad.', INTERFERED],
    'starttls-not-supported': ['Mottagarens e-postserver erbjuder ingen kryptering.', ENCRYPT],
    'starttls-stripped': ['Något på vägen tar bort krypteringen.', INTERFERED],
    'starttls-refused': ['Mottagarens e-postserver erbjuder kryptering men vägrar sedan.', ENCRYPT],
    'starttls-temporarily-unavailable': ['Mottagarens e-postserver kunde inte starta krypteringen.', ENCRYPT],
    'plaintext-after-starttls': ['Okrypterad text kom där krypteringen skulle börja.', INTERFERED],
    'not-tls': ['Mottagarens e-postserver svarade inte krypterat.', ENCRYPT],
    'handshake-closed': ['E-postservern lade på medan krypteringen avtalades.', ENCRYPT],
    'handshake-timeout': ['E-postservern tystnade medan krypteringen avtalades.', ENCRYPT],
    'handshake-alert': ['E-postservern avbröt medan krypteringen avtalades.', ENCRYPT],
    'no-common-protocol': ['Mottagarens e-postserver kan bara föråldrad kryptering.', STRONGER],
    'client-certificate-required': [
      'Mottagarens e-postserver vill att ditt e-postsystem bevisar sin identitet.',
      ASK_OWN,
    ],
    'session-resumed': ['E-postserverns identitet gick inte att kontrollera.', AGAIN],
    'legacy-renegotiation': ['E-postserverns kryptering har en känd svaghet.', STRONGER],
    'protocol-below-floor': ['E-postservern använder en för gammal version av krypteringen.', STRONGER],
    'cipher-below-floor': ['E-postserverns kryptering är för svag.', STRONGER],
    'cipher-forbidden': ['E-postservern använder ett slags kryptering som är förbjudet.', STRONGER],
    'no-forward-secrecy': [
      'E-postserverns kryptering skulle inte skydda meddelandet om en nyckel blev stulen senare.',
      STRONGER,
    ],
    'weak-dh': ['E-postservern utbyter nycklar på ett sätt som är för svagt.', STRONGER],
    'certificate-missing': ['E-postservern visade inget certifikat som bevisar dess identitet.', RENEW],
    'certificate-unknown-issuer': [
      'E-postserverns certifikat kommer från en utfärdare som ingen här känner till.',
      RENEW,
    ],
    'certificate-not-trusted': [
      'E-postserverns certifikat kommer från en utfärdare som inte är betrodd.',
      RENEW,
    ],
    'certificate-self-signed': [
      'E-postservern har utfärdat sitt certifikat åt sig själv, och det bevisar ingenting.',
      RENEW,
    ],
    'certificate-chain-incomplete': [
      'E-postservern visar bara en del av de certifikat som bevisar dess identitet.',
      RENEW,
    ],
    'certificate-distrusted-root': ['Utfärdaren av e-postserverns certifikat är inte längre betrodd.', RENEW],
    'certificate-issuer-not-allowed': [
      'E-postserverns certifikat är inte det som man har kommit överens om.',
      'Fråga mottagaren om certifikatet har bytts och säg till dem som sköter ditt eget e-postsystem.',
    ],
    'certificate-expired': [
      'E-postserverns certifikat har gått ut.',
      'Be mottagaren förnya certifikatet och skicka sedan meddelandet igen.',
    ],
    'certificate-not-yet-valid': ['E-postserverns certifikat gäller inte ännu.', RENEW],
    'certificate-host-mismatch': ['E-postserverns certifikat är utställt på ett annat namn.', INTERFERED],
    'certificate-cn-mismatch': ['E-postserverns certifikat är utställt på ett annat namn.', INTERFERED],
    'certificate-wrong-purpose': ['E-postserverns certifikat är inte utfärdat för servrar.', RENEW],
    'certificate-weak-key': ['Nyckeln i e-postserverns certifikat är för kort.', RENEW],
    'certificate-weak-signature': ['E-postserverns certifikat är signerat på ett föråldrat sätt.', RENEW],
    'certificate-revoked': ['E-postserverns certifikat har spärrats.', RENEW],
    'certificate-staple-missing': [
      'E-postservern visar inte det giltighetsbevis (OCSP-häftning) som dess certifikat utlovar.',
      RENEW,
    ],
    'certificate-name-constraint': [
      'Utfärdaren hade inte rätt att utfärda e-postserverns certifikat.',
      RENEW,
    ],
    'certificate-unknown-critical-extension': [
      'E-postserverns certifikat innehåller ett villkor som ingen här förstår.',
      RENEW,
    ],
    'certificate-invalid': ['E-postserverns certifikat bryter mot reglerna för certifikat.', RENEW],
    'mx-not-allowed': [
      'Domänen anger en e-postserver som inte är bland dem som man har kommit överens om.',
      'Fråga mottagaren om e-postservrarna har bytts och säg till dem som sköter ditt eget e-postsystem.',
    ],
    'mx-not-authenticated': ['Ingen kunde bevisa att e-postservern hör till domänen.', ASK_OWN],
    'policy-contradiction': ['Två av reglerna för den här domänen säger emot varandra.', ASK_OWN],
    'policy-lowered': ['Reglerna för den här domänen är svagare nu än när du skickade meddelandet.', ASK_OWN],
    'policy-source-unknown': ['Reglerna för den här domänen gick inte att läsa.', ASK_OWN],
    'auth-not-offered': [
      'Ditt e-postsystem kunde inte logga in på den server som det skickar genom.',
      ASK_OWN,
    ],
    'auth-rejected': ['Servern som ditt e-postsystem skickar genom godtog inte lösenordet.', ASK_OWN],
    'message-too-big': [
      'Meddelandet är större än vad mottagarens e-postserver tar emot.',
      'Gör bilagorna mindre eller skicka dem på annat sätt.',
    ],
    'message-malformed': ['Meddelandet är inte uppbyggt så som e-post måste vara.', ASK_OWN],
    'line-too-long': ['Meddelandet har en rad som är för lång för e-post.', ASK_OWN],
    'lone-cr': ['Meddelandet har ett radslut som inte är tillåtet i e-post.', ASK_OWN],
    'message-changed': ['Det sparade meddelandet ändrades eller togs bort innan det kunde skickas.', ASK_OWN],
    '8bitmime-not-offered': [
      'Mottagarens e-postserver kan inte ta emot meddelandets tecken som de är.',
      ASK_OWN,
    ],
    'smtputf8-not-offered': [
      'Mottagarens e-postserver kan inte ta emot bokstäver som ”å” i adresser.',
      'Använd en adress som är skriven med bokstäverna a till z.',
    ],
    'smtputf8-header-not-offered': [
      'Mottagarens e-postserver kan inte ta emot meddelandets huvud som det är skrivet.',
      ASK_OWN,
    ],
    'received-loop': ['Meddelandet har gått i cirklar mellan e-postservrar.', ASK_OWN],
    'internal-error': ['Ditt eget e-postsystem hade ett fel.', ASK_OWN],
    'queue-expired': ['Meddelandet gick inte att leverera inom sin tid.', AGAIN],
    cancelled: ['Meddelandet drogs tillbaka av dem som sköter ditt e-postsystem.', ASK_OWN],
  },
  unknownCause: ['Orsaken är inte känd.', AGAIN],
  fromName: 'E-postsystemet',
  subject: {
    failed: (to) => `Ej levererat: meddelande till ${to}`,
    insecure: (to) => `Ej levererat: ingen säker förbindelse till ${to}`,
    delayed: (to) => `Försenat: meddelande till ${to}`,
    delivered: (to) => `Levererat: meddelande till ${to}`,
    relayed: (to) => `Överlämnat: meddelande till ${to}`,
  },
  several: 'flera mottagare',
  lead: {
    failed: (recipient) => `Ditt meddelande till ${recipient} levererades inte.`,
    delayed: (recipient) =>
      `Ditt meddelande till ${recipient} har inte levererats ännu. Du behöver inte skicka det igen.`,
    delivered: (recipient) => `Ditt meddelande till ${recipient} levererades.`,
    relayed: (recipient) =>
      `Ditt meddelande till ${recipient} lämnades till mottagarens e-postserver. Den skickar inga bekräftelser, så det kommer inget mer besked.`,
  },
  whileWaiting:
    'Om det är brådskande, meddela mottagaren på annat sätt. Annars behöver du inte göra något: så snart felet är avhjälpt skickas meddelandet av sig självt.',
  secureOnly:
    'Meddelandet får bara skickas över en säker förbindelse som uppfyller de överenskomna reglerna. Utan en sådan skickades ingenting av det, inte heller i klartext.',
  since: (time) => `Så har det varit sedan ${time}.`,
  lastAttempt: (time) => `Det senaste försöket gjordes ${time}.`,
  retryUntil: (time) => `Nya försök görs till ${time}; sedan får du en slutlig rapport.`,
  server: (host) => `E-postserver: ${host}`,
  detail: (text) => `Tekniska uppgifter: ${text}`,
  reply: (text) => `Servern svarade: ${text}`,
  unprovenReply:
    'Serverns svar kom före krypteringen och kan vara från vem som helst; det står bara i rapportens tekniska del.',
  closing: 'Den här rapporten är skriven av ett e-postsystem. Delen nedan är till för dem som sköter det.',
  months: [
    'januari',
    'februari',
    'mars',
    'april',
    'maj',
    'juni',
    'juli',
    'augusti',
    'september',
    'oktober',
    'november',
    'december',
  ],
  date: (day, month, year, clock) => `den ${day} ${month} ${year} kl. ${clock}`,
};
