import type { AuthHandlerModel, ReadyAuthHandlerModel } from "@twinloop/core-native/build-time";
import type { FileExtract, Place } from "../declarations/extract-file.ts";
import { mapPlace, type MapType } from "../types/map-types.ts";
import type { Problem } from "../problems/problem.ts";

/** One file's declarations, with the path that problems show, and how its types are numbered in the manifest. */
export interface AuthSource {
  readonly file: string;
  readonly extract: Pick<FileExtract, "authHandlers" | "gateways" | "verifiers" | "endpoints">;
  readonly shift: MapType;
}

/** The auth handlers of an app, and what is wrong with them and with the endpoints that name them. */
export interface AuthModel {
  readonly handlers: AuthHandlerModel[];
  readonly ready: ReadyAuthHandlerModel[];
  readonly problems: Problem[];
}

/** Combines the auth handlers of all files with the gateway that names them. */
export function authModel(sources: readonly AuthSource[]): AuthModel {
  const gateways = sources.flatMap(({ file, extract }) => extract.gateways.map((one) => ({ ...one, file })));
  const made = sources.flatMap(({ file, extract, shift }) =>
    extract.authHandlers.map((one) => ({ ...one, file, shift, key: keyOf(one.call) })),
  );
  const [gateway, ...others] = gateways;
  const problems = others.map(({ file, place }) =>
    at(
      file,
      place,
      "duplicate",
      `A gateway is already declared at ${gateway!.file}:${gateway!.place.line}`,
      ONE,
    ),
  );
  const named = gateway?.handlers ?? [];
  const calls = gateways.flatMap(({ handlers }) => handlers.map(({ call }) => call));
  const used = new Set(calls.flatMap((call) => (call === null ? [] : [keyOf(call)])));
  // What a gateway has cannot be told of one that is reported already.
  const isKnown = gateways.every(({ isWhole }) => isWhole) && !calls.includes(null);
  for (const { key, file, place } of made) {
    if (used.has(key) || !isKnown) continue;
    const message = "This auth handler belongs to no gateway, so it would never run";
    problems.push(at(file, place, "auth_invalid", message, NO_GATEWAY));
  }
  const handlers = named.flatMap(({ name, call }): AuthHandlerModel[] => {
    const found = call === null ? undefined : made.find(({ key }) => key === keyOf(call));
    // What is none of the app's own is ready-made, and needs no types.
    if (found === undefined) return [];
    const { file, line, params, data, doc, shift } = found;
    const types = { params: mapPlace(params, shift), data: shift(data) };
    return [{ name, file, line, ...types, ...(doc === undefined ? {} : { doc }) }];
  });
  const verifiers = sources.flatMap(({ extract }) => extract.verifiers);
  const ready = named.flatMap(({ name, call }): ReadyAuthHandlerModel[] => {
    const found = verifiers.find((one) => call !== null && keyOf(one.call) === keyOf(call));
    if (found === undefined) return [];
    const { call: _, ...verifier } = found;
    return [{ name, ...verifier }];
  });
  const names = named.map(({ name }) => name);
  const unknown = isKnown ? sources.flatMap((one) => unknownNames(one, names)) : [];
  return { handlers, ready, problems: [...problems, ...unknown] };
}

/** Reports endpoints that ask for an auth handler which is not there. */
function unknownNames({ file, extract }: AuthSource, names: readonly string[]): Problem[] {
  return extract.endpoints.flatMap(({ auth, authPlace, place }): Problem[] => {
    if (auth === undefined) return [];
    const where = authPlace ?? place;
    if (names.length === 0) {
      const message = "This endpoint has `auth`, and the app has no auth handler";
      return [at(file, where, "auth_invalid", message, NO_HANDLER)];
    }
    const missing = auth.find((name) => !names.includes(name));
    if (missing === undefined) return [];
    const hint = `The gateway has ${names.map((name) => `\`${name}\``).join(", ")}.`;
    return [at(file, where, "auth_invalid", `No auth handler is called \`${missing}\``, hint)];
  });
}

const ONE = "Keep one, and give it all auth handlers: `authHandlers: { session, key }`.";
const NO_GATEWAY = "Write `export const gateway = new Gateway({ authHandler: … });`.";
const NO_HANDLER = "Declare an `authHandler` and `new Gateway({ authHandler: … })`, or leave `auth` out.";

function at(file: string, place: Place, code: Problem["code"], message: string, hint: string): Problem {
  return { code, file, ...place, message, hint };
}

function keyOf({ path, start }: { path: string; start: number }): string {
  return `${path}:${start}`;
}
