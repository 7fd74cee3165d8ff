/**
 * The SMTP client: connect, STARTTLS, greet, transact. Mail is said only on an admitted connection.
 * @module
 */
export type { Admitted } from './admitted.js';
export { authenticate } from './authenticate.js';
export { type Capabilities, parseEhlo } from './capabilities.js';
export { connect, type ConnectOptions } from './connect.js';
export type { Connection, Due, Ear } from './connection.js';
export type { Endpoint, TlsOptions } from './endpoint.js';
export { greet } from './greet.js';
export { type Acquired, type ConnectionPool, createConnectionPool, type Leave } from './pool.js';
export {
  createReplyReader,
  type Reply,
  REPLY_LIMITS,
  type ReplyFault,
  type ReplyLimits,
  type ReplyReader,
} from './reply.js';
export type { Dial } from './socket.js';
export { startTls } from './starttls.js';
export { type Timeouts, TIMEOUTS } from './timeouts.js';
export { type ContextRequest, createSecureContexts, type SecureContexts } from '../tls/context.js';
export type { PeerFacts } from '../tls/facts.js';
export { type Sharing, transact, type TransactionResult } from './transact.js';
export type { RecipientReply } from './transaction-result.js';
export type { Turn, Wish } from './turns.js';
export type { Window } from './window.js';
