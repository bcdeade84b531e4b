/**
 * What this package brings to the `twinloop` command. Not for apps.
 *
 * @packageDocumentation
 */
import {
  type AppOnDisk,
  type EnvironmentReport,
  type Manifest,
  type PackageCli,
  type Variable,
} from "@twinloop/core-native/cli";
import { openApiCommand } from "./openapi.ts";
import { LIMITS } from "../policy/limit-table.ts";
import { readServicePlaces, servicesIn, unsignedAuth } from "../remote/service-places.ts";
import { SECRET_VARIABLE } from "../remote/service-secret.ts";
import { serviceVariable } from "../remote/service-variables.ts";

/** The variables of the server: where it listens, its limits, and where the app's services run. `HOST` differs in production. */
function variables(manifest: Manifest, isProduction: boolean): readonly Variable[] {
  const host = isProduction ? "0.0.0.0" : "127.0.0.1";
  return [
    { name: "HOST", meaning: "address to listen on", default: host, confidential: false },
    { name: "PORT", meaning: "port to listen on", default: "4000", confidential: false },
    ...Object.values(LIMITS).map(({ variable: name, meaning, default: standard }) => {
      return { name, meaning, default: standard, confidential: false };
    }),
    ...serviceVariables(manifest),
  ];
}

/** The variables of an app with services: `SERVICE_<NAME>_URL` for each, and the secret of calls; none for an app without. */
function serviceVariables(manifest: Manifest): readonly Variable[] {
  const services = servicesIn(manifest);
  if (services.length === 0) return [];
  const meaning = "secrets by which the app's processes know each other, parted by commas, the newest first";
  return [
    ...services.map((service) => ({
      name: serviceVariable(service),
      meaning: `where the service ${service} runs`,
      default: "in this process",
      confidential: false,
    })),
    { name: SECRET_VARIABLE, meaning, default: "calls of other processes are not taken", confidential: true },
  ];
}

/**
 * The problems of the variables that say where services run, for `check --env`: URLs that are none, secrets that are too short, and
 * a missing secret of an app with auth handlers, whose auth data no other process would take unsigned.
 */
async function environment({ manifest }: AppOnDisk, values: NodeJS.ProcessEnv): Promise<EnvironmentReport> {
  const places = readServicePlaces(servicesIn(manifest), values);
  const hasAuth = (manifest.authHandlers ?? []).length > 0;
  const problems = [...places.faults, ...(hasAuth ? unsignedAuth(places) : [])];
  return Promise.resolve({ text: "", problems, isLacking: false });
}

/** The command `openapi`, and the variables of the HTTP server and of services with their problems. */
export const cli: PackageCli = { commands: { openapi: openApiCommand }, variables, environment };
