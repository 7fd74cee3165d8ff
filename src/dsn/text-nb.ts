/** The words of reports in Norwegian (bokmål). */
import type { LanguageTexts } from './texts.js';

const TELL_RECIPIENT =
  'Si fra til mottakeren på annen måte; de som driver e-posttjeneren der, kan rette feilen.';
const ASK_OWN = 'Spør dem som driver ditt eget e-postsystem.';
const AGAIN = 'Send meldingen på nytt senere. Går det galt igjen, si fra til mottakeren på annen måte.';
const RENEW =
  'Be mottakeren sørge for at e-posttjeneren får et riktig sertifikat, og send så meldingen på nytt.';
const STRONGER =
  'Be mottakeren sørge for at krypteringen på e-posttjeneren blir oppdatert, og send så meldingen på nytt.';
const ENCRYPT =
  'Be mottakeren sørge for at krypteringen på e-posttjeneren blir reparert, og send så meldingen på nytt.';
const INTERFERED = `${TELL_RECIPIENT} Noen kan forstyrre forbindelsen med vilje.`;
const FIX_ADDRESS = 'Se over adressen bokstav for bokstav og send meldingen på nytt.';

/** Norwegian (bokmål). */
export const textsNb: LanguageTexts = {
  reasons: {
    'recipient-invalid': ['Adressen er ikke skrevet slik en adresse må være.', FIX_ADDRESS],
    'address-literal-unverifiable': [
      'Adressen viser til en maskin med nummeret dens, og ingen kan bevise at de er et nummer.',
      'Bruk en adresse med et domenenavn etter «@».',
    ],
    'dns-nxdomain': ['Domenet etter «@» finnes ikke.', FIX_ADDRESS],
    'null-mx': ['Domenet etter «@» tar ikke imot e-post.', 'Be mottakeren om en annen adresse.'],
    'dns-servfail': [
      'Katalogoppføringene til domenet lot seg ikke lese; de ser ut til å være ødelagt.',
      AGAIN,
    ],
    'dns-timeout': ['Katalogen som sier hvor e-posten til domenet skal, svarte ikke.', AGAIN],
    'dns-refused': ['Katalogen som sier hvor e-post skal, nektet å svare e-postsystemet ditt.', ASK_OWN],
    'dns-malformed': ['Katalogoppføringene til domenet gir ingen mening.', TELL_RECIPIENT],
    'dns-alias-loop': ['Katalogoppføringene til domenet peker på hverandre i en sirkel.', TELL_RECIPIENT],
    'dnssec-invalid': ['Katalogoppføringene til domenet har en signatur som er feil.', INTERFERED],
    'dns-unconfirmed': [
      'Det ble sagt at domenet ikke tar imot e-post, og det lot seg ikke bekrefte.',
      `${FIX_ADDRESS} Er adressen riktig, si fra til mottakeren på annen måte.`,
    ],
    'no-usable-host': ['Domenet viser til e-posttjenere som ikke finnes.', TELL_RECIPIENT],
    'host-unresolved': ['E-posttjenerne til domenet var ikke å finne på det tidspunktet.', AGAIN],
    'address-not-allowed': [
      'Domenet fører til en adresse i et privat nett, og dit sendes det ikke e-post.',
      TELL_RECIPIENT,
    ],
    'mail-loop': ['Domenet fører tilbake til e-postsystemet som sender.', ASK_OWN],
    'connect-timeout': ['E-posttjeneren til mottakeren var ikke å få tak i.', AGAIN],
    'connect-refused': ['E-posttjeneren til mottakeren er ikke i gang.', AGAIN],
    'network-unreachable': ['Det fantes ingen vei gjennom nettet til e-posttjeneren til mottakeren.', AGAIN],
    'egress-port-blocked': ['E-postsystemet ditt nådde ingen e-posttjener i det hele tatt.', ASK_OWN],
    'no-greeting': ['E-posttjeneren til mottakeren tok imot forbindelsen, men sa så ingenting.', AGAIN],
    'connection-closed': ['E-posttjeneren til mottakeren brøt forbindelsen.', AGAIN],
    'command-timeout': ['E-posttjeneren til mottakeren sluttet å svare.', AGAIN],
    'session-time-limit': ['E-posttjeneren til mottakeren var for treg.', AGAIN],
    'delivery-unknown': [
      'Forbindelsen ble brutt før e-posttjeneren bekreftet meldingen. Den kan ha kommet fram eller ikke.',
      'Spør mottakeren om meldingen har kommet fram, før du sender den på nytt.',
    ],
    'smtp-refused': [
      'E-posttjeneren til mottakeren tar ikke imot e-post fra e-postsystemet ditt.',
      'Si fra til mottakeren på annen måte, og spør dem som driver ditt eget e-postsystem.',
    ],
    'peer-busy': ['E-posttjeneren til mottakeren var opptatt for lenge.', AGAIN],
    'peer-concurrency-limit': ['E-posttjeneren til mottakeren tillater færre forbindelser om gangen.', AGAIN],
    'ehlo-name-refused': [
      'E-posttjeneren til mottakeren godtar ikke navnet på e-postsystemet ditt.',
      ASK_OWN,
    ],
    'sender-rejected': [
      'E-posttjeneren til mottakeren godtar ikke adressen din som avsender.',
      'Si fra til mottakeren på annen måte, eller send fra en annen adresse.',
    ],
    'sender-deferred': [
      'E-posttjeneren til mottakeren tok ikke imot e-post fra deg på det tidspunktet.',
      AGAIN,
    ],
    'recipient-rejected': [
      'E-posttjeneren tar ikke imot e-post til denne mottakeren. Ofte er adressen feilskrevet eller ikke lenger i bruk.',
      FIX_ADDRESS,
    ],
    'recipient-deferred': [
      'E-posttjeneren tok ikke imot e-post til denne mottakeren på det tidspunktet. Postkassen kan være full.',
      AGAIN,
    ],
    'message-rejected': [
      'E-posttjeneren til mottakeren godtar ikke meldingen.',
      'Les svaret fra tjeneren, endre meldingen (ofte skyldes det vedlegg) og send den på nytt.',
    ],
    'message-deferred': [
      'E-posttjeneren til mottakeren kunne ikke ta imot meldingen på det tidspunktet.',
      AGAIN,
    ],
    'reply-malformed': ['E-posttjeneren til mottakeren ga svar som ikke gir mening.', TELL_RECIPIENT],
    'reply-too-long': ['E-posttjeneren til mottakeren ga et svar uten ende.', TELL_RECIPIENT],
    'reply-mismatch': ['Svarene fra e-posttjeneren passet ikke til spørsmålene.', INTERFERED],
    'unsolicited-reply': ['E-posttjeneren svarte uten å være spurt.', INTERFERED],
    'starttls-not-supported': ['E-posttjeneren til mottakeren tilbyr ingen kryptering.', ENCRYPT],
    'starttls-stripped': ['Noe på veien fjerner krypteringen.', INTERFERED],
    'starttls-refused': ['E-posttjeneren til mottakeren tilbyr kryptering, men nekter så.', ENCRYPT],
    'starttls-temporarily-unavailable': [
      'E-posttjeneren til mottakeren klarte ikke å starte krypteringen.',
      ENCRYPT,
    ],
    'plaintext-after-starttls': ['Det kom ukryptert tekst der krypteringen skulle begynne.', INTERFERED],
    'not-tls': ['E-posttjeneren til mottakeren svarte ikke kryptert.', ENCRYPT],
    'handshake-closed': ['E-posttjeneren la på mens krypteringen ble avtalt.', ENCRYPT],
    'handshake-timeout': ['E-posttjeneren ble taus mens krypteringen ble avtalt.', ENCRYPT],
    'handshake-alert': ['E-posttjeneren avbrøt mens krypteringen ble avtalt.', ENCRYPT],
    'no-common-protocol': ['E-posttjeneren til mottakeren kan bare foreldet kryptering.', STRONGER],
    'client-certificate-required': [
      'E-posttjeneren til mottakeren vil at e-postsystemet ditt skal bevise hvem det er.',
      ASK_OWN,
    ],
    'session-resumed': ['Det lot seg ikke kontrollere hvem e-posttjeneren er.', AGAIN],
    'legacy-renegotiation': ['Krypteringen på e-posttjeneren har en kjent svakhet.', STRONGER],
    'protocol-below-floor': ['E-posttjeneren bruker en for gammel versjon av krypteringen.', STRONGER],
    'cipher-below-floor': ['Krypteringen på e-posttjeneren er for svak.', STRONGER],
    'cipher-forbidden': ['E-posttjeneren bruker et slags kryptering som er forbudt.', STRONGER],
    'no-forward-secrecy': [
      'Krypteringen på e-posttjeneren ville ikke beskytte meldingen hvis en nøkkel ble stjålet senere.',
      STRONGER,
    ],
    'weak-dh': ['E-posttjeneren utveksler nøkler på en måte som er for svak.', STRONGER],
    'certificate-missing': ['E-posttjeneren viste ikke noe sertifikat som beviser hvem den er.', RENEW],
    'certificate-unknown-issuer': [
      'Sertifikatet til e-posttjeneren kommer fra en utsteder som ingen her kjenner.',
      RENEW,
    ],
    'certificate-not-trusted': [
      'Sertifikatet til e-posttjeneren kommer fra en utsteder som ikke er til å stole på.',
      RENEW,
    ],
    'certificate-self-signed': [
      'E-posttjeneren har utstedt sertifikatet til seg selv, og det beviser ingenting.',
      RENEW,
    ],
    'certificate-chain-incomplete': [
      'E-posttjeneren viser bare en del av sertifikatene som beviser hvem den er.',
      RENEW,
    ],
    'certificate-distrusted-root': [
      'Utstederen av sertifikatet til e-posttjeneren er ikke lenger til å stole på.',
      RENEW,
    ],
    'certificate-issuer-not-allowed': [
      'Sertifikatet til e-posttjeneren er ikke det som var avtalt.',
      'Spør mottakeren om sertifikatet er byttet, og si fra til dem som driver ditt eget e-postsystem.',
    ],
    'certificate-expired': [
      'Sertifikatet til e-posttjeneren er utløpt.',
      'Be mottakeren fornye sertifikatet, og send så meldingen på nytt.',
    ],
    'certificate-not-yet-valid': ['Sertifikatet til e-posttjeneren er ikke gyldig ennå.', RENEW],
    'certificate-host-mismatch': [
      'Sertifikatet til e-posttjeneren er utstedt til et annet navn.',
      INTERFERED,
    ],
    'certificate-cn-mismatch': ['Sertifikatet til e-posttjeneren er utstedt til et annet navn.', INTERFERED],
    'certificate-wrong-purpose': ['Sertifikatet til e-posttjeneren er ikke utstedt for tjenere.', RENEW],
    'certificate-weak-key': ['Nøkkelen i sertifikatet til e-posttjeneren er for kort.', RENEW],
    'certificate-weak-signature': ['Sertifikatet til e-posttjeneren er signert på en foreldet måte.', RENEW],
    'certificate-revoked': ['Sertifikatet til e-posttjeneren er trukket tilbake.', RENEW],
    'certificate-staple-missing': [
      'E-posttjeneren viser ikke gyldighetsbeviset (OCSP-stifting) som sertifikatet lover.',
      RENEW,
    ],
    'certificate-name-constraint': [
      'Utstederen hadde ikke rett til å utstede sertifikatet til e-posttjeneren.',
      RENEW,
    ],
    'certificate-unknown-critical-extension': [
      'Sertifikatet til e-posttjeneren har et vilkår som ingen her forstår.',
      RENEW,
    ],
    'certificate-invalid': ['Sertifikatet til e-posttjeneren bryter reglene for sertifikater.', RENEW],
    'mx-not-allowed': [
      'Domenet viser til en e-posttjener som ikke er blant dem som var avtalt.',
      'Spør mottakeren om e-posttjenerne er byttet, og si fra til dem som driver ditt eget e-postsystem.',
    ],
    'mx-not-authenticated': ['Ingen kunne bevise at e-posttjeneren hører til domenet.', ASK_OWN],
    'policy-contradiction': ['To av reglene for dette domenet sier imot hverandre.', ASK_OWN],
    'policy-lowered': ['Reglene for dette domenet er svakere nå enn da du sendte meldingen.', ASK_OWN],
    'policy-source-unknown': ['Reglene for dette domenet lot seg ikke lese.', ASK_OWN],
    'auth-not-offered': ['E-postsystemet ditt fikk ikke logget inn på tjeneren det sender gjennom.', ASK_OWN],
    'auth-rejected': ['Tjeneren som e-postsystemet ditt sender gjennom, godtok ikke passordet.', ASK_OWN],
    'message-too-big': [
      'Meldingen er større enn e-posttjeneren til mottakeren tar imot.',
      'Gjør vedleggene mindre, eller send dem på annen måte.',
    ],
    'message-malformed': ['Meldingen er ikke bygd opp slik e-post må være.', ASK_OWN],
    'line-too-long': ['Meldingen har en linje som er for lang for e-post.', ASK_OWN],
    'lone-cr': ['Meldingen har en linjeslutt som ikke er tillatt i e-post.', ASK_OWN],
    'message-changed': ['Den lagrede meldingen ble endret eller fjernet før den kunne sendes.', ASK_OWN],
    '8bitmime-not-offered': [
      'E-posttjeneren til mottakeren kan ikke ta imot tegnene i meldingen slik de er.',
      ASK_OWN,
    ],
    'smtputf8-not-offered': [
      'E-posttjeneren til mottakeren kan ikke ta imot bokstaver som «å» i adresser.',
      'Bruk en adresse som er skrevet med bokstavene a til z.',
    ],
    'smtputf8-header-not-offered': [
      'E-posttjeneren til mottakeren kan ikke ta imot meldingshodet slik det er skrevet.',
      ASK_OWN,
    ],
    'received-loop': ['Meldingen har gått i ring mellom e-posttjenere.', ASK_OWN],
    'internal-error': ['Ditt eget e-postsystem hadde en feil.', ASK_OWN],
    'queue-expired': ['Meldingen lot seg ikke levere innen fristen.', AGAIN],
    cancelled: ['Meldingen ble trukket tilbake av dem som driver e-postsystemet ditt.', ASK_OWN],
  },
  unknownCause: ['Årsaken er ikke kjent.', AGAIN],
  fromName: 'E-postsystemet',
  subject: {
    failed: (to) => `Ikke levert: melding til ${to}`,
    insecure: (to) => `Ikke levert: ingen sikker forbindelse til ${to}`,
    delayed: (to) => `Forsinket: melding til ${to}`,
    delivered: (to) => `Levert: melding til ${to}`,
    relayed: (to) => `Overlevert: melding til ${to}`,
  },
  several: 'flere mottakere',
  lead: {
    failed: (recipient) => `Meldingen din til ${recipient} ble ikke levert.`,
    delayed: (recipient) =>
      `Meldingen din til ${recipient} er ikke levert ennå. Du trenger ikke å sende den på nytt.`,
    delivered: (recipient) => `Meldingen din til ${recipient} ble levert.`,
    relayed: (recipient) =>
      `Meldingen din til ${recipient} ble overlatt til e-posttjeneren til mottakeren. Den sender ingen bekreftelser, så det kommer ikke flere beskjeder.`,
  },
  whileWaiting:
    'Hvis det haster, gi mottakeren beskjed på en annen måte. Ellers trenger du ikke gjøre noe: så snart feilen er rettet, sendes meldingen av seg selv.',
  secureOnly:
    'Meldingen kan bare sendes over en sikker forbindelse som følger de avtalte reglene. Uten en slik ble ingenting av den sendt, heller ikke i klartekst.',
  since: (time) => `Slik har det vært siden ${time}.`,
  lastAttempt: (time) => `Siste forsøk var ${time}.`,
  retryUntil: (time) => `Det prøves fram til ${time}; så får du en endelig rapport.`,
  server: (host) => `E-posttjener: ${host}`,
  detail: (text) => `Tekniske opplysninger: ${text}`,
  reply: (text) => `Tjeneren svarte: ${text}`,
  unprovenReply:
    'Svaret fra tjeneren kom før krypteringen og kan være fra hvem som helst; det står bare i den tekniske delen av rapporten.',
  closing: 'Denne rapporten er skrevet av et e-postsystem. Delen nedenfor er for dem som driver det.',
  months: [
    'januar',
    'februar',
    'mars',
    'april',
    'mai',
    'juni',
    'juli',
    'august',
    'september',
    'oktober',
    'november',
    'desember',
  ],
  date: (day, month, year, clock) => `${day}. ${month} ${year} kl. ${clock}`,
};
