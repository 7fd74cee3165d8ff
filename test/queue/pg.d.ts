/** What the tests use of pg, which brings no types. */
declare module 'pg' {
  type Listener = (...args: never[]) => void;
  type Result = Promise<{ rows: Readonly<Record<string, unknown>>[] }>;

  export interface Client {
    query(text: string, values?: unknown[]): Result;
    on(event: string, listener: Listener): unknown;
    removeListener(event: string, listener: Listener): unknown;
    release(destroy?: boolean): void;
  }
  export interface Pool {
    query(text: string, values?: unknown[]): Result;
    connect(): Promise<Client>;
    on(event: string, listener: Listener): unknown;
    removeListener(event: string, listener: Listener): unknown;
    end(): Promise<void>;
  }
  const pg: {
    readonly Pool: new (options: {
      readonly connectionString?: string;
      readonly max?: number;
      /** Idle connections do not keep the process alive. */
      readonly allowExitOnIdle?: boolean;
      /** Settings of the session, as for the command `postgres`. */
      readonly options?: string;
    }) => Pool;
  };
  export default pg;
}
