import { hold } from "../harness/held-target.mjs";
import { median, pairedRatio, valuesOf } from "../harness/statistics.mjs";

const SUBJECT = "twinloop";
const REFERENCE = "amqplib";
/** The reference with the properties that the subject sends of each message. */
const EQUAL = "amqplib-equal";

/** @typedef {import("./queue-rounds.mjs").QueueMeasurement} QueueMeasurement */
/** @typedef {"messagesPerSecond" | "javascriptMicros" | "cpuMicros"} Figure */

/**
 * Holds one workload of one store to its targets: ratios, each beside the peer that is best in that figure, taken within each
 * round.
 *
 * @param {import("./queue-rounds.mjs").QueueRounds} rounds
 * @returns {import("../harness/held-target.mjs").HeldTarget[]}
 */
export function judgeQueue({ workload, measurements }) {
  const store = workload.split(":", 1)[0];
  const claim = (
    /** @type {string} */ text,
    /** @type {number} */ target,
    /** @type {number | null} */ measured,
  ) => ({
    workload,
    claim: text,
    target,
    unit: "x",
    measured,
  });
  // Rounds beside several brokers at once have no target.
  if (["priority", "rate limit", "batches"].includes(store ?? "")) return [];
  const rate = () => besideBest(measurements, "messagesPerSecond");
  if (store === "postgres") {
    return [hold({ ...claim("messages/s of pg-boss", 3, rate()), least: true })];
  }
  // No target has been set yet.
  if (store === "nats") return [];
  if (store === "embedded")
    return workload.endsWith(": publish") ? [judgeEmbedded(workload, measurements)] : [];
  const reference = (/** @type {Figure} */ figure, peer = REFERENCE) => beside(measurements, figure, peer);
  const javascript = hold(claim(`JS thread of ${REFERENCE}`, 1 / 3, reference("javascriptMicros")));
  if (!workload.endsWith(": publish")) {
    return [
      hold({ ...claim("messages/s of the better peer", 1, rate()), least: true }),
      hold(claim("JS thread of the better peer", 0.5, besideBest(measurements, "javascriptMicros"))),
      javascript,
      hold(claim(`CPU of ${REFERENCE}`, 1, reference("cpuMicros"))),
    ];
  }
  const equal = `${REFERENCE}, equal properties`;
  return [
    hold({ ...claim(`messages/s of ${equal}`, 1, reference("messagesPerSecond", EQUAL)), least: true }),
    hold(claim(`CPU of ${equal}`, 1.2, reference("cpuMicros", EQUAL))),
    hold(claim(`JS thread of ${equal}`, 1 / 3, reference("javascriptMicros", EQUAL))),
    javascript,
  ];
}

/** @param {string} workload @param {Map<string, QueueMeasurement[]>} measurements */
function judgeEmbedded(workload, measurements) {
  const measured = median(valuesOf(measurements.get(SUBJECT) ?? [], "messagesPerSecond"));
  return hold({ workload, claim: "confirmed publishes", target: 10_000, unit: "/s", measured, least: true });
}

/**
 * The subject's figure as a ratio to that of the best peer: of a rate the lowest ratio, of a cost the highest.
 *
 * @param {Map<string, QueueMeasurement[]>} measurements
 * @param {Figure} figure
 * @returns {number | null} null without a peer
 */
export function besideBest(measurements, figure) {
  const ratios = [...measurements.keys()]
    .filter((name) => name !== SUBJECT)
    .map((name) => beside(measurements, figure, name))
    .filter((ratio) => ratio !== null);
  if (ratios.length === 0) return null;
  return figure === "messagesPerSecond" ? Math.min(...ratios) : Math.max(...ratios);
}

/** @param {Map<string, QueueMeasurement[]>} measurements @param {Figure} figure @param {string} peer */
function beside(measurements, figure, peer) {
  const values = (/** @type {string} */ name) => (measurements.get(name) ?? []).map((each) => each[figure]);
  return pairedRatio(values(SUBJECT), values(peer));
}
