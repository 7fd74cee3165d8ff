/**
 * What is to be written on a connection, gathered: pieces that come in one turn of the event loop, or while an earlier
 * write is under way, leave together, and so in full TLS records. One write is under way at a time; what stands behind it
 * has certainly not left, which is how a message that must not be sent twice is told from one that may be (SC-54).
 */
import { gatherBlocks, giveBlock } from '../core/blocks.js';

/** Octets on their way out. */
export interface Outbox {
  push(octets: Uint8Array): void;
  /** null: there is room for more. Otherwise it resolves as soon as there is, or when the outbox stops. */
  room(): Promise<void> | null;
  /** Writes nothing any more. */
  stop(): void;
  /** Octets given to the layer since the beginning. Those beyond have not left and never will if the layer breaks now. */
  readonly handed: number;
}

/** Where an outbox writes. */
export interface Outlet {
  write(octets: Uint8Array, done: (error?: Error | null) => void): void;
  /** Whether octets may be given back once they are written: a layer that copies has no use for them then. */
  copies(): boolean;
}

/** About four TLS records; a larger piece goes alone and is not copied. */
const GATHERED = 64 * 1024;

/** As much may wait and be under way before whoever writes on has to wait. */
const ROOM = 64 * 1024;

/** Makes an outbox. */
export function createOutbox(outlet: Outlet): Outbox {
  const waiting: Uint8Array[] = [];
  let pending = 0;
  let busy = false;
  let scheduled = false;
  let over = false;
  const drains = new Set<() => void>();

  const drain = (): void => {
    for (const resolve of drains) resolve();
    drains.clear();
  };
  const takeBatch = (): Uint8Array => {
    let count = 1;
    let size = (waiting[0] as Uint8Array).length;
    for (; count < waiting.length; count += 1) {
      const next = (waiting[count] as Uint8Array).length;
      if (size + next > GATHERED) break;
      size += next;
    }
    return gatherBlocks(waiting.splice(0, count), size);
  };
  const flush = (): void => {
    scheduled = false;
    if (busy || over || waiting.length === 0) return;
    const batch = takeBatch();
    const size = batch.length;
    busy = true;
    outbox.handed += size;
    outlet.write(batch, (error) => {
      busy = false;
      pending -= size;
      if (error) return;
      if (outlet.copies()) giveBlock(batch);
      flush();
      if (pending < ROOM) drain();
    });
  };
  const outbox = {
    handed: 0,
    push(octets: Uint8Array): void {
      waiting.push(octets);
      pending += octets.length;
      if (busy || scheduled) return;
      scheduled = true;
      // After everything that happens in this turn: whoever writes next is with it.
      process.nextTick(flush);
    },
    room: (): Promise<void> | null =>
      pending < ROOM ? null : new Promise<void>((resolve) => drains.add(resolve)),
    stop(): void {
      over = true;
      waiting.length = 0;
      drain();
    },
  };
  return outbox;
}
