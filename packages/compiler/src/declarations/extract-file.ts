import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { Arena } from "../types/arena.ts";
import type { Catalogue } from "../imports/catalogue.ts";
import {
  readAuthHandler,
  readGateway,
  readVerifier,
  type FoundAuthHandler,
  type FoundGateway,
  type FoundVerifier,
} from "./auth.ts";
import { declarationsOf, type Declaration, type FoundDeclarations } from "./declaration.ts";
import { readEndpoint, type FoundEndpoint } from "./endpoint.ts";
import { checkImports, isOurs, notImported } from "../imports/import-check.ts";
import { importsIn, type ModuleUse } from "../imports/imports.ts";
import type { Node, StartModel, TypeIndex } from "@twinloop/core-native/build-time";
import { DeclarationProblems } from "./declaration-problems.ts";
import { lineOf } from "../problems/line-of.ts";
import { mapAuthHandler, mapDeclaration, mapEndpoint, type MapType } from "../types/map-types.ts";
import { checkMiddleware } from "./middleware.ts";
import { readModelEntry, readStart, type ModelEntry } from "./model.ts";
import { checkOptions } from "./option-check.ts";
import type { Problem } from "../problems/problem.ts";
import type { Report, Site } from "../types/site.ts";
import { actsWhenLoaded } from "../typescript/syntax.ts";
import { completeUnions } from "../types/tag.ts";
import type { Location, ModuleTarget, SourceText, TypeSource } from "../typescript/type-source.ts";
import { isReserved, TypeReader } from "../types/type-reader.ts";

/** The declarations of one file, with the types they use. Valid until the file, or one that it imports, changes. */
export interface FileExtract {
  endpoints: (FoundEndpoint & { line: number; place: Place; authPlace?: Place })[];
  entries: (ModelEntry & { line: number; place: Place })[];
  authHandlers: (FoundAuthHandler & { line: number; place: Place })[];
  gateways: (FoundGateway & { place: Place })[];
  verifiers: FoundVerifier[];
  /** The options of `start()` that documents tell of; null where the file calls it without any. */
  start: StartModel | null;
  nodes: Node[];
  /** The file's problems, with absolute paths. */
  problems: Problem[];
  /** Problems that count only where the app loads the file. */
  whenLoaded: Problem[];
  /** The modules that the file loads at run time; `unknown` where one is computed. */
  loads: { paths: readonly string[]; unknown: boolean };
  /** Whether the file imports a package of Twinloop, or calls one of its names without an import. */
  isOurs: boolean;
  /** Whether the file calls `start()`. */
  starts: boolean;
  /** Whether the file does something beside declaring when it is loaded. */
  acts: boolean;
}

/** A range in a file. */
export type Place = Pick<Problem, "line" | "column" | "length">;

/** Reads the declarations of one file. */
export function extractFile(file: SourceText, source: TypeSource, catalogue: Catalogue): FileExtract {
  const texts = new Map([[file.path, file.text]]);
  const problems: Problem[] = syntaxProblems(file, source);
  const whenLoaded: Problem[] = [];
  const placed = (site: Site): ReturnType<typeof placeOf> =>
    placeOf(site.location, textOf(texts, source, site.location.path));
  const into =
    (list: Problem[]): Report =>
    (site, code, message, hint) =>
      void list.push({ code, ...placed(site), message, ...(hint === undefined ? {} : { hint }) });
  const report = into(problems);
  let own = new DeclarationProblems(placed);
  const reader = new TypeReader(source, (...problem) => own.report(...problem));
  const imports = importsIn(file.tree, source.kinds);
  const targets = source.modules(imports.uses.map(({ specifier }) => specifier));
  checkImports(file, source, imports, targets, {
    always: report,
    whenLoaded: into(whenLoaded),
    catalogue,
  });
  const found = declarationsOf(file, source, imports.locals, catalogue);
  source.announce(
    found.declarations.flatMap(({ call }) => [call.expression, ...(call.arguments?.slice(1, 2) ?? [])]),
    [],
  );
  reportStrangers(found, source, report, catalogue);
  const loads = [
    ...loadedBy(imports.uses, targets),
    ...imports.urls.flatMap((url) => fileAt(file.path, url)),
  ];
  const extract: FileExtract = {
    endpoints: [],
    entries: [],
    authHandlers: [],
    gateways: [],
    verifiers: [],
    start: null,
    nodes: [],
    problems,
    whenLoaded,
    loads: { paths: loads, unknown: imports.loadsUnknown },
    acts: actsWhenLoaded(file.tree, source.kinds),
    isOurs:
      found.unknown.length > 0 ||
      imports.uses.some(({ specifier, isTypeOnly }) => !isTypeOnly && isOurs(specifier.text)),
    starts: found.declarations.some(({ declarator }) => declarator.role === "start"),
  };
  reportLate(found.declarations, report);
  for (const declaration of found.declarations) {
    own = new DeclarationProblems(placed);
    const site = siteOf(declaration);
    try {
      readDeclaration(reader, declaration, file, extract);
    } catch (error) {
      reader.abandon();
      own.failed(error, site);
    }
    problems.push(...own.shown(site));
  }
  return compact(extract, reader.finishedNodes());
}

function loadedBy(uses: readonly ModuleUse[], targets: readonly (ModuleTarget | null)[]): string[] {
  return uses.flatMap(({ isTypeOnly }, index) => {
    const target = targets[index];
    return target?.own === true && !isTypeOnly ? [target.path] : [];
  });
}

/** The source file that a relative URL refers to; as with imports, `x.js` may be `x.ts`. */
function fileAt(from: string, url: string): string[] {
  const path = resolve(dirname(from), url).replaceAll("\\", "/");
  const candidates = [path, path.replace(/\.([cm]?)js(x?)$/, ".$1ts$2")];
  return candidates.filter((candidate) => existsSync(candidate)).slice(0, 1);
}

/** Adds the content of one declaration to the extract. */
function readDeclaration(
  reader: TypeReader,
  declaration: Declaration,
  file: SourceText,
  extract: FileExtract,
): void {
  const { declarator, nested, location } = declaration;
  const mayNest = ["start", "middleware", "verifier"].includes(declarator.role ?? "");
  if (nested && !mayNest) return reportNested(reader.report, declaration);
  checkOptions(reader, declaration);
  if (declarator.role === "middleware") checkMiddleware(reader, declaration);
  const { line } = lineOf(file.text, location.start);
  const place = atPlace(siteOf(declaration).location, file.text);
  const read = readEndpoint(reader, declaration);
  const entry = read === null ? readModelEntry(reader, declaration) : null;
  const authHandler = declarator.role === "authHandler" ? readAuthHandler(reader, declaration) : null;
  if (declarator.role === "gateway") extract.gateways.push({ ...readGateway(reader, declaration), place });
  if (declarator.role === "verifier") extract.verifiers.push(readVerifier(reader, declaration));
  if (declarator.role === "start") extract.start = readStart(reader, declaration) ?? extract.start;
  reader.finish();
  completeUnions(reader);
  if (read !== null) {
    const isHere = read.route.path === file.path;
    const routePlace = isHere ? atPlace(read.route, file.text) : place;
    const isAuthHere = read.auth?.path === file.path;
    const authPlace = isAuthHere ? { authPlace: atPlace(read.auth!, file.text) } : {};
    extract.endpoints.push({ ...read.endpoint, line, place: routePlace, ...authPlace });
  }
  if (authHandler !== null) extract.authHandlers.push({ ...authHandler, line, place });
  if (entry !== null) extract.entries.push({ ...entry, line, place });
}

/** The place of a declaration in problems: the call, without its arguments. */
function siteOf({ location, call, what, exportName }: Declaration): Site {
  const end = Math.min(location.end, call.expression.end);
  return { location: { ...location, end }, path: exportName ?? what };
}

function atPlace(location: Location, text: string): Place {
  const { line, column, length } = placeOf(location, text);
  return { line, column, length };
}

/** Reports calls that look like declarations but are not: without a report they would be missing silently. */
function reportStrangers(
  { missing, unknown }: FoundDeclarations,
  source: TypeSource,
  report: Report,
  catalogue: Catalogue,
): void {
  for (const { member, of, package: home } of missing) {
    const isIndirect = ["call", "apply", "bind"].includes(member.text);
    const message = isIndirect
      ? `What \`${of}.${member.text}\` declares cannot be known before the app runs`
      : `\`${home}\` has no \`${of}.${member.text}\``;
    const hint = isIndirect
      ? "Call the function directly, so that the compiler can read its arguments."
      : (catalogue.unbuilt(member.text) ?? `See what \`${of}\` offers in the package's README.`);
    report({ location: source.location(member), path: "" }, "export_missing", message, hint);
  }
  for (const name of unknown) notImported(name, source, report, catalogue);
}

/** Keeps the nodes that the declarations reach; the same few types are read for every endpoint of a file. */
function compact(extract: FileExtract, nodes: readonly Node[]): FileExtract {
  const arena = new Arena();
  arena.append(nodes);
  const roots: TypeIndex[] = [];
  mapExtract(extract, (type) => (roots.push(type), type));
  const { types, place } = arena.finish(roots);
  if (extract.problems.length === 0 && types.some(isReserved))
    throw new Error("A type was used before it was read: this is a defect of @twinloop/compiler");
  return { ...mapExtract(extract, place), nodes: types };
}

function mapExtract(extract: FileExtract, map: MapType): FileExtract {
  const endpoints = extract.endpoints.map((endpoint) => mapEndpoint(endpoint, map));
  const entries = extract.entries.map((found) => ({ ...found, entry: mapDeclaration(found.entry, map) }));
  const authHandlers = extract.authHandlers.map((handler) => mapAuthHandler(handler, map));
  return { ...extract, endpoints, entries, authHandlers };
}

/** Reports declarations behind the module's own `start()`, which has looked at all declarations when they are made. */
function reportLate(declarations: readonly Declaration[], report: Report): void {
  const isStart = ({ declarator }: Declaration): boolean => declarator.role === "start";
  const start = declarations.find((one) => isStart(one) && !one.nested);
  if (start === undefined) return;
  for (const declaration of declarations) {
    const { location, nested, what, declarator } = declaration;
    if (nested || isStart(declaration) || declarator.role === "middleware") continue;
    if (location.start < start.location.end) continue;
    const message = `\`${what}\` stands behind \`start()\`, so the app starts without this ${declarator.noun}`;
    report(siteOf(declaration), "declared_late", message, "Move it above the call of `start()`.");
  }
}

function reportNested(report: Report, declaration: Declaration): void {
  const site = siteOf(declaration);
  const message = `\`${declaration.what}\` is called inside a function: what it declares cannot be known before the app runs`;
  report(site, "not_top_level", message, "Declare it at the top level of a module.");
}

function syntaxProblems(file: SourceText, source: TypeSource): Problem[] {
  return source
    .syntaxErrors(file)
    .map((error) => ({ code: "syntax", ...placeOf(error, file.text), message: error.message }));
}

function textOf(texts: Map<string, string>, source: TypeSource, path: string): string {
  const known = texts.get(path);
  if (known !== undefined) return known;
  const text = source.files().find((file) => file.path === path)?.text ?? "";
  texts.set(path, text);
  return text;
}

/** The line, column and length of a range of text. */
export function placeOf(
  location: Location,
  text: string,
): Pick<Problem, "file" | "line" | "column" | "length"> {
  return {
    file: location.path,
    ...lineOf(text, location.start),
    length: Math.max(1, location.end - location.start),
  };
}
