import type { Session } from "../session.ts";

/** What a meta command may do. */
export interface MetaContext {
  readonly session: Session;
  readonly signal: AbortSignal;
  /** Something for a person. */
  note(text: string): void;
  /** Runs a script file; errors are reported there. @returns the exit status. */
  runFile(path: string): Promise<number>;
  /** Forgets the names kept for completion. */
  refreshCatalog(): void;
}

export interface MetaCommand {
  /** The first one is the name that help shows. */
  readonly names: readonly string[];
  readonly argument?: string;
  readonly help: string;
  /** @returns false to leave. */
  run(context: MetaContext, argument: string): Promise<boolean> | boolean;
}
