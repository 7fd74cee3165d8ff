/**
 * What an enhanced status code says, for people: the detail where it is registered, else its subject, else its class, which is
 * how a code that nobody knows is to be read (DSN-51).
 * Standards: RFC 3463, and the registry of RFC 5248.
 */
import { printable } from '../core/printable.js';
import { bare } from './parse-values.js';

/** A status, read. */
export interface ReportStatus {
  /** `5.1.1`, without leading zeros. */
  readonly code: string;
  readonly class: 'success' | 'temporary' | 'permanent';
  /** In words, as far as they are known. */
  readonly meaning: string;
  /** Which part of the code the meaning is of. */
  readonly known: 'detail' | 'subject' | 'class';
  /** What the reporting server put in brackets behind it. */
  readonly comment: string | null;
}

const CLASSES = {
  2: ['success', 'success'],
  4: ['temporary', 'a passing trouble'],
  5: ['permanent', 'a final failure'],
} as const;

const SUBJECTS: readonly (readonly [subject: string, details: readonly string[]])[] = [
  ['nothing in particular', []],
  [
    'the address',
    [
      '',
      'no such mailbox',
      'no such system',
      'the address is not well formed',
      'the address means several mailboxes',
      'the address is right',
      'the mailbox has moved',
      "the sender's address is not well formed",
      "no such system in the sender's address",
      'handed on to a system that does not follow these rules',
      'the domain takes no mail',
    ],
  ],
  [
    'the mailbox',
    ['', 'the mailbox is closed', 'the mailbox is full', 'the message is too long', 'trouble with a list'],
  ],
  [
    'the mail system',
    [
      '',
      'the mail system is full',
      'the mail system takes no mail',
      'a feature is not supported',
      'the message is too big for the system',
      'the system is not set up rightly',
      'the priority was changed',
    ],
  ],
  [
    'the way there',
    [
      '',
      'no answer from the host',
      'the connection broke',
      'a directory, such as the DNS, failed',
      'no route to the host',
      'too much mail at once',
      'the message goes in circles',
      'the time for delivery is over',
    ],
  ],
  [
    'the protocol',
    [
      '',
      'a command that is not valid',
      'a command that is not well formed',
      'too many recipients',
      'an argument that is not valid',
      'the wrong version of the protocol',
      'an answer in the login is too long',
    ],
  ],
  [
    'the content',
    [
      '',
      'the kind of content is not supported',
      'a conversion is needed and forbidden',
      'a conversion is needed and not supported',
      'a conversion lost something',
      'a conversion failed',
      'the content is not to be had',
      'the address is not ASCII, which is not supported',
      'the answer would have to be UTF-8',
      'the header is UTF-8, which cannot be passed on',
    ],
  ],
  [
    'security or policy',
    [
      '',
      'not allowed',
      'not allowed to write to the list',
      'security cannot be converted',
      'a security feature is not supported',
      'cryptography failed',
      'the algorithm is not supported',
      'the message was changed on the way',
      'user or password is wrong',
      'the way to log in is too weak',
      'encryption is needed',
      'encryption is needed to log in this way',
      'the password has to be renewed first',
      'the account is closed',
      'a trust relation is needed',
      'the priority is too low',
      'the message is too big for its priority',
      'the mailbox has another owner now',
      'the domain has another owner now',
      'the owner cannot be checked',
      'no good DKIM signature',
      'no acceptable DKIM signature',
      'no DKIM signature of the author',
      'SPF failed',
      'SPF could not be checked',
      'the reverse DNS is not right',
      'several checks failed',
      "the sender's domain takes no mail",
      'too much mail of one kind',
      'ARC failed',
      'REQUIRETLS is needed',
    ],
  ],
];

/** `5.1.1 (no such user)` as a status; null: it is none. */
export function readStatus(value: string | null): ReportStatus | null {
  const found = /^([245])(?:\.(\d{1,3})(?:\.(\d{1,3}))?)?$/.exec(bare(value ?? '').split(' ')[0] ?? '');
  if (value === null || found === null) return null;
  const [name, words] = CLASSES[Number(found[1]) as keyof typeof CLASSES];
  const [subject, detail] = [Number(found[2] ?? 0), Number(found[3] ?? 0)];
  const [about, details] = SUBJECTS[subject] ?? [null, []];
  const exactly = details[detail] || null;
  const meaning = [
    words,
    about === null ? '' : ` concerning ${about}`,
    exactly === null ? '' : `: ${exactly}`,
  ];
  const comment = /\(([^()]{1,300})\)/.exec(value)?.[1]?.trim();
  return {
    code: `${found[1]}.${subject}.${detail}`,
    class: name,
    meaning: meaning.join(''),
    known: exactly !== null ? 'detail' : about !== null ? 'subject' : 'class',
    comment: comment ? printable(comment, 300) : null,
  };
}
