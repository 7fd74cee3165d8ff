/** The languages in which reports are written. */
import { ConfigError } from '../core/errors.js';
import { textsEn } from './text-en.js';
import { textsNb } from './text-nb.js';
import { textsSv } from './text-sv.js';
import type { Language, LanguageTexts } from './texts.js';

const LANGUAGES: Readonly<Record<Language, LanguageTexts>> = { en: textsEn, sv: textsSv, nb: textsNb };

/**
 * The words of a language.
 * @throws ConfigError `language-unknown`
 */
export function textsOf(language: Language): LanguageTexts {
  if (Object.hasOwn(LANGUAGES, language)) return LANGUAGES[language];
  throw new ConfigError(
    'language-unknown',
    `language: expected one of "${Object.keys(LANGUAGES).join('", "')}", got ${JSON.stringify(language)}`,
  );
}
