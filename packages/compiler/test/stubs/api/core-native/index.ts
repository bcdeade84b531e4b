// As in the real packages, api exports what core-native declares.
export declare class HandlerResponse {
  constructor(payload: unknown);
}

export type Run = (
  request: object,
  next: (request: object) => Promise<HandlerResponse>,
) => HandlerResponse | Promise<HandlerResponse>;

interface Target {
  readonly tags?: readonly string[];
  readonly auth?: boolean;
}

// The real types refuse what returns nothing; here they let it through, as an app that is not type-checked does.
export declare function middleware(run: Run | ((...given: Parameters<Run>) => unknown)): Run;
export declare function middleware(
  options: { readonly target?: Target },
  run: Run | ((...given: Parameters<Run>) => unknown),
): Run;
