import {
  callSite,
  declareService,
  optionProblems,
  placeText,
  problem,
  register,
  services,
  SystemCode,
  type Component,
  type Problem,
} from "@twinloop/core-native/internal";
import type { ServiceConfig } from "@twinloop/core-native";
import { serviceRules } from "./service-rules.ts";

/** The form of a service's name; also part of paths and of variables such as `SERVICE_<NAME>_URL`. */
const NAME = /^[A-Za-z][\w-]*$/;

/**
 * Services as a part of the app: checked at start, run by the primitives that have handlers. Starting and stopping do
 * nothing.
 */
const component: Component = {
  name: "service",
  role: "configures",
  check: () => [...services().flatMap(faultsOf), ...declaredTwice()],
  start: () => Promise.resolve([]),
  stop: () => Promise.resolve(),
};

/**
 * Declares a service: the endpoints, subscriptions and cron jobs of its folder and the folders below. Declare it as the
 * default export of a file `<name>.service.ts` or `encore.service.ts`, and import the file where the app starts if the
 * service has options.
 *
 * Shape:  the name, which is part of log lines, traces and default paths (`/<service>.<export>`), and the options:
 *         middlewares, which run inside those of `start()`, the form of errors, and policies that win over those of `start()`
 *         and yield to an endpoint's own. The variable `SERVICE_<NAME>_URL` says where a service runs that is in another
 *         process.
 * Errors: `start()` refuses names that are no identifiers, two services of one name, and a service with options that no
 *         loaded module declares.
 * Example: `export default new Service("users", { middlewares: [timing] });`
 */
export class Service {
  readonly name: string;
  readonly cfg: ServiceConfig;

  constructor(name: string, cfg: ServiceConfig = {}) {
    register(component);
    this.name = name;
    this.cfg = cfg;
    declareService({ name, config: cfg, site: callSite(Service) });
  }
}

type Declared = ReturnType<typeof services>[number];

/** Finds what is wrong with one service: its name, and its options. */
function faultsOf({ name, config, site }: Declared): Problem[] {
  const whose = `the service ${JSON.stringify(name)}${site ? ` at ${placeText(site)}` : ""}`;
  const faults = optionProblems(whose, config, serviceRules);
  if (typeof name === "string" && NAME.test(name)) return faults;
  const hint = "Write letters, digits, - and _, with a letter in front.";
  return [problem(SystemCode.ConfigInvalid, `${whose} has a name that is no identifier`, hint), ...faults];
}

/** Finds services of one name: which folder an endpoint belongs to could not be told by it. */
function declaredTwice(): Problem[] {
  const all = services();
  return all.flatMap(({ name, site }, index) => {
    const first = all.findIndex((one) => one.name === name);
    if (first === index) return [];
    const where = [all[first]!.site, site].map((place) => place && placeText(place));
    const message = `the service ${JSON.stringify(name)} is declared twice: at ${where.join(" and at ")}`;
    return [problem(SystemCode.ConfigInvalid, message, "Rename one of the two.")];
  });
}
