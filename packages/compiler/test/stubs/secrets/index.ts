export declare function secret(name: string, options?: object): () => string;
