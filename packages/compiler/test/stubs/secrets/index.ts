import type { SecretOptions } from "../../../../secrets/src/options.ts";

export declare function secret<T = string>(name: string, options?: SecretOptions<T>): () => T;
