/**
 * Answers as their callers see them, as types: a value that is opened on its way, such as the rows of `db.answerAll`, is what it opens to.
 * Such a class says so by the property `~opens`, which nothing has at run time.
 */

/** Whether a type is `any`. */
type IsAny<T> = 0 extends 1 & T ? true : false;

/** Types without such values. */
type Closed =
  | string
  | number
  | bigint
  | boolean
  | symbol
  | null
  | undefined
  | void
  | Date
  | Uint8Array
  | ((...given: never[]) => unknown);

/** The levels that are looked through. */
type Levels = 4;

/** Whether a type itself is opened on its way: an index signature has every name, and does not count. */
type IsUnopened<T> = string extends keyof T ? false : "~opens" extends keyof T ? true : false;

/** Whether a type has a value that is opened on its way; a union may be both. */
type HasUnopened<T, Above extends readonly unknown[] = []> =
  IsAny<T> extends true
    ? false
    : Above["length"] extends Levels
      ? false
      : T extends Closed
        ? false
        : IsUnopened<T> extends true
          ? true
          : T extends readonly (infer Item)[]
            ? HasUnopened<Item, [...Above, 1]>
            : true extends { [K in keyof T]-?: HasUnopened<T[K], [...Above, 1]> }[keyof T]
              ? true
              : false;

type OpenedParts<T, Above extends readonly unknown[] = []> =
  IsAny<T> extends true
    ? T
    : Above["length"] extends Levels
      ? T
      : T extends Closed
        ? T
        : T extends { readonly "~opens"?: infer Inner }
          ? IsUnopened<T> extends true
            ? NonNullable<Inner>
            : { [K in keyof T]: OpenedParts<T[K], [...Above, 1]> }
          : { [K in keyof T]: OpenedParts<T[K], [...Above, 1]> };

/** A response as a caller gets it. A type without values that are opened on their way stays what it is. */
export type OpenedAnswer<T> = true extends HasUnopened<T> ? OpenedParts<T> : T;
