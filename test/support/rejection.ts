import { AssertionError, expect } from "chai";
import { KalamError } from "../../src/errors/index.ts";

/** What the promise was rejected with; fails when it was not. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new AssertionError("expected a rejection");
}

/** Expects a KalamError of this key and gives it. */
export async function kalamError(promise: Promise<unknown>, key: string): Promise<KalamError> {
  const error = await rejection(promise);
  expect(error).to.be.instanceOf(KalamError);
  if (!(error instanceof KalamError)) throw error;
  expect(error.key, error.message).to.equal(key);
  return error;
}
