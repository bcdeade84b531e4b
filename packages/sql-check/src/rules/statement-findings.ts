import type { CatalogueColumn } from "../database/catalogue.ts";
import type { Description } from "../database/description.ts";
import type { ComposedText } from "../source/composed-text.ts";
import type { FoundStatement } from "../source/found-statement.ts";
import { misfitOf } from "./accepted-values.ts";
import type { SqlFinding } from "./sql-finding.ts";
import type { BigintOption } from "./read-values.ts";
import { refusalFinding } from "./refusal-rule.ts";
import { rowFindings } from "./row-rule.ts";

/** What the checks of a statement know of its database. */
export interface StatementDatabase {
  readonly columns: readonly CatalogueColumn[];
  readonly bigint: BigintOption;
}

/** All problems of one way in which a statement is composed. */
export function statementFindings(
  statement: FoundStatement,
  composed: ComposedText,
  description: Description,
  { columns, bigint }: StatementDatabase,
): SqlFinding[] {
  if ("refusal" in description) return [refusalFinding(statement, composed, description.refusal, columns)];
  const parameters = composed.values.flatMap(({ place, shape }, index): SqlFinding[] => {
    const type = description.parameters[index];
    const misfit = type === undefined ? undefined : misfitOf(shape, type);
    if (type === undefined || misfit === undefined) return [];
    const message = `The value is \`${shape.printed}\`, and parameter $${index + 1} is ${type.name}: ${misfit.why}.`;
    return [{ code: "sql_parameter", place, message, hint: misfit.hint }];
  });
  return [...parameters, ...rowFindings(statement, description.columns, bigint)];
}
