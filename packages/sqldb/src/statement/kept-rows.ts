import { UnopenedResult, Work, type Held, type RowForm } from "@twinloop/core-native/internal";
import { SQLError } from "../error.ts";
import { readBatch, rowsOf, type BigintMode, type Row } from "./row.ts";
import type { Statement } from "./statement.ts";

/** Where a result lies in Rust: its number, that of its rows, and the number of the form that they are written in; 0 for none. */
interface KeptAnswer {
  readonly number: number;
  readonly length: number;
  readonly form: number;
}

/** The results that no job lets go of, which go when nothing refers to them any more. */
const unheld = new FinalizationRegistry<number>((number) => UnopenedResult.release(number));

/**
 * The rows of a statement, which lie in Rust until they are opened.
 *
 * The job that has run the statement lets go of them at its end. Where there is no job, they go with this object.
 */
export class KeptRows implements Held {
  /** The number of rows. */
  readonly length: number;
  readonly #statement: Statement;
  readonly #bigints: BigintMode;
  /** The result in Rust; 0 where there is none any more. */
  #number = 0;
  /** The form in which the rows are written; 0 for none. */
  #form = 0;
  #rows: Row[] | undefined;

  /** Reads the answer of an operation: `number rows form`, or a batch where the rows could not stay in Rust. */
  constructor(answer: string, statement: Statement, bigints: BigintMode) {
    this.#statement = statement;
    this.#bigints = bigints;
    if (answer.startsWith("[")) {
      this.#read(answer, undefined);
      this.length = this.#rows!.length;
      return;
    }
    const { number, length, form } = readAnswer(answer);
    this.length = length;
    this.#number = number;
    this.#form = form;
    if (!Work.hold(this)) unheld.register(this, number, this);
  }

  /**
   * The rows as objects, made at the first call.
   *
   * Errors: `SQLError` `closed` where the operation that has run the statement is over.
   */
  open(): Row[] {
    if (this.#rows !== undefined) return this.#rows;
    const { columns } = this.#statement;
    const batch = this.#number === 0 ? null : UnopenedResult.open(this.#number, columns?.id ?? 0);
    if (batch === null) throw new SQLError("closed", TOO_LATE);
    return this.#read(batch, columns);
  }

  /** Whether the rows can no longer be opened. */
  get isReleased(): boolean {
    return this.#rows === undefined && this.#number === 0;
  }

  /**
   * The mark that stands for the rows in an answer's text; `undefined` where they are to be opened: they were already, or do not fit
   * the form as far as Rust can tell.
   */
  mark(form: RowForm): string | undefined {
    if (this.#rows !== undefined || this.#number === 0) return undefined;
    if ((form.number === 0 || form.number !== this.#form) && !this.#write(form)) return undefined;
    return `\u0001${this.#number}:${form.number}`;
  }

  /** Lets go of the rows, once the answers that were given before have left. */
  release(): void {
    if (this.#number === 0) return;
    UnopenedResult.release(this.#number);
    this.#number = 0;
    unheld.unregister(this);
  }

  /** Has the rows written in another form than the statement's last ones, which its next ones are then written in at once. */
  #write(form: RowForm): boolean {
    const statement = this.#statement;
    if (statement.otherForm === form) return false;
    const number = UnopenedResult.write(this.#number, form.text);
    if (number < 0) statement.otherForm = form;
    if (number <= 0) return false;
    form.number = number;
    statement.form = number;
    this.#form = number;
    return true;
  }

  #read(text: string, known: Statement["columns"]): Row[] {
    const batch = readBatch(text, known, this.#bigints, false);
    this.#statement.columns = batch.columns;
    return (this.#rows = rowsOf(batch));
  }
}

const TOO_LATE =
  "the rows were not opened before the operation that had asked for them was over: call open() before the handler returns, " +
  "or ask by queryAll or queryRow for rows that outlive it";

function readAnswer(text: string): KeptAnswer {
  const [number, length, form] = text.split(" ");
  return { number: Number(number), length: Number(length), form: Number(form) };
}
