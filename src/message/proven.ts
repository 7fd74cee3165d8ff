/**
 * Which streams of octets are canonical beyond doubt, because this package has looked at each octet on the way, or has
 * done so before and kept them where nobody else can change them. Whoever sends such a stream need not look again; every
 * other stream, such as one of the host's own making, is looked at where it leaves (AT-20).
 */

/** What is known of a stream: every line ends in CRLF, the last one too, and there is no NUL. */
export interface Proof {
  /** True: no line starts with a dot either. */
  readonly dotFree: boolean;
}

const proofs = new WeakMap<AsyncIterable<Uint8Array>, Proof>();

/** For the readers of this folder alone: nobody else has looked. */
export function prove<T extends AsyncIterable<Uint8Array>>(octets: T, proof: Proof): T {
  proofs.set(octets, proof);
  return octets;
}

/** What is known of the very stream that `open` of a message gave; null: nothing. */
export function proofOf(octets: AsyncIterable<Uint8Array>): Proof | null {
  return proofs.get(octets) ?? null;
}
