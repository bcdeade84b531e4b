import { readdirSync, readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { expect, test } from "vitest";
import { diagnosis } from "../../core-native/dist/internal.js";

const SCHEMA = new URL("../../../contract/cases/schema/", import.meta.url);
const COMPILER = new URL("../../../contract/cases/compiler/", import.meta.url);

interface Case {
  readonly name: string;
  readonly accept: boolean;
  readonly value?: unknown;
  readonly at?: string;
  readonly type?: number;
  readonly input?: string;
  readonly place?: unknown;
  readonly path?: Record<string, string>;
  readonly query?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: string;
}

interface Suite {
  readonly types: unknown;
  readonly cases?: readonly Case[];
  readonly requests?: readonly Case[];
}

type Verdict =
  | { readonly accepted: true; readonly tagged: boolean; readonly text: string }
  | { readonly accepted: false; readonly issues: readonly { readonly at: string }[] };

/** What the compiler must make of a fixture, and what the validator must make of that. */
interface Construct {
  readonly expected: { readonly types: unknown; readonly body: number };
  readonly cases: readonly { readonly input: string; readonly accept: boolean }[];
}

function read<T>(folder: URL): (readonly [string, T])[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return names.map((name) => [name, JSON.parse(readFileSync(new URL(name, folder), "utf8")) as T]);
}

function verdictOf({ types }: Suite, one: Case): Promise<Verdict> {
  if (one.place === undefined) {
    const argument = { types, type: one.type, input: one.input };
    return diagnosis.call("check", argument);
  }
  const { place, path = {}, query, headers, body } = one;
  const argument = { types, place, path: Object.entries(path), query, headers, body };
  return diagnosis.call("checkRequest", argument);
}

/** What is wrong with the verdict on a case; undefined when it is right. */
function judge(one: Case, verdict: Verdict): string | undefined {
  if (verdict.accepted !== one.accept) return `${one.name}: ${JSON.stringify(verdict)}`;
  if (!verdict.accepted) {
    const found = verdict.issues.map(({ at }) => at);
    return one.at === undefined || found.includes(one.at)
      ? undefined
      : `${one.name}: at ${found}, wanted ${one.at}`;
  }
  const wanted = "value" in one ? one.value : one.input === undefined ? undefined : JSON.parse(one.input);
  if (wanted === undefined) return undefined;
  const got: unknown = JSON.parse(verdict.text);
  return isDeepStrictEqual(got, wanted) ? undefined : `${one.name}: got ${verdict.text}`;
}

// Cases given as bytes are cargo's alone: text that is not UTF-8 cannot be asked for from here.
test.each(read<Suite>(SCHEMA))("%s: each case has its verdict through the addon", async (_name, suite) => {
  const cases = [...(suite.cases ?? []), ...(suite.requests ?? [])].filter(
    (one) => one.input !== undefined || one.place !== undefined,
  );
  const wrong = await Promise.all(cases.map(async (one) => judge(one, await verdictOf(suite, one))));
  expect(wrong.filter((problem) => problem !== undefined)).toEqual([]);
});

test.each(read<Construct>(COMPILER))(
  "%s: what the compiler reads is checked as its cases say",
  async (_name, construct) => {
    const { types, body } = construct.expected;
    const verdicts = construct.cases.map(async ({ input, accept }) => {
      const one = { name: input, type: body, input, accept };
      const verdict = await verdictOf({ types }, one);
      return verdict.accepted === accept ? undefined : `${input}: ${JSON.stringify(verdict)}`;
    });
    expect((await Promise.all(verdicts)).filter((problem) => problem !== undefined)).toEqual([]);
  },
);
