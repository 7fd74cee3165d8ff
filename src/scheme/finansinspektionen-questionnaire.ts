/**
 * Finansinspektionen's questionnaire, filled from one record and what certificates say, written, and read back
 * (FI-22, FI-23). People send it; nothing here does.
 */
import { ConfigError } from '../core/errors.js';
import { nearest, refuseUnknownOptions } from '../core/options.js';
import type { CertificateFacts } from './finansinspektionen-facts.js';
import { formOf, type Questionnaire } from './finansinspektionen-form.js';
import {
  parseParticipant,
  parseParticipantWithHosts,
  type ParticipantWithHosts,
} from './finansinspektionen-participant.js';
import { questionnaireReader, readQuestionnaireText } from './finansinspektionen-read.js';
import type { FormFormat } from './form.js';
import { looksLikeJson } from './form-read.js';
import { writeForm } from './form-write.js';

/** What a host may set. */
export interface QuestionnaireOptions {
  /** Default `second`, which asks for hosts and a date as well. */
  readonly edition?: Questionnaire['edition'];
  /** Hosts and authority, as `certificateFacts` or `judgeChange` gives them; what the record itself says goes before. */
  readonly certificates?: CertificateFacts;
}

/** The record of a participant; `authority` and `hosts` may come from `certificates`. */
export type ParticipantInput = Omit<ParticipantWithHosts, 'authority' | 'hosts' | 'implementation'> &
  Partial<Pick<ParticipantWithHosts, 'authority' | 'hosts' | 'implementation'>>;

/**
 * Fills the questionnaire.
 * @throws ConfigError `questionnaire-invalid` for what is missing or wrong, `edition-unknown`, `option-unknown`,
 *   `domain-invalid`, `address-invalid`
 */
export function fillQuestionnaire(
  participant: ParticipantInput,
  options: QuestionnaireOptions = {},
): Questionnaire {
  refuseUnknownOptions(options, ['edition', 'certificates'], 'fillQuestionnaire');
  const { hosts = [], authority = null } = options.certificates ?? {};
  const facts = { ...(hosts.length === 0 ? {} : { hosts }), ...(authority === null ? {} : { authority }) };
  return parse(options.edition ?? 'second', { ...facts, ...participant });
}

/** Writes it. @throws ConfigError `option-unknown` for another format */
export function writeQuestionnaire(questionnaire: Questionnaire, format: FormFormat): string {
  return writeForm(formOf(questionnaire), questionnaire, format, 'writeQuestionnaire');
}

/**
 * Reads what `writeQuestionnaire` wrote as `json` or `text`. A text without hosts and date is of the first edition.
 * @throws ConfigError `questionnaire-unreadable`, and as `fillQuestionnaire`
 */
export function readQuestionnaire(text: string): Questionnaire {
  if (looksLikeJson(text)) return readJson(text);
  const record = readQuestionnaireText(text);
  const isSecond = 'hosts' in record || 'implementation' in record;
  return parse(isSecond ? 'second' : 'first', record);
}

function readJson(text: string): Questionnaire {
  const fields = questionnaireReader.json(text) as {
    readonly edition?: unknown;
    readonly participant?: unknown;
  };
  refuseUnknownOptions(fields, ['edition', 'participant'], 'questionnaire');
  return parse(fields.edition, fields.participant);
}

function parse(edition: unknown, record: unknown): Questionnaire {
  if (edition === 'first') return { edition, participant: parseParticipant(record) };
  if (edition === 'second') return { edition, participant: parseParticipantWithHosts(record) };
  const near = typeof edition === 'string' ? nearest(edition, ['first', 'second']) : null;
  throw new ConfigError(
    'edition-unknown',
    `questionnaire: edition: expected "first" or "second", got ${JSON.stringify(edition) ?? 'nothing'}${near === null ? '' : `; did you mean "${near}"?`}`,
  );
}
