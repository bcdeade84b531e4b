/** Names of this machine, as a program on it or in a container of it knows them. */
const HERE = /^(?:localhost|.*\.localhost|127(?:\.\d+){3}|\[?::1\]?|host\.docker\.internal)$/;

/**
 * Whether the URL of a database is that of a server on this machine: loopback, a unix socket, or the app's embedded server.
 * Of several hosts all must be.
 */
export function isDevelopmentUrl(url: string): boolean {
  if (url.startsWith("embedded:")) return true;
  const authority = /^postgres(?:ql)?:\/\/(?:[^/?#]*@)?([^/?#]*)/.exec(url)?.[1];
  if (authority === undefined) return false;
  const [, query = ""] = url.split("?", 2);
  const asked = new URLSearchParams(query);
  const named = ["host", "hostaddr"].flatMap((name) => asked.getAll(name));
  const hosts = [authority, ...named].flatMap((list) => list.split(",")).map(hostOf);
  return hosts.filter((host) => host !== "").every((host) => host.startsWith("/") || HERE.test(host));
}

/** A host without its port, decoded: a unix socket stands there as `%2Fvar%2Frun`. */
function hostOf(text: string): string {
  const host = /^(\[[^\]]*\]|[^:]*)(?::\d+)?$/.exec(text)?.[1] ?? text;
  try {
    return decodeURIComponent(host).toLowerCase();
  } catch {
    return host;
  }
}
