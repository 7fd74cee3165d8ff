/** Public surface of `enforced-tls/dsn`: reports of RFC 3464 made and read, read receipts of RFC 8098 asked for and read. */
export {
  composeDsn,
  type DsnAction,
  type DsnInput,
  type DsnOriginal,
  type DsnRecipient,
  type Language,
  type RemoteReply,
} from './compose.js';
export { matchReport, type MatchedRecipient, type ReportMatch, type SentMessage } from './match.js';
export { type DeliveryReport, type DispositionReport, readReport, type ReadReportOptions } from './parse.js';
export type { DeliveryStatus, RecipientReport } from './parse-delivery.js';
export type { DispositionStatus } from './parse-disposition.js';
export type { NoReport } from './parse-no-report.js';
export type { ReturnedOriginal } from './parse-original.js';
export type { OtherField, ReportAddress, TypedText } from './parse-values.js';
export {
  askForReadReceipts,
  type ReadReceiptCopies,
  type ReadReceiptCopy,
  type ReadReceiptRequest,
} from './read-receipt.js';
export {
  createReturnAddress,
  readReturnAddress,
  type ReturnAddressOptions,
  type ReturnAddressReading,
} from './return-address.js';
export type { ReportStatus } from './status-codes.js';
