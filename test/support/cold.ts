import { expect } from "chai";
import type { Session } from "../../src/index.ts";

const PATIENCE_MS = 60_000;

/** Waits until no job is waiting or running; fails when one has failed. */
export async function jobsDone(session: Session): Promise<void> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const { rows } = await session.query(
      "SELECT job_id, status, message FROM system.jobs WHERE status IN ('new', 'queued', 'running', 'retrying', 'failed')",
    );
    const failed = rows.filter((row) => row.status === "failed");
    expect(failed, "failed jobs").to.deep.equal([]);
    if (rows.length === 0) return;
    if (Date.now() > until) expect.fail(`jobs do not end: ${JSON.stringify(rows)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Moves everything hot to segments. */
export async function flushAll(session: Session): Promise<void> {
  await session.query("STORAGE FLUSH ALL");
  await jobsDone(session);
}

export async function compactAll(session: Session): Promise<void> {
  await session.query("STORAGE COMPACT ALL");
  await jobsDone(session);
}
