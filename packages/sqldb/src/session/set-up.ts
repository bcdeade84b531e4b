import { SQLError } from "../error.ts";
import { Runner } from "../statement/runner.ts";
import type { Batch } from "../statement/row.ts";
import type { Statement } from "../statement/statement.ts";

/** Records the statements that run through it: they set up every connection of the pool. */
export class RecordingRunner extends Runner {
  readonly #ran: string[] = [];

  /**
   * The recorded statements as one text, without those that leave no state and those that only concern one connection
   * (`LISTEN`).
   */
  get text(): string {
    return this.#ran.filter((sql) => !/^\s*(?:un)?listen\b/i.test(sql) && leavesSomething(sql)).join(";\n");
  }

  override run(statement: Statement, values: readonly unknown[], flags = 0): Promise<Batch> {
    this.#ran.push(inlined(statement.text, values));
    return super.run(statement, values, flags);
  }

  override runAll(statement: Statement, values: readonly unknown[], flags = 0): Promise<Batch[]> {
    this.#ran.push(inlined(statement.text, values));
    return super.runAll(statement, values, flags);
  }
}

/**
 * Whether a statement leaves state on the connection. A query leaves what the functions it calls leave; the known ones
 * are searched for.
 */
function leavesSomething(sql: string): boolean {
  return !/^\s*(?:select|show|values|table)\b/i.test(sql) || /set_config|setseed|_lock/i.test(sql);
}

/**
 * Writes a statement with its parameters as literals, because repeating it takes no parameters.
 *
 * Errors: `invalid_parameter` for a value without a literal form.
 */
export function inlined(sql: string, values: readonly unknown[]): string {
  const text = sql.replace(/;\s*$/, "");
  if (values.length === 0) return text;
  return text.replaceAll(/\$(\d+)/g, (_, number: string) => literal(values[Number(number) - 1]));
}

function literal(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (typeof value === "string") {
    const quoted = `'${value.replaceAll("'", "''").replaceAll("\\", "\\\\")}'`;
    return value.includes("\\") ? ` E${quoted}` : quoted;
  }
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean")
    return `'${value}'`;
  const message = "a parameter of a statement in onConnect is a text, a number or a boolean";
  throw new SQLError("invalid_parameter", message);
}
