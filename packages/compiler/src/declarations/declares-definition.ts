// Written by tools/definitions from contract/declares.schema.json: change that file, then run `npm run fix`.

/** The form of an option that is a text. */
export interface TextForm {
  /** The pattern that the text must match, in JavaScript's syntax for regular expressions. */
  pattern: string;
  /** What a text of another form is, as the end of a sentence: `no URL of PostgreSQL`. */
  not: string;
  /** The hint for a text of another form. */
  hint: string;
  /** Whether the value is left out of messages, because it may hold a password. Default false. */
  confidential?: boolean;
}

/** The least and the greatest value of an option, both included. */
export interface Limits {
  least: number;
  most?: number;
  /** The unit of a number that the option's name does not tell. */
  unit?: "bytes" | "milliseconds";
  /** What a duration must divide without a rest, in milliseconds. */
  divides?: number;
  /** The hint for a duration that does not divide that. */
  hint?: string;
}

/** The argument that names a declaration. */
export interface NameArgument {
  /** The argument's place, from 0. */
  argument: number;
  /** The word for the name in messages; default `name`. */
  called?: string;
  /** The pattern that the name must match, in JavaScript's syntax for regular expressions. */
  pattern?: string;
  /** The hint for a name that does not match. */
  hint?: string;
}

/** A type argument that becomes a type of the manifest. */
export interface TypeArgument {
  /** The type argument's place, from 0. */
  argument: number;
  /** The problem of a call without it; `{name}` stands for the declaration's name. */
  missing: string;
  /** The hint that says what to write instead. */
  hint: string;
  /** The option that describes the type when the app starts, and stands for the argument. */
  unlessOption?: string;
}

/** The form in which an option goes into the manifest. */
export type KeptOption =
  | {
      as: "value";
    }
  | {
      as: "presence";
    }
  | {
      as: "folder";
      member?: string;
    };

/** The argument that holds a declaration's options, and what is checked of it beside its type. */
export interface DeclaredOptions {
  /** The argument's place, from 0. */
  argument: number;
  /** Whole numbers within limits, by the option's path: `retryPolicy.maxRetries`. */
  whole?: Record<string, Limits>;
  /** Durations within limits in milliseconds, by the option's path. `"never"` is let through. */
  durationMs?: Record<string, Limits>;
  /** Texts of a certain form, by the option's path; of a list, each of its texts. A value is not shown where its form is confidential. */
  texts?: Record<string, TextForm>;
  /** Texts of a form that several declarators share, as `texts`; the value names one of the package's forms. */
  forms?: Record<string, string>;
  /** Groups of options of which exactly one must be given. */
  oneOf?: Array<Array<string>>;
  /** Options whose type depends on the declaration's type arguments: TypeScript alone checks their values. */
  generic?: Array<string>;
  /** Options that mean nothing without another one, by their names. */
  needs?: Record<string, string>;
  /** Groups of options of which at most one may be given. */
  exclusive?: Array<Array<string>>;
  /** Pairs of durations or whole numbers of which the first must not be greater than the second, by their paths. */
  ordered?: Array<[string, string]>;
  /** Options that are names of the IANA time zone database. */
  timeZones?: Array<string>;
  /** Options that the declaration which this one belongs to rules out. */
  refusedWithin?: Array<RefusedWithin>;
  /** Options that mean nothing where the declaration which this one belongs to lacks an option. */
  neededWithin?: Array<NeededWithin>;
  /** Options of other frameworks that do not exist here, each with a hint. */
  absent?: Record<string, string>;
  /** The options that go into the manifest. */
  keep?: Record<string, KeptOption>;
}

/** An option that cannot be given where the outer declaration has an option of a certain value. */
export interface RefusedWithin {
  /** The option that is refused. */
  option: string;
  /** The place of the outer declaration's options among its arguments, from 0. */
  argument: number;
  /** The outer declaration's option. */
  outer: string;
  /** The value of that option. */
  is: string;
  /** The hint that says what to write instead. */
  hint: string;
}

/** An option that means nothing where the outer declaration lacks an option. */
export interface NeededWithin {
  /** The option that needs the other one. */
  option: string;
  /** The place of the outer declaration's options among its arguments, from 0. */
  argument: number;
  /** The outer declaration's option. */
  outer: string;
  /** The hint that says what to write instead. */
  hint: string;
}

/** The kind of an endpoint. */
export type EndpointKind = "typed" | "raw" | "static" | "streamIn" | "streamOut" | "streamInOut" | "sse";

/** A function or constructor that declares something when it is called at the top level of a module. */
export interface Declarator {
  /** The singular noun for such a declaration in messages: `topic`. Its plural is formed with `s`. */
  noun: string;
  name?: NameArgument;
  /** The place of the argument that is the declaration this one belongs to, as the topic of a subscription. Names are then unique within it. */
  within?: number;
  /** The call declares an HTTP endpoint of this kind, which has a section of the manifest of its own. */
  endpoint?: EndpointKind;
  /** `start`: the call starts the app, and may stand in a function. `service`: the call names the service of its folder. `middleware`: the call's last argument is a function that must return a response; the call may stand in a function. `authHandler` and `gateway`: the call says how the app knows its callers. `verifier`: the call makes an auth handler that the runtime runs by itself; it may stand within a gateway. */
  role?: "start" | "service" | "middleware" | "authHandler" | "gateway" | "verifier";
  /** Type arguments that become types of the manifest, by what they are of. */
  types?: Record<string, TypeArgument>;
  options?: DeclaredOptions;
  /** The declaration runs by itself, and only after `start()`. */
  runs?: true;
  /** The name is a variable whose value must stay out of the process's environment: a file such as `.env` does not put it there. */
  confidential?: true;
  /** Several declarations may have one name. */
  repeatable?: true;
  /** The role by which other packages find the declaration: `postgres` for a PostgreSQL database. */
  provides?: string;
}

/** The declarators of a package: the file that its package.json names as `twinloop.declares`. */
export interface Declares {
  /** The declarators by their exported name: `Topic`, `api.static`. */
  declares: Record<string, Declarator>;
  /** The location of this schema, for editors. */
  $schema?: string;
  /** Forms of texts by a name, for the options of several declarators. */
  forms?: Record<string, TextForm>;
  /** Further exported names of the package, for hints on missing imports. */
  exports?: Array<string>;
  /** Other packages export the names too, so that none imports this one. */
  everywhere?: true;
  /** Other module names by which people look for the package. */
  knownAs?: Array<string>;
  /** Modules of Encore, each with the module of the package that stands for it where that is not the main one. */
  modules?: Record<string, string>;
  /** A clause that shows how a declaration looks, for an app that has none. */
  example?: string;
  /** Names that people look for here but that are not built, each with an alternative. */
  unbuilt?: Record<string, string>;
}
