/**
 * Computes the median; of an even number of values, the mean of the two in the middle.
 *
 * @param {readonly number[]} values
 * @returns {number | null} null without values
 */
export function median(values) {
  if (values.length === 0) return null;
  const sorted = [...values].sort((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = /** @type {number} */ (sorted[middle]);
  return sorted.length % 2 === 1 ? upper : (upper + /** @type {number} */ (sorted[middle - 1])) / 2;
}

/**
 * Computes the range of values as a fraction of their median.
 *
 * @param {readonly number[]} values
 * @returns {number | null} null without values, or with a median of zero
 */
export function spread(values) {
  const middle = median(values);
  return middle ? (Math.max(...values) - Math.min(...values)) / middle : null;
}

/**
 * Computes the median of the ratios within each pair. A round in which the whole machine was slow counts no less than
 * another, and the ratio of two medians out of different rounds is avoided.
 *
 * @param {readonly (number | null)[]} numerators one a round
 * @param {readonly (number | null)[]} denominators of the same rounds
 * @returns {number | null} null when no pair is complete
 */
export function pairedRatio(numerators, denominators) {
  const ratios = [];
  for (const [round, numerator] of numerators.entries()) {
    const denominator = denominators[round];
    if (numerator !== null && denominator) ratios.push(numerator / denominator);
  }
  return median(ratios);
}

/**
 * Collects the values of one figure over the rounds, without those that the system did not provide.
 *
 * @template {string} Key
 * @param {readonly Readonly<Record<Key, number | null>>[]} measurements
 * @param {Key} figure
 * @returns {number[]}
 */
export function valuesOf(measurements, figure) {
  return measurements.map((measured) => measured[figure]).filter((value) => value !== null);
}
