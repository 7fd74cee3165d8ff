/** What all tables of the benchmarks say in the same way. */
import { cpus } from 'node:os';

export const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** The machine, for the first line. */
export const machine = () => `${cpus()[0].model}, ${cpus().length} cores, Node ${process.version}`;
