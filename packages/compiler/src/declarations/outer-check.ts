import type { Declaration } from "./declaration.ts";
import { membersOf, staticValue, type KnownMember } from "./static-value.ts";
import type { SyntaxNode } from "../typescript/syntax.ts";
import type { TypeReader } from "../types/type-reader.ts";

/** Reports options that the declaration which this one belongs to rules out, or must be given for: those of a subscription, by its topic's. */
export function checkOuter(reader: TypeReader, { call, declarator }: Declaration): void {
  const { options, within } = declarator;
  const node = options === undefined ? undefined : call.arguments?.[options.argument];
  const outer = within === undefined ? undefined : argumentsOf(reader, call.arguments?.[within]);
  if (node === undefined || outer === undefined) return;
  for (const rule of options?.refusedWithin ?? []) {
    const given = memberOf(reader, node, rule.option);
    const ruling = memberOf(reader, outer[rule.argument], rule.outer);
    if (given === undefined || ruling === undefined) continue;
    if (staticValue(ruling.value, reader.source) !== rule.is) continue;
    const site = { location: reader.source.location(given.name), path: rule.option };
    const message = `\`${rule.option}\` cannot be used here, where \`${rule.outer}\` is \`"${rule.is}"\``;
    reader.report(site, "option_invalid", message, rule.hint);
  }
  for (const rule of options?.neededWithin ?? []) {
    const given = memberOf(reader, node, rule.option);
    if (given === undefined || !lacks(reader, outer[rule.argument], rule.outer)) continue;
    const site = { location: reader.source.location(given.name), path: rule.option };
    const message = `\`${rule.option}\` means nothing here, where \`${rule.outer}\` is not given`;
    reader.report(site, "option_invalid", message, rule.hint);
  }
}

/** Whether options surely lack one: they are left out, or an object that is known as a whole. */
function lacks(reader: TypeReader, options: SyntaxNode | undefined, name: string): boolean {
  if (options === undefined) return true;
  const { members, isWhole } = membersOf(options, reader.source);
  return isWhole && members.every((member) => member.name.text !== name);
}

/** The arguments of the declaration that a variable holds; `undefined` where it is unknown. */
export function argumentsOf(
  reader: TypeReader,
  variable: SyntaxNode | undefined,
): readonly SyntaxNode[] | undefined {
  const declared = variable === undefined ? null : reader.source.resolve(variable)?.declaration();
  return (declared as { initializer?: { arguments?: readonly SyntaxNode[] } } | null)?.initializer?.arguments;
}

function memberOf(reader: TypeReader, node: SyntaxNode | undefined, name: string): KnownMember | undefined {
  if (node === undefined) return undefined;
  return membersOf(node, reader.source).members.find((member) => member.name.text === name);
}
