import type { EndpointModel } from "@twinloop/core-native/build-time";

/**
 * Names each operation once: by `@operationId`, otherwise as the endpoint is exported, with its service in front where two services
 * export the same name, and with the method behind where it has several.
 */
export class OperationNames {
  readonly #exports = new Map<string, Set<string>>();
  readonly #used = new Set<string>();

  constructor(endpoints: readonly EndpointModel[]) {
    for (const { service, export: name } of endpoints) {
      if (name === null) continue;
      this.#exports.set(name, (this.#exports.get(name) ?? new Set()).add(service));
    }
  }

  /**
   * Names one operation. A name that is taken gets a number, since OpenAPI has each once. `isAlone` says that the endpoint
   * has no other method.
   */
  of(endpoint: EndpointModel, method: string, path: string, isAlone: boolean): string {
    const base = this.#base(endpoint, path, method);
    const named = isAlone || endpoint.export === null ? base : `${base}${capital(method)}`;
    let name = named;
    for (let count = 2; this.#used.has(name); count++) name = `${named}${count}`;
    this.#used.add(name);
    return name;
  }

  #base({ docTags, export: name, service }: EndpointModel, path: string, method: string): string {
    if (docTags?.operationId) return docTags.operationId;
    if (name === null) return camel([method, ...path.split(/[^A-Za-z0-9]+/)]);
    if (name !== "default" && this.#exports.get(name)!.size === 1) return name;
    return camel([...service.split(/[^A-Za-z0-9]+/), name]);
  }
}

/** Joins words to one name: `get`, `links`, `slug` to `getLinksSlug`. */
function camel(words: readonly string[]): string {
  const [first = "", ...others] = words.filter((word) => word !== "");
  return first + others.map(capital).join("");
}

function capital(word: string): string {
  return `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`;
}
