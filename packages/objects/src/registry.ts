/** A declared bucket. */
export interface DeclaredBucket {
  readonly name: string;
  readonly isPublic: boolean;
  readonly isVersioned: boolean;
  /** What its declaration was given, for the check before the start. */
  readonly given: { readonly name: unknown; readonly config: unknown };
}

/** The buckets of this isolate, in the order of their declaration. */
export const buckets: DeclaredBucket[] = [];
