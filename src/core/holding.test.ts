import { describe, expect, it } from 'vitest';
import { giveBlock, insertOctets } from './blocks.js';
import { Holding } from './holding.js';

const gone = new Error('gone');

function held(count = 3): { holding: Holding; pieces: Buffer[] } {
  const holding = new Holding(() => gone);
  const pieces = Array.from({ length: count }, (_, i) => holding.take(100).fill(i));
  return { holding, pieces };
}
const lengths = (views: readonly Uint8Array[]): number[] => views.map((view) => view.length);

describe('a holding', () => {
  it('FAQ-10: gives its blocks back once it is over and every loan has come back, and no sooner', () => {
    const { holding, pieces } = held();
    const [first, second] = [holding.lend(pieces, 64), holding.lend(pieces, 100)];
    expect(lengths(first)).toEqual([64, 36, 64, 36, 64, 36]);
    for (const loan of first) giveBlock(loan);
    holding.letGo();
    for (const loan of second.slice(1)) giveBlock(loan);
    expect(lengths([...pieces, ...second])).toEqual([100, 100, 100, 100, 100, 100]);
    giveBlock(second[0] as Uint8Array);
    expect(lengths([...pieces, ...second])).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('FAQ-10: a loan that is given back twice counts once', () => {
    const { holding, pieces } = held(1);
    const [one, other] = [...holding.lend(pieces, 50)];
    giveBlock(one as Uint8Array);
    giveBlock(one as Uint8Array);
    holding.letGo();
    expect(other?.length).toBe(50);
    giveBlock(other as Uint8Array);
    expect(pieces[0]?.length).toBe(0);
  });

  it('FAQ-10: while it is not over, nothing that comes back empties it', () => {
    const { holding, pieces } = held();
    for (const loan of holding.lend(pieces, 100)) giveBlock(loan);
    expect(holding.lend(pieces, 100).map((loan) => loan[0])).toEqual([0, 1, 2]);
  });

  it('FAQ-10: whoever reads when it ends reads to the end, and the blocks go behind the last one', async () => {
    const { holding, pieces } = held();
    const seen: number[] = [];
    for await (const loan of holding.read(pieces, 100)) {
      if (seen.length === 0) holding.letGo();
      seen.push(loan[0] as number, loan.length);
      giveBlock(loan);
    }
    expect(seen).toEqual([0, 100, 1, 100, 2, 100]);
    expect(lengths(pieces)).toEqual([0, 0, 0]);
  });

  it('FAQ-10: what a reader keeps stays as it is', async () => {
    const { holding, pieces } = held();
    const kept: Uint8Array[] = [];
    for await (const loan of holding.read(pieces, 100)) kept.push(loan);
    holding.letGo();
    expect(kept.map((loan) => loan[99])).toEqual([0, 1, 2]);
  });

  it('FAQ-10: nobody begins to read when it is over', async () => {
    const { holding, pieces } = held();
    const late = holding.read(pieces, 100);
    holding.letGo();
    await expect(late.next()).rejects.toBe(gone);
    expect(() => holding.lend(pieces, 100)).toThrow(gone);
  });

  it('FAQ-10: what was made of the last block takes its place; memory of others is left alone', () => {
    const { holding, pieces } = held(2);
    const made = insertOctets(pieces[1] as Buffer, [0], 7);
    const strange = Buffer.from('of the host');
    holding.replace(pieces[1] as Buffer, made);
    holding.replace(made, made.subarray(1));
    holding.replace(strange, strange);
    expect(lengths([...pieces, made])).toEqual([100, 0, 101]);
    giveBlock(made);
    expect(made.length).toBe(101);
    holding.letGo();
    expect(lengths([...pieces, made, strange])).toEqual([0, 0, 0, 11]);
  });
});
