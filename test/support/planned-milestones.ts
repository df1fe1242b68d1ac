import type { Milestones } from "../../src/runtime/milestones.ts";

type Work = () => void | Promise<void>;

/** Milestones at which a test does something, once each. */
export class PlannedMilestones implements Milestones {
  readonly #planned: { readonly name: string; readonly work: Work }[] = [];

  /** What is done when this milestone is reached next. Several calls plan several times. */
  at(name: string, work: Work): void {
    this.#planned.push({ name, work });
  }

  /**
   * The work that comes to this milestone next waits there.
   * @returns `reached` resolves when it is there; it goes on when `goOn` is called
   */
  hold(name: string): { readonly reached: Promise<void>; goOn(): void } {
    let goOn = (): void => undefined;
    let arrive = (): void => undefined;
    const opened = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const reached = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    this.at(name, () => {
      arrive();
      return opened;
    });
    return { reached, goOn };
  }

  async reach(name: string): Promise<void> {
    const place = this.#planned.findIndex((each) => each.name === name);
    const [planned] = place < 0 ? [] : this.#planned.splice(place, 1);
    if (planned !== undefined) await planned.work();
  }
}
