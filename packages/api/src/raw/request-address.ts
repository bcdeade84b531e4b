import { APIError } from "@twinloop/core-native";

/** Most hosts that are remembered: clients choose them, so that the set is emptied when it is full. */
const MAX_HOSTS = 256;

/** Hosts that have been in an address, with their protocol. */
const hosts = new Set<string>();

/**
 * The address of a request. A path is put after the host and never resolved: `//a.test/b` would name another host.
 *
 * Shape:  `http` or `https`, the `host` header (`localhost` without one) and the request's target -> the URL, as
 *         `Request.url` has it.
 * Errors: `invalid_argument` for a host that is none.
 */
export function addressOf(protocol: string, host: string | undefined, target: string): string {
  const base = baseOf(protocol, host);
  try {
    return (target.startsWith("/") ? new URL(base + target) : new URL(target, base)).href;
  } catch {
    throw APIError.invalidArgument("the host header is not a host");
  }
}

/** Checks the host of a request whose address nobody has asked for yet. Errors: those of `addressOf`. */
export function checkHost(protocol: string, host: string | undefined): void {
  const base = baseOf(protocol, host);
  if (hosts.has(base)) return;
  addressOf(protocol, host, "/");
  if (hosts.size >= MAX_HOSTS) hosts.clear();
  hosts.add(base);
}

/** An empty host too is none: in `http:///a` the path would be taken for the host. */
function baseOf(protocol: string, host: string | undefined): string {
  return `${protocol}://${host || "localhost"}`;
}
