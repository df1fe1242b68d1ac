/** What the load generator is asked to send. All tables are those of `bench/data.ts` and `bench/cold-rows.ts`. */
export type RequestKind =
  | "insert"
  | "insert-100"
  | "select-key"
  | "last-50"
  | "aggregate"
  /** A key of a table whose rows are all in one segment, */
  | "key-in-1"
  /** or in a hundred. */
  | "key-in-100";

export interface LoadJob {
  readonly kind: RequestKind;
  readonly port: number;
  readonly token: string;
  readonly connections: number;
  readonly seconds: number;
  /** A number that no other job of this run has: keys made from it are new. */
  readonly serial: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly errors: number;
  /** The first unexpected answer, shortened. */
  readonly firstError: string | undefined;
  readonly seconds: number;
  /** Milliseconds. */
  readonly latency: { readonly p50: number; readonly p95: number; readonly p99: number; readonly max: number };
}

export type LoadReply = { readonly result: LoadResult } | { readonly failure: string };
