/**
 * What a connection tells of itself at each look. Its accessors stand on a prototype: an object literal that has its own
 * is given a new shape by V8 each time, which costs tens of microseconds and makes every look at it slow.
 */

/** The parts that are asked. */
export interface Sight {
  alive(): boolean;
  failure(): Error | null;
  octetsHanded(): number;
  bufferEmpty(): boolean;
}

/** The accessors of `Connection`. */
export class Accessors {
  readonly #sight: Sight;

  constructor(sight: Sight) {
    this.#sight = sight;
  }

  get alive(): boolean {
    return this.#sight.alive();
  }

  get failure(): Error | null {
    return this.#sight.failure();
  }

  get octetsHanded(): number {
    return this.#sight.octetsHanded();
  }

  get bufferEmpty(): boolean {
    return this.#sight.bufferEmpty();
  }
}
