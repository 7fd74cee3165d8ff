/** What the tests use of dns-packet, which brings no types. */
declare module 'dns-packet' {
  export interface Question {
    readonly name: string;
    readonly type: string;
  }
  export interface Answer {
    readonly name: string;
    readonly type: string;
    readonly ttl?: number;
    readonly data:
      | string
      | readonly (string | Buffer)[]
      | { readonly preference: number; readonly exchange: string };
  }
  export interface Packet {
    readonly type?: 'query' | 'response';
    readonly id?: number;
    /** Flags, with the response code in the low four bits. */
    readonly flags?: number;
    readonly questions?: readonly Question[];
    readonly answers?: readonly Answer[];
  }
  export const RECURSION_DESIRED: number;
  export const RECURSION_AVAILABLE: number;
  export const TRUNCATED_RESPONSE: number;
  export function encode(packet: Packet): Buffer;
  export function decode(
    octets: Buffer,
  ): Packet & { readonly id: number; readonly questions: readonly Question[] };
}
