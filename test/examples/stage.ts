/** The built package and small internets on loopback, for the tests of a file; all that is put on stage is closed after each. */
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { SenderOptions } from '../../src/sender-options.js';
import { createWorld, type World, type WorldOptions } from '../../src/testing/world.js';
import { type BuiltPackage, buildPackage } from './built-package.js';

/** What a file of tests gets. */
export interface Stage {
  readonly built: BuiltPackage;
  makeWorld(options: WorldOptions): Promise<World>;
  /** Closed after the test, the last one first. */
  closeLater(...each: { close(): unknown }[]): void;
}

/** Registers a stage. */
export function useStage(): Stage {
  let built: BuiltPackage | null = null;
  beforeAll(async () => {
    built = await buildPackage();
  }, 60_000);
  afterAll(() => built?.remove());
  const open: { close(): unknown }[] = [];
  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each.close();
  });
  return {
    get built() {
      if (built === null) throw new Error('the package is built before the first test');
      return built;
    },
    async makeWorld(options) {
      const world = await createWorld(options);
      open.push(world);
      return world;
    },
    closeLater: (...each) => void open.push(...each),
  };
}

/** What a world puts in the place of the internet; names, classes and policies are those of the example. */
export function surroundingsOf(world: World): Partial<SenderOptions> {
  const { ehloName: _, default: __, ...surroundings } = world.senderOptions({ work: 'on-send' });
  return surroundings;
}
