/**
 * The grammar of `certdata.txt` (Mozilla NSS): objects of typed attributes, line by line. The reader takes the text in
 * pieces cut anywhere, keeps one object at a time, and is bounded in lines, values and objects.
 * Failure: ConfigError `certdata-unreadable` with the line.
 */
import { ConfigError } from '../core/errors.js';

/** The attributes of one object: words as text, octal values as octets. */
export type CertdataObject = ReadonlyMap<string, string | Uint8Array>;

// The list of October 2025 has 361 objects, lines of 182 characters and certificates below 2.5 kB.
const MAX_LINE = 8192;
const MAX_VALUE = 64 * 1024;
const MAX_ATTRIBUTES = 100;
const MAX_OBJECTS = 10_000;

/** Takes text piece by piece and hands over each object when it is complete. */
export interface CertdataReader {
  push(text: string): void;
  /** After the last piece; an object cut off in the middle is refused. */
  end(): void;
}

/** The error of a list that cannot be read. */
export function unreadableCertdata(what: string): ConfigError {
  return new ConfigError('certdata-unreadable', `certdata: ${what}; expected certdata.txt of Mozilla NSS`);
}

/** Makes a reader that calls `onObject` for each object, in order. */
export function createCertdataReader(onObject: (object: CertdataObject) => void): CertdataReader {
  let rest = '';
  const lines = createLineReader(onObject);
  return {
    push(text) {
      const parts = (rest + text).split('\n');
      rest = parts.pop() ?? '';
      for (const part of parts) lines.take(part);
      if (rest.length > MAX_LINE) lines.take(rest);
    },
    end() {
      if (rest !== '') lines.take(rest);
      lines.end();
    },
  };
}

function createLineReader(onObject: (object: CertdataObject) => void) {
  let begun = false;
  let object: Map<string, string | Uint8Array> | null = null;
  let octal: { readonly name: string; readonly octets: number[] } | null = null;
  let line = 0;
  let objects = 0;
  const refuse = (what: string): ConfigError => unreadableCertdata(`line ${line}: ${what}`);
  const finish = (): void => {
    if (object !== null) onObject(object);
    object = null;
  };
  const takeAttribute = (text: string): void => {
    const [, name = '', type = '', value = ''] = /^(CKA_\w+) (\w+) ?(.*)$/.exec(text) ?? [];
    if (name === '') throw refuse(`no attribute: ${JSON.stringify(text.slice(0, 60))}`);
    if (name === 'CKA_CLASS') {
      finish();
      object = new Map();
      objects += 1;
      if (objects > MAX_OBJECTS) throw refuse(`more than ${MAX_OBJECTS} objects`);
    }
    if (object === null) throw refuse('an attribute before CKA_CLASS');
    if (object.has(name)) throw refuse(`${name} twice in one object`);
    if (object.size === MAX_ATTRIBUTES) throw refuse(`more than ${MAX_ATTRIBUTES} attributes in one object`);
    object.set(name, value);
    if (type === 'MULTILINE_OCTAL') octal = { name, octets: [] };
  };
  return {
    take(text: string): void {
      line += 1;
      if (text.length > MAX_LINE) throw refuse(`more than ${MAX_LINE} characters`);
      const bare = text.trimEnd();
      if (octal !== null && bare === 'END') {
        object?.set(octal.name, Uint8Array.from(octal.octets));
        octal = null;
      } else if (octal !== null) {
        if (!/^(?:\\[0-3][0-7]{2})+$/.test(bare)) throw refuse('no octal value');
        for (let at = 1; at < bare.length; at += 4)
          octal.octets.push(Number.parseInt(bare.slice(at, at + 3), 8));
        if (octal.octets.length > MAX_VALUE) throw refuse(`a value of more than ${MAX_VALUE} octets`);
      } else if (bare === '' || bare.startsWith('#')) return;
      else if (begun) takeAttribute(bare);
      else if (bare === 'BEGINDATA') begun = true;
    },
    end(): void {
      if (octal !== null) throw refuse(`the text ends within ${octal.name}`);
      if (!begun) throw refuse('no BEGINDATA');
      finish();
    },
  };
}
