import { layOutTable, showNumber } from "./table.mjs";

/**
 * A target and what was measured; `met` is null where it was not. `unit` is put behind both numbers. The measured
 * number must be at most `target`, or at least it where `least` is set.
 *
 * @typedef {object} HeldTarget
 * @property {string} workload
 * @property {string} claim
 * @property {number} target
 * @property {boolean} least
 * @property {string} unit
 * @property {number | null} measured
 * @property {boolean | null} met
 */

/**
 * Compares a measured number with its target.
 *
 * @param {Omit<HeldTarget, "met" | "least"> & { least?: boolean }} claim
 * @returns {HeldTarget}
 */
export function hold({ least = false, ...claim }) {
  const { measured, target } = claim;
  const met = measured === null ? null : least ? measured >= target : measured <= target;
  return { ...claim, least, met };
}

/**
 * Formats the table of the targets.
 *
 * @param {readonly HeldTarget[]} targets
 * @returns {string}
 */
export function showHeldTargets(targets) {
  return layOutTable(
    [
      { title: "workload", align: "left" },
      { title: "claim", align: "left" },
      { title: "target" },
      { title: "measured" },
      { title: "verdict", align: "left" },
    ],
    targets.map(({ workload, claim, target, least, unit, measured, met }) => [
      workload,
      claim,
      `at ${least ? "least" : "most"} ${showNumber(target, unit)}`,
      showNumber(measured, unit),
      met === null ? "not measured" : met ? "met" : "MISSED",
    ]),
  );
}
