/** A decimal number without rounding: `digits` times ten to the `exponent`. */
export interface Decimal {
  readonly digits: bigint;
  readonly exponent: number;
}

/** Reads a JSON number as it is written. */
export function decimal(raw: string): Decimal {
  const [, sign, whole, fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(raw) ?? [];
  return { digits: BigInt(`${sign}${whole}${fraction}`), exponent: Number(exponent) - fraction.length };
}

/** Below zero, zero or above, as `left` is less than, equal to or more than `right`. */
export function compare(left: Decimal, right: Decimal): number {
  const [a, b] = aligned(left, right);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Whether some whole number of `unit` makes `value`. */
export function isMultiple(value: Decimal, unit: Decimal): boolean {
  const [a, b] = aligned(value, unit);
  return a % b === 0n;
}

/** Significant digits, without zeros at either end. */
export function precision({ digits }: Decimal): number {
  return String(digits).replace("-", "").replace(/0+$/, "").length;
}

function aligned(left: Decimal, right: Decimal): [bigint, bigint] {
  const exponent = Math.min(left.exponent, right.exponent);
  const scaled = (value: Decimal): bigint => value.digits * 10n ** BigInt(value.exponent - exponent);
  return [scaled(left), scaled(right)];
}
