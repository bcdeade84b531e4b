import type { Declaration } from "./declaration.ts";
import type { DeclaredOptions } from "./declares-definition.ts";
import { isReversed, limitFault, unitHint } from "./option-limit.ts";
import { describeOption, fitsOption, optionArms, typesOfAnyName, type OptionArms } from "./option-type.ts";
import type { ProblemCode } from "../problems/problem.ts";
import type { Site } from "../types/site.ts";
import { membersOf, staticValue, type KnownMember, type StaticValue } from "./static-value.ts";
import { nearest } from "@twinloop/core-native/build-time";
import { checkOuter } from "./outer-check.ts";
import { unwrap, type ArrayNode, type SyntaxNode } from "../typescript/syntax.ts";
import type { Type, TypeSource } from "../typescript/type-source.ts";
import type { TypeReader } from "../types/type-reader.ts";

/**
 * Reports invalid options of a declaration: names that the options' type does not have, values of another kind, and
 * numbers outside their limits. The types are those of the installed package, so new options need no change here.
 */
export function checkOptions(reader: TypeReader, declaration: Declaration): void {
  const { source } = reader;
  const { call, what, declarator } = declaration;
  const { options } = declarator;
  const node = options === undefined ? undefined : call.arguments?.[options.argument];
  if (options === undefined || node === undefined) return;
  // The options of a middleware are left out where its function comes first.
  if (declarator.role === "middleware" && (call.arguments?.length ?? 0) < 2) return;
  const isNew = call.kind === source.kinds.NewExpression;
  const types = source.parameterTypes(
    call.expression,
    options.argument,
    isNew,
    `${declaration.package} ${what}`,
  );
  if (types.length > 0) new OptionCheck(reader, what, options).object(node, types, "");
  checkOuter(reader, declaration);
}

class OptionCheck {
  readonly #reader: TypeReader;
  readonly #source: TypeSource;
  readonly #what: string;
  readonly #rules: DeclaredOptions;

  constructor(reader: TypeReader, what: string, rules: DeclaredOptions) {
    this.#reader = reader;
    this.#source = reader.source;
    this.#what = what;
    this.#rules = rules;
  }

  /** Checks an object expression against the types it may have; `path` is empty for the options themselves. */
  object(node: SyntaxNode, types: readonly Type[], path: string): void {
    const arms = optionArms(this.#source, types);
    if (arms.isOpen) return;
    const { members, isWhole } = membersOf(node, this.#source);
    for (const member of members) {
      const own = arms.names.get(member.name.text);
      const ofName = own ?? typesOfAnyName(this.#source, arms);
      if (ofName.length > 0) this.#value(member.value, ofName, join(path, member.name.text));
      else this.#unknown(member, [...arms.names.keys()], path);
    }
    this.#order(members, path);
    if (path === "") {
      this.#together(members);
      this.#exclusions(members);
    }
    if (!isWhole) return;
    if (path === "") {
      this.#choices(node, members);
      this.#companions(members);
    }
    for (const name of arms.required) {
      if (members.some((member) => member.name.text === name)) continue;
      const message = `\`${this.#what}\` needs the option \`${join(path, name)}\``;
      this.#report(
        node,
        path,
        "option_invalid",
        message,
        `Give it ${this.#expected(arms.names.get(name) ?? [])}.`,
      );
    }
  }

  #unknown({ name }: KnownMember, known: readonly string[], path: string): void {
    const whole = join(path, name.text);
    const message = `\`${this.#what}\` has no option \`${whole}\``;
    const absent = this.#rules.absent?.[whole];
    const meant = nearest(name.text, known);
    const list = known.map((one) => `\`${join(path, one)}\``).join(", ");
    const hint =
      absent ?? (meant === null ? `Its options are ${list}.` : `Did you mean \`${join(path, meant)}\`?`);
    this.#report(name, whole, "option_unknown", message, hint);
  }

  #value(value: SyntaxNode, types: readonly Type[], path: string): void {
    const { kinds } = this.#source;
    const arms = optionArms(this.#source, types);
    if (arms.takesAny || this.#rules.generic?.includes(path)) return;
    const inner = unwrap(value, kinds);
    if (inner.kind === kinds.ObjectLiteralExpression) {
      if (arms.isObject) this.object(inner, types, path);
      else this.#wrong(value, types, path, "an object");
      return;
    }
    if (inner.kind === kinds.ArrayLiteralExpression && arms.elements.length > 0) {
      for (const element of (inner as ArrayNode).elements) {
        if (element.kind !== kinds.SpreadElement) this.#value(element, arms.elements, path);
      }
      return;
    }
    const functions = [kinds.ArrowFunction, kinds.FunctionExpression, kinds.MethodDeclaration];
    if (functions.includes(inner.kind)) {
      if (!arms.isCallable) this.#wrong(value, types, path, "a function");
      return;
    }
    const found = staticValue(inner, this.#source);
    if (found === undefined) this.#kind(value, arms, types, path);
    else if (!fitsOption(this.#source, found, types)) this.#wrong(value, types, path, written(found), found);
    else this.#limit(value, path, found);
  }

  /** Checks that one option of each group is given. */
  #choices(node: SyntaxNode, members: readonly KnownMember[]): void {
    for (const names of this.#rules.oneOf ?? []) {
      if (members.some(({ name }) => names.includes(name.text))) continue;
      const list = names.map((name) => `\`${name}\``).join(" or ");
      const message = `\`${this.#what}\` needs the option ${list}`;
      this.#report(node, "", "option_invalid", message, "Give it one of them.");
    }
  }

  /** Checks that no two options of a group are given. */
  #together(members: readonly KnownMember[]): void {
    for (const names of this.#rules.oneOf ?? []) {
      const [first, second] = members.filter(({ name }) => names.includes(name.text));
      if (first === undefined || second === undefined) continue;
      const message = `\`${this.#what}\` has both \`${first.name.text}\` and \`${second.name.text}\``;
      this.#report(second.name, second.name.text, "option_invalid", message, "Give it one of them.");
    }
  }

  /** Checks that options which mean nothing without another one have it beside them. */
  #companions(members: readonly KnownMember[]): void {
    for (const [name, needed] of Object.entries(this.#rules.needs ?? {})) {
      const given = members.find((member) => member.name.text === name);
      if (given === undefined || members.some((member) => member.name.text === needed)) continue;
      const message = `\`${name}\` means nothing without \`${needed}\``;
      this.#report(given.name, name, "option_invalid", message, `Add \`${needed}\`, or remove \`${name}\`.`);
    }
  }

  /** Checks that of options that exclude each other one is given; `false` counts as not given. */
  #exclusions(members: readonly KnownMember[]): void {
    for (const names of this.#rules.exclusive ?? []) {
      const given = members.filter(
        ({ name, value }) => names.includes(name.text) && staticValue(value, this.#source) !== false,
      );
      if (given.length < 2) continue;
      const [first, second] = given as [KnownMember, KnownMember];
      const message = `\`${first.name.text}\` and \`${second.name.text}\` exclude each other`;
      this.#report(second.name, second.name.text, "option_invalid", message, "Leave one of them out.");
    }
  }

  /** Checks that the lesser one of two durations or numbers is not the greater one. */
  #order(members: readonly KnownMember[], path: string): void {
    const memberAt = (whole: string): KnownMember | undefined =>
      members.find(({ name }) => join(path, name.text) === whole);
    for (const [min, max] of this.#rules.ordered ?? []) {
      const [least, most] = [memberAt(min), memberAt(max)];
      if (least === undefined || most === undefined) continue;
      if (!isReversed(staticValue(least.value, this.#source), staticValue(most.value, this.#source)))
        continue;
      const isNumber = Object.hasOwn(this.#rules.whole ?? {}, min);
      const message = `\`${min}\` is ${isNumber ? "greater" : "longer"} than \`${max}\``;
      const hint = isNumber ? `Make \`${max}\` at least as large.` : `Make \`${min}\` the shorter one.`;
      this.#report(least.value, min, "option_invalid", message, hint);
    }
  }

  #limit(value: SyntaxNode, path: string, found: StaticValue): void {
    const fault = limitFault(this.#rules, path, found);
    if (fault === null) return;
    const shown = fault.isConfidential ? "" : `${written(found)}, which is `;
    const message = `\`${path}\` is ${shown}${fault.not}`;
    this.#report(value, path, "option_invalid", message, fault.hint);
  }

  /** Checks the kind of a value that is known only at run time against the option's types. */
  #kind(value: SyntaxNode, arms: OptionArms, types: readonly Type[], path: string): void {
    const { kind } = this.#source.shape(this.#source.typeAt(value));
    if (kind !== "string" && kind !== "number" && kind !== "boolean") return;
    if (!arms.kinds.has(kind)) this.#wrong(value, types, path, `a ${kind}`);
  }

  #wrong(value: SyntaxNode, types: readonly Type[], path: string, found: string, literal?: unknown): void {
    const expected = this.#expected(types);
    const message = `\`${path}\` must be ${expected}, found ${found}`;
    const { literals } = optionArms(this.#source, types);
    const texts = literals.filter((one) => typeof one === "string");
    const meant = typeof literal === "string" ? nearest(literal, texts) : null;
    const hint = meant === null ? unitHint(this.#rules, path) : `Write \`${JSON.stringify(meant)}\`.`;
    this.#report(value, path, "option_invalid", message, hint);
  }

  #expected(types: readonly Type[]): string {
    return describeOption(this.#source, types);
  }

  #report(
    node: SyntaxNode,
    path: string,
    code: ProblemCode,
    message: string,
    hint: string | undefined,
  ): void {
    const site: Site = { location: this.#source.location(node), path };
    this.#reader.report(site, code, message, hint);
  }
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

/** A value as the code writes it; JSON cannot write `NaN` and `Infinity`. */
function written(value: StaticValue): string {
  return typeof value === "number" ? String(value) : JSON.stringify(value);
}
