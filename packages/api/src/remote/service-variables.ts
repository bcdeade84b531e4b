/** What is wrong with a variable of the environment, as a sentence, and what to do. */
export interface VariableFault {
  readonly message: string;
  readonly hint: string;
}

/** The services that run in other processes, by name, and the faults of the variables that say so. */
export interface ServiceUrls {
  readonly urls: ReadonlyMap<string, URL>;
  readonly faults: readonly VariableFault[];
}

/** The names of variables that say where a service runs. */
const VARIABLE = /^SERVICE_(.+)_URL$/;
const FORM = "Write an http or https URL such as http://users.internal:4000, or unset the variable.";

/**
 * The environment variable of a service's URL: `SERVICE_CLICK_COUNTS_URL` for `click-counts`. Two services may have the same
 * one, which is a fault.
 */
export function serviceVariable(name: string): string {
  return `SERVICE_${name.toUpperCase().replace(/[^A-Z0-9]+/g, "_")}_URL`;
}

/**
 * Reads where services run, out of `SERVICE_<NAME>_URL`. An empty variable counts as unset.
 *
 * Shape:  the names of the app's services and the environment -> a URL for each service that has one. No message shows a URL,
 *         which may hold a password.
 */
export function readServiceUrls(
  services: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): ServiceUrls {
  const urls = new Map<string, URL>();
  const faults: VariableFault[] = [];
  for (const [variable, text] of Object.entries(env)) {
    if (!VARIABLE.test(variable) || !text) continue;
    const own = services.filter((name) => serviceVariable(name) === variable);
    const url = urlOf(variable, text);
    if (own.length !== 1) faults.push(own.length === 0 ? unknown(variable, services) : shared(variable, own));
    else if ("message" in url) faults.push(url);
    else urls.set(own[0]!, url);
  }
  return { urls, faults };
}

/** Reads a URL, or says what is wrong with it: a base of http or https without credentials, query and fragment. */
function urlOf(variable: string, text: string): URL | VariableFault {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) return { message: `${variable} is no URL`, hint: FORM };
  if (url.protocol !== "http:" && url.protocol !== "https:")
    return { message: `${variable} has the scheme ${url.protocol.slice(0, -1)}`, hint: FORM };
  if (url.username !== "" || url.password !== "")
    return {
      message: `${variable} holds a user name or a password`,
      hint: "Leave them out: calls are authenticated by SERVICE_AUTH_SECRET.",
    };
  if (url.search !== "" || url.hash !== "")
    return {
      message: `${variable} has a query or a fragment`,
      hint: "Write the base of the service's URL: the paths of its endpoints are added to it.",
    };
  return url;
}

function unknown(variable: string, services: readonly string[]): VariableFault {
  const known = services.map((name) => `${serviceVariable(name)} (${name})`).sort();
  const hint =
    known.length === 0 ? "The app has no service." : `The app's services have ${known.join(", ")}.`;
  return { message: `${variable} names no service of the app`, hint };
}

function shared(variable: string, services: readonly string[]): VariableFault {
  return {
    message: `${variable} is the variable of ${services.length} services: ${services.join(", ")}`,
    hint: "Rename all but one of them.",
  };
}
