import {
  addRedactor,
  DURATION_FORM,
  parseDuration,
  problem,
  register,
  secretStore,
  SystemCode,
  type Component,
  type Declarations,
  type LoadedSecret,
  type Problem,
  type Running,
} from "@twinloop/core-native/internal";
import { appMeta } from "@twinloop/core-native";
import { places } from "./places.ts";
import { invalidValue, missing } from "./problem.ts";
import { askProviders, providers } from "./provider.ts";
import { Rotation } from "./rotation.ts";
import { redactThrown } from "./thrown.ts";
import { names, secrets, type Handle } from "./registry.ts";

/** The default of `SECRETS_REFRESH`, the time between two reads of all places. */
const REFRESH_MS = 30_000;
const MAX_REFRESH_MS = 86_400_000;

let rotation: Rotation | undefined;

const component: Component = {
  name: "secrets",
  role: "configures",

  /** Loads all secrets from their places and providers, and finds those that are missing or do not fit. */
  async check(): Promise<readonly Problem[]> {
    // The process has one set of values: workers use those that the main isolate has found.
    const loaded = secretStore.load(names(), places(), appMeta().isMainIsolate);
    const absent = loaded.filter(({ unusable, attempts, origin }) => !unusable && isAbsent(origin, attempts));
    const { offered, problems, unanswered } = await askProviders(absent.map(({ name }) => name));
    for (const { name, version } of offered) secretStore.settle(name, version, true);
    return [
      ...refreshProblem(),
      ...problems,
      ...lacking(secretStore.load(names(), places(), false), unanswered),
      ...(await misfits()),
    ];
  },

  /** Begins to follow changes of values. */
  async start(): Promise<readonly Running[]> {
    rotation = new Rotation(refreshMs() ?? REFRESH_MS);
    await rotation.start();
    return [{ what: "secrets", where: summary(names().length) }];
  },

  /** Names the declarations of this isolate, which the start compares with the manifest. */
  declared(): readonly Declarations[] {
    return [{ package: "@twinloop/secrets", what: "secret", names: names() }];
  },

  /** Ends the following of changes. Values stay readable. */
  async stop(): Promise<void> {
    const running = rotation;
    rotation = undefined;
    await running?.stop();
  },
};

/** Reads `SECRETS_REFRESH` in milliseconds; `undefined` for a text that is no duration. */
function refreshMs(): number | undefined {
  const given = process.env["SECRETS_REFRESH"];
  if (!given) return REFRESH_MS;
  const parsed = parseDuration(/^\d+$/.test(given) ? Number(given) : given);
  return parsed !== undefined && parsed <= MAX_REFRESH_MS ? parsed : undefined;
}

function refreshProblem(): Problem[] {
  if (refreshMs() !== undefined) return [];
  const given = JSON.stringify(process.env["SECRETS_REFRESH"]);
  const message = `SECRETS_REFRESH is ${given}, which is no duration of at most a day`;
  return [problem(SystemCode.ConfigInvalid, message, `Write ${DURATION_FORM}, or unset SECRETS_REFRESH.`)];
}

/**
 * Reads all places and providers again now, instead of at the next refresh: `process.on("SIGHUP", refreshSecrets)`.
 *
 * Shape:  resolves when all are read; changed values are in use a moment later, and `onChange` is then called.
 */
export async function refreshSecrets(): Promise<void> {
  if (rotation) return rotation.refresh();
  secretStore.load(names(), places(), true);
}

/** Whether providers are asked for a secret: no other place has one, or the value in use came from a provider. */
function isAbsent(origin: string | null, attempts: LoadedSecret["attempts"]): boolean {
  return origin === null || (origin.startsWith("provider ") && attempts.length > 0);
}

/** Lists missing secrets. Of names that a failed provider may have, only those whose place cannot be used. */
function lacking(loaded: readonly LoadedSecret[], unanswered: ReadonlySet<string>): Problem[] {
  const asked = providers.map(({ name }) => name);
  const isRequired = (name: string): boolean =>
    secrets.some((handle) => handle.name === name && handle.isRequired);
  return loaded
    .filter(
      ({ name, origin, unusable }) =>
        origin === null && (unusable || (isRequired(name) && !unanswered.has(name))),
    )
    .map((one) => missing(one, asked));
}

async function misfits(): Promise<Problem[]> {
  const outcomes = await Promise.all(secrets.map(misfit));
  return outcomes.filter((found) => found !== undefined);
}

async function misfit(handle: Handle): Promise<Problem | undefined> {
  const version = secretStore.version(handle.name);
  if (version === 0) return undefined;
  const wrong = await handle.check(secretStore.read(handle.name) ?? "", version);
  return wrong === undefined ? undefined : invalidValue(handle.name, wrong);
}

function summary(count: number): string {
  return count === 1 ? "1 secret" : `${count} secrets`;
}

let registered = false;

/** Makes secrets part of the app's start and stop, and redacts them from logs and errors. */
export function registerComponent(): void {
  if (registered) return;
  registered = true;
  register(component);
  addRedactor(secretStore.redact);
  process.on("uncaughtExceptionMonitor", redactThrown);
}
