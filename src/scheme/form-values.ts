/**
 * Values of a form, read strictly, so that each text of it stands on one line and comes back as it was.
 * Failure: ConfigError `<form>-invalid` that names the field; unknown keys say which one is near.
 */
import { parseDomain } from '../core/domain.js';
import { ConfigError } from '../core/errors.js';
import { refuseUnknownOptions } from '../core/options.js';
import { printable } from '../core/printable.js';
import { parseAddress } from '../message/address.js';

const MAX_LINE = 200;
const MAX_ENTRIES = 1000;

/** Reads the values of one form. */
export interface FormValues {
  object<K extends string>(value: unknown, keys: readonly K[], where: string): Partial<Record<K, unknown>>;
  /** An object of texts. */
  texts<K extends string>(value: unknown, keys: readonly K[], where: string): Record<K, string>;
  /** One line that shows as it is: whoever reads the form sees each character of it. */
  text(value: unknown, where: string): string;
  /** 1 to 1000 entries. */
  list(value: unknown, where: string): readonly unknown[];
  /** Each domain once, canonical. */
  domains(value: unknown): readonly string[];
  email(value: string, where: string): void;
  telephone(value: string, where: string): void;
  invalid(where: string, expected: string, got: unknown): ConfigError;
}

/** Makes the reader of values; `name` stands in front of errors and in their code. */
export function createFormValues(name: string): FormValues {
  const invalid = (where: string, expected: string, got: unknown): ConfigError =>
    new ConfigError(`${name}-invalid`, `${name}: ${where}: expected ${expected}, got ${describe(got)}`);
  const object: FormValues['object'] = (value, keys, where) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw invalid(where, `an object with ${keys.join(', ')}`, value);
    refuseUnknownOptions(value, keys, `${name}: ${where}`);
    return value;
  };
  const text: FormValues['text'] = (value, where) => {
    const isLine =
      typeof value === 'string' &&
      value !== '' &&
      value.trim() === value &&
      printable(value, MAX_LINE) === value;
    if (isLine) return value;
    throw invalid(where, `one line of text, at most ${MAX_LINE} characters, no blanks around it`, value);
  };
  const list: FormValues['list'] = (value, where) => {
    if (Array.isArray(value) && value.length > 0 && value.length <= MAX_ENTRIES) return value;
    throw invalid(where, `a list of 1 to ${MAX_ENTRIES} entries`, value);
  };
  return {
    invalid,
    object,
    text,
    list,
    texts<K extends string>(value: unknown, keys: readonly K[], where: string) {
      const fields = object(value, keys, where);
      const read = keys.map((key) => [key, text(fields[key], `${where}.${key}`)]);
      return Object.fromEntries(read) as Record<K, string>;
    },
    domains(value) {
      const domains = list(value, 'domains').map((entry, index) =>
        parseDomain(text(entry, `domains[${index}]`), `${name}: domains[${index}]`),
      );
      const doubled = domains.find((domain, index) => domains.indexOf(domain) !== index);
      if (doubled !== undefined) throw invalid('domains', 'each domain once', doubled);
      return domains;
    },
    email: (value, where) => void parseAddress(value, `${name}: ${where}`),
    telephone(value, where) {
      if (!/\d/.test(value)) throw invalid(where, 'a telephone number', value);
    },
  };
}

function describe(value: unknown): string {
  if (typeof value === 'string') return printable(JSON.stringify(value), MAX_LINE);
  if (value === undefined || value === null) return 'nothing';
  return Array.isArray(value) ? `a list of ${value.length}` : `a value of type ${typeof value}`;
}
