export declare function secret(name: string): () => string;
