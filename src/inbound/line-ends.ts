/**
 * Lone CR and LF in the content of a message. What one server takes for the end of a line, another does not, and between
 * the two a second message can be smuggled in (ING-12). Standard: RFC 5321 §2.3.8, §4.1.1.4.
 */
const CR = 13;
const LF = 10;

/** Looks at content as it comes, in pieces of any size. */
export interface LineEndCheck {
  /** False from the first lone CR or LF on. */
  push(chunk: Uint8Array): boolean;
  /** False as well when the content ends in a lone CR. */
  end(): boolean;
}

/** Starts looking. */
export function createLineEndCheck(): LineEndCheck {
  let isGood = true;
  let afterCr = false;
  return {
    push(chunk) {
      for (const octet of chunk) {
        if (afterCr !== (octet === LF)) isGood = false;
        afterCr = octet === CR;
      }
      return isGood;
    },
    end: () => isGood && !afterCr,
  };
}
