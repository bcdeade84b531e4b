import { JobRunner, Work } from "@twinloop/core-native/internal";
import { answer } from "./answer.ts";
import { encodeProblem } from "./ask-error.ts";
import type { Access } from "./dashboard-options.ts";

/** The context of one question. */
class Question extends Work {
  override get type(): string {
    return "dashboard-question";
  }
}

/** Runs questions of the dashboard's pages in this isolate: a JSON text `{ tool, input }` each, answered by `{ value }` or a failure. */
export class Questions extends JobRunner<{ handler: (asked: unknown) => Promise<unknown> }, Question> {
  readonly #target: { handler: (asked: unknown) => Promise<unknown> };

  constructor(access: Access) {
    super();
    this.#target = { handler: (asked) => answer(asked, access) };
  }

  /** Answers one question. Never throws. */
  readonly handle = (id: number, _target: number, _aux: number, text: string): void => {
    this.run(this.#target, new Question(id), text, false);
  };

  protected override succeed(_served: unknown, work: Question, value: unknown): void {
    try {
      const text = JSON.stringify({ value });
      if (!Work.isOver(work)) this.port.outbox.reply(Work.id(work), 200, text);
      Work.end(work);
    } catch (error) {
      this.fail(_served, work, error);
    }
  }

  protected override fail(_served: unknown, work: Question, error: unknown): void {
    this.refuse(work, 500, encodeProblem(error));
  }
}
