import { inspect } from "node:util";
import { splice, type RowForm } from "@twinloop/core-native/internal";
import type { KeptRows } from "./kept-rows.ts";
import type { Row } from "./row.ts";

/** What an answer does for the serializer and for `console.log`, and does not show to apps. */
interface Hidden<A> {
  /** The mark by which an answer's text names the rows. */
  readonly mark: (answer: A, form: RowForm) => string | undefined;
  /** What `util.inspect` shows. */
  readonly shown: (answer: A) => unknown;
}

function hide<A extends object>(prototype: A, { mark, shown }: Hidden<A>): void {
  Object.defineProperties(prototype, {
    [splice]: {
      value(this: A, form: RowForm) {
        return mark(this, form);
      },
    },
    [inspect.custom]: {
      value(this: A) {
        return shown(this);
      },
    },
  });
}

/**
 * The rows of a statement, made for an answer: they stay in Rust, and are written into the answer as they came from PostgreSQL where no
 * JavaScript looks at them. In a response type a `RowsAnswer<T>` is a `T[]`, and is checked as one.
 *
 * Shape:  returned by a handler, alone or within a larger answer, the rows are written from Rust. Whatever else is done with them opens
 *         them: `open`, a loop, `JSON.stringify`, `console.log`, an event of a stream, a message, a call between endpoints.
 * Limits: belongs to the request, message or run that has asked for it, and cannot be opened after its end. What an isolate has not
 *         opened takes at most 64 MiB; beyond that, rows are opened at once.
 * Example: `` return { links: await db.answerAll<Link>`select id, url, created_at from links` }; ``
 */
export class RowsAnswer<T extends Row = Row> implements Iterable<T> {
  /** What callers of an endpoint get in its place; for types alone. */
  declare readonly "~opens"?: T[];
  readonly #kept: KeptRows;

  /** Made by `answerAll`. */
  constructor(kept: KeptRows) {
    this.#kept = kept;
  }

  /** The number of rows. Opens nothing. */
  get length(): number {
    return this.#kept.length;
  }

  /**
   * The rows as plain objects, the same array at each call. Rows that were opened are written by JavaScript, with what was changed in
   * them.
   *
   * Errors: `SQLError` `closed` where the operation that has asked for the rows is over.
   */
  open(): T[] {
    return this.#kept.open() as T[];
  }

  /** Opens the rows and goes through them. */
  [Symbol.iterator](): ArrayIterator<T> {
    return this.open()[Symbol.iterator]();
  }

  /** Opens the rows, for `JSON.stringify`. */
  toJSON(): T[] {
    return this.open();
  }

  static {
    hide(this.prototype, {
      mark: (answer, form) => (answer.length === 0 ? "[]" : answer.#kept.mark(form)),
      shown: (answer) =>
        answer.#kept.isReleased ? `RowsAnswer(${answer.length}) [released]` : answer.open(),
    });
  }
}

/**
 * One row, made for an answer: as `RowsAnswer`, for a single object. In a response type a `RowAnswer<T>` is a `T`.
 *
 * Example: `` const link = await db.answerRow<Link>`select * from links where id = ${id}`; ``
 */
export class RowAnswer<T extends Row = Row> {
  /** What callers of an endpoint get in its place; for types alone. */
  declare readonly "~opens"?: T;
  readonly #kept: KeptRows;

  /** Made by `answerRow`. */
  constructor(kept: KeptRows) {
    this.#kept = kept;
  }

  /**
   * The row as a plain object, the same at each call. Errors: `SQLError` `closed` where the operation that has asked for the row is
   * over.
   */
  open(): T {
    return this.#kept.open()[0] as T;
  }

  /** Opens the row, for `JSON.stringify`. */
  toJSON(): T {
    return this.open();
  }

  static {
    hide(this.prototype, {
      mark: (answer, form) => answer.#kept.mark(form),
      shown: (answer) => (answer.#kept.isReleased ? "RowAnswer [released]" : answer.open()),
    });
  }
}
