/**
 * Named moments in the course of long work, such as `flush.written`. Nothing happens there in life; tests end the process, fail
 * the work or let it wait at one of them.
 */
export interface Milestones {
  /** @throws whatever a test wants the work to fail with */
  reach(name: string): void | Promise<void>;
}

export const noMilestones: Milestones = { reach: () => undefined };
