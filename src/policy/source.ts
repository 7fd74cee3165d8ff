/**
 * Who may speak about a domain. A source that cannot answer says `unknown`, which never means "nothing asked".
 */
import type { Context } from '../core/context.js';
import type { Ask } from './plan.js';

/** What a source says of one domain. An ask is frozen once it was given: what changes is a new object. Any other answer is `unknown`. */
export type SourceAnswer =
  | {
      readonly kind: 'asks';
      readonly ask: Ask;
      readonly ref: string;
      /** Whom to tell when mail fails under this ask. */
      readonly contact?: string;
    }
  | { readonly kind: 'none' }
  | { readonly kind: 'unknown'; readonly cause: string };

/** A source of policies: the host's table, a scheme's list, a published policy. */
export interface PolicySource {
  readonly name: string;
  /** Never rejects for what it could not find out: it says `unknown`. `domain` is canonical. */
  find(domain: string, ctx: Context): SourceAnswer | Promise<SourceAnswer>;
  /**
   * What is known already: no network is touched and nothing is looked up anew. Left out: `find` is like that. Checks of a
   * configuration ask this way.
   */
  peek?(domain: string, ctx: Context): SourceAnswer | Promise<SourceAnswer>;
}
