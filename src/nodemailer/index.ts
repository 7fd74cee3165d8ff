/**
 * A transport for nodemailer 6 to 10: `nodemailer.createTransport(enforcedTls({ ehloName, default: 'verified' }))`.
 * @module
 */
export {
  type DeliveryError,
  type DsnRequest,
  type EnforcedTlsTransport,
  enforcedTls,
  type MailMessage,
  type MailQueue,
  type SentInfo,
  type TransportOptions,
} from './transport.js';
