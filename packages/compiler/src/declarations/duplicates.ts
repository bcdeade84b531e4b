import { dirname } from "node:path";
import type { FileExtract, Place } from "./extract-file.ts";
import { routeOf } from "@twinloop/core-native/build-time";
import type { Problem } from "../problems/problem.ts";

/** A file's extract, with the path that problems show. */
export type NamedExtract = readonly [file: string, extract: FileExtract];

interface Claim {
  readonly key: string;
  readonly label: string;
  readonly file: string;
  readonly place: Place;
  readonly hint: string;
}

/**
 * Reports names and routes that two declarations claim, at the second one. `defaultPath` gives an endpoint's path where
 * it declares none.
 */
export function duplicates(
  files: readonly NamedExtract[],
  defaultPath: (file: string, exported: string | null) => string,
): Problem[] {
  const first = new Map<string, Claim>();
  const problems: Problem[] = [];
  for (const claim of files.flatMap((file) => claims(file, defaultPath))) {
    const other = first.get(claim.key);
    if (other === undefined) {
      first.set(claim.key, claim);
      continue;
    }
    const message = `${claim.label} is already declared at ${other.file}:${other.place.line}`;
    problems.push({ code: "duplicate", file: claim.file, ...claim.place, message, hint: claim.hint });
  }
  return problems;
}

function claims(
  [file, { endpoints, entries }]: NamedExtract,
  defaultPath: (file: string, exported: string | null) => string,
): Claim[] {
  const routes = endpoints.flatMap(({ methods, path: given, export: name, place }) => {
    const path = given ?? defaultPath(file, name);
    const hint = "Give one of the two another path or method.";
    const route = routeOf(path);
    return methods.map((method): Claim => ({
      key: `${method} ${route}`,
      label: `The route \`${method} ${path}\``,
      file,
      place,
      hint,
    }));
  });
  const names = entries.flatMap(({ declarator, entry, place }): Claim[] => {
    // A declaration within an unknown other one cannot be compared.
    if (declarator.repeatable === true || entry.within === null) return [];
    const name = entry.within === undefined ? entry.name : `${entry.within}/${entry.name}`;
    const key = JSON.stringify([entry.package, entry.what, name]);
    const hint = `Give one of the two another ${declarator.name?.called ?? "name"}.`;
    const named = { key, label: `The ${declarator.noun} \`${name}\``, file, place, hint };
    return declarator.role === "service" ? [named, ofFolder(file, place)] : [named];
  });
  return [...routes, ...names];
}

/** A service claims its folder: two in one folder would leave open which of them a file belongs to. */
function ofFolder(file: string, place: Place): Claim {
  const folder = dirname(file);
  const label = `The service of the folder \`${folder}\``;
  const hint = "Move one of the two to a folder of its own, with its endpoints.";
  return { key: `service of ${folder}`, label, file, place, hint };
}
