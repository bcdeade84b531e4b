import { EventEmitter } from "node:events";
import { SQLError } from "../error.ts";
import { toPoolError } from "./pool-error.ts";
import type { TypeParsers } from "./pool-peer.ts";
import { prepareValue } from "./pool-value.ts";
import { Flag } from "../argument/flag.ts";
import type { Runner } from "../statement/runner.ts";
import { VALUES_FROM, type Batch, type Column } from "../statement/row.ts";
import { batches } from "../statement/stream.ts";
import { reading } from "../argument/unreadable.ts";

/** A query that speaks to a connection itself: a `pg-cursor`, a `pg-query-stream`, a `pg.Query`. */
export interface Submittable {
  /** Sends the query's messages on the connection; an error that is returned fails the query. */
  submit(connection: unknown): unknown;
}

/** The handlers of a submittable, called with the server's messages. */
interface Handlers {
  handleRowDescription(message: { fields: readonly object[] }): void;
  handleDataRow(message: { fields: readonly (string | null)[] }): void;
  handlePortalSuspended?(connection: unknown): void;
  handleCommandComplete(message: { text: string }, connection: unknown): void;
  handleReadyForQuery(connection: unknown): void;
  handleError(error: unknown, connection: unknown): void;
  handleEmptyQuery?(connection: unknown): void;
  _result?: { _types?: unknown };
}

/** Whether a query is a submittable. */
export function isSubmittable(query: unknown): query is Submittable {
  return reading("a query", () => typeof (query as Partial<Submittable> | null)?.submit === "function");
}

/**
 * The connection that a submittable speaks to: turns the messages of the extended protocol into one stream of rows, and
 * answers as the server would.
 *
 * `parse`, `bind` and `describe` begin the stream, each `execute` takes rows from it, `close` ends it, and `sync`
 * reports the connection as ready for other queries.
 *
 * Source: PostgreSQL, "Extended Query"; node-postgres, lib/connection.js.
 */
export class SubmittedConnection extends EventEmitter {
  /** The texts of named statements, by name. */
  readonly parsedStatements: Record<string, string> = {};
  readonly submittedNamedStatements: Record<string, string> = {};
  /** A socket's `cork` and `uncork` as no-ops: there is nothing to buffer. */
  readonly stream = { cork(): void {}, uncork(): void {} };
  readonly #runner: Runner;
  readonly #query: Submittable & Handlers;
  #text = "";
  #values: readonly unknown[] = [];
  #rows: AsyncGenerator<Batch, void, undefined> | undefined;
  #batch: Batch | undefined;
  /** The index in the batch at which the next row begins. */
  #at = VALUES_FROM;
  #work: Promise<void> = Promise.resolve();
  #failed = false;
  /** Whether the client is being returned, so that later results are dropped. */
  #left = false;
  #done!: () => void;
  readonly #ready: Promise<void>;

  constructor(
    runner: Runner,
    submittable: Submittable,
    types: TypeParsers,
    texts: ReadonlyMap<string, string>,
  ) {
    super();
    this.#runner = runner;
    this.#query = submittable as Submittable & Handlers;
    this.#ready = new Promise((resolve) => (this.#done = resolve));
    for (const [name, text] of texts) this.parsedStatements[name] = text;
    const result = this.#query._result;
    if (result && !result._types) result._types = types;
  }

  /** Submits the query, and resolves when the connection is ready for other queries. */
  async run(): Promise<void> {
    try {
      const refused = this.#query.submit(this);
      if (refused instanceof Error) throw refused;
    } catch (error) {
      this.#fail(error);
      this.sync();
    }
    await this.#ready;
  }

  /** Ends the open stream, for a connection that is being returned. */
  async leave(): Promise<void> {
    this.#left = true;
    await this.#work;
    await this.#end();
    this.#done();
  }

  parse({ text = "", name }: { text?: string; name?: string }): void {
    this.#text = text;
    if (name) this.parsedStatements[name] = text;
  }

  bind({
    values,
    statement,
    valueMapper,
  }: {
    values?: readonly unknown[] | null;
    statement?: string;
    valueMapper?: (value: unknown, index: number) => unknown;
  }): void {
    const known = statement === undefined ? undefined : this.parsedStatements[statement];
    if (known !== undefined) this.#text = known;
    const map = valueMapper ?? ((value: unknown) => prepareValue(value));
    this.#values = reading("a parameter", () =>
      Array.from(values ?? [], (value, index) => map(value, index)),
    );
  }

  describe(): void {
    this.#then(async () => {
      const statement = this.#runner.place.statements.ofText(this.#text);
      this.#rows = batches(this.#runner, statement, this.#values, Flag.Text, (batch) => batch);
      await this.#more();
      const columns = this.#batch?.columns.list ?? [];
      if (columns.length === 0) return void this.emit("noData");
      const message = { fields: columns.map(describeColumn) };
      this.#query.handleRowDescription(message);
      this.emit("rowDescription", message);
    });
  }

  execute({ rows = 0 }: { rows?: number }): void {
    this.#then(async () => {
      for (let left = rows > 0 ? rows : Infinity; left > 0; left--) {
        const row = this.#next() ?? ((await this.#more()) ? this.#next() : undefined);
        if (!row) return this.#complete();
        this.#query.handleDataRow({ fields: row });
      }
      this.#query.handlePortalSuspended?.(this);
    });
  }

  /** Runs a text by the simple protocol: for a `pg.Query` without values. */
  query(text: string): void {
    this.#then(async () => {
      const statement = this.#runner.place.statements.ofText(text);
      for (const batch of await this.#runner.runAll(statement, [], Flag.Text)) {
        [this.#batch, this.#at] = [batch, VALUES_FROM];
        const columns = batch.columns.list;
        if (columns.length > 0) this.#query.handleRowDescription({ fields: columns.map(describeColumn) });
        for (let row = this.#next(); row; row = this.#next()) this.#query.handleDataRow({ fields: row });
        if (batch.tag === "") this.#query.handleEmptyQuery?.(this);
        else this.#query.handleCommandComplete({ text: batch.tag }, this);
      }
    });
    this.sync();
  }

  close(): void {
    this.#then(() => this.#end());
  }

  flush(): void {}

  sync(): void {
    this.#work = this.#work.then(async () => {
      this.#failed = false;
      await this.#end();
      told(() => {
        this.#query.handleReadyForQuery(this);
        this.emit("readyForQuery");
      });
      this.#done();
    });
  }

  /** Refuses COPY messages; rows are copied by `db.copyIn` and `db.copyOut`. */
  sendCopyFromChunk(): never {
    throw new SQLError("invalid_parameter", "a pool's client cannot copy: use db.copyIn() or db.copyOut()");
  }

  /** Queues a step; after an error steps are skipped up to the next `sync`, as the server does. */
  #then(step: () => Promise<void>): void {
    this.#work = this.#work.then(async () => {
      if (this.#failed || this.#left) return;
      try {
        await step();
      } catch (error) {
        this.#fail(error);
      }
    });
  }

  #fail(error: unknown): void {
    this.#failed = true;
    told(() => this.#query.handleError(toPoolError(error), this));
  }

  async #more(): Promise<boolean> {
    const next = await this.#rows?.next();
    if (!next || next.done) return false;
    [this.#batch, this.#at] = [next.value, VALUES_FROM];
    return true;
  }

  #next(): (string | null)[] | undefined {
    const batch = this.#batch;
    const width = batch?.columns.list.length ?? 0;
    if (!batch || width === 0 || this.#at >= batch.values.length) return undefined;
    const from = this.#at;
    this.#at += width;
    return batch.values.slice(from, this.#at) as (string | null)[];
  }

  #complete(): void {
    const tag = this.#batch?.tag ?? "";
    this.#query.handleCommandComplete({ text: tag }, this);
  }

  async #end(): Promise<void> {
    const rows = this.#rows;
    this.#rows = undefined;
    await rows?.return();
  }
}

/** Calls a handler and ignores what it throws, as node-postgres does; the connection goes on. */
function told(tell: () => void): void {
  try {
    tell();
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
  }
}

function describeColumn({ name, type }: Column): object {
  const unasked = { tableID: 0, columnID: 0, dataTypeSize: -1, dataTypeModifier: -1 };
  return { name, dataTypeID: type, format: "text", ...unasked };
}
