/**
 * One connection to a database, as migrations use it.
 *
 * Every call runs on the same session: a transaction begun by one is the next one's.
 */
export interface Connection {
  /**
   * Runs SQL.
   *
   * Shape:  with parameters (also none of them, `[]`) one statement, whose rows come back; without, a script of any number
   *         of statements, sent as it is in one message and whose rows nobody asks for.
   * Errors: what the server says, as an error with its SQLSTATE as `code` and, where the server says it, the `position`
   *         in the text (characters from 1).
   */
  query(sql: string, parameters?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
}
