/** Public surface of `enforced-tls/dsn`: reports of RFC 3464, to be used alone. */
export {
  composeDsn,
  type DsnAction,
  type DsnInput,
  type DsnOriginal,
  type DsnRecipient,
  type Language,
  type RemoteReply,
} from './compose.js';
