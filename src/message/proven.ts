/**
 * Which streams of octets are canonical beyond doubt, because this package has looked at each octet on the way, or has
 * done so before and kept them where nobody else can change them. Whoever sends such a stream need not look again; every
 * other stream, such as one of the host's own making, is looked at where it leaves (AT-20).
 */

/** What is known of a stream: every line ends in CRLF, the last one too, and there is no NUL. */
export interface Proof {
  /** True: no line starts with a dot either. */
  readonly dotFree: boolean;
  /** True: it reads memory that nobody else can change, and would give the same octets again. */
  readonly isHeld?: true;
}

/** All octets at once, where nobody has to be waited for. */
type Whole = () => readonly Uint8Array[];

/** A stream with what is known of it; nobody outside this file can make another object pass for one. */
class ProvenStream implements AsyncIterable<Uint8Array> {
  readonly #octets: AsyncIterable<Uint8Array>;
  readonly #proof: Proof;
  readonly #whole: Whole | null;

  constructor(octets: AsyncIterable<Uint8Array>, proof: Proof, whole: Whole | null) {
    this.#octets = octets;
    this.#proof = proof;
    this.#whole = whole;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this.#octets[Symbol.asyncIterator]();
  }

  static proofOf(octets: AsyncIterable<Uint8Array>): Proof | null {
    return #proof in octets ? octets.#proof : null;
  }

  static wholeOf(octets: AsyncIterable<Uint8Array>): readonly Uint8Array[] | null {
    return #whole in octets ? (octets.#whole?.() ?? null) : null;
  }
}

/** For the readers of this folder alone: nobody else has looked. `whole` gives the same, in place of the stream. */
export function prove(
  octets: AsyncIterable<Uint8Array>,
  proof: Proof,
  whole: Whole | null = null,
): AsyncIterable<Uint8Array> {
  return new ProvenStream(octets, proof, whole);
}

/** What is known of the very stream that `open` of a message gave; null: nothing. */
export function proofOf(octets: AsyncIterable<Uint8Array>): Proof | null {
  return ProvenStream.proofOf(octets);
}

/** Such a stream at once, in pieces of at most 64 KiB, when it lies in memory; null: it has to be read. */
export function wholeOf(octets: AsyncIterable<Uint8Array>): readonly Uint8Array[] | null {
  return ProvenStream.wholeOf(octets);
}
