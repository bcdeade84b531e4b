/**
 * Scheduled jobs that fire once per fleet, in their own time zone, driven by Rust.
 *
 * @packageDocumentation
 */
import { requireAbi } from "@twinloop/core-native/internal";

requireAbi("@twinloop/cron", 2);

export { start, stop } from "@twinloop/core-native";
