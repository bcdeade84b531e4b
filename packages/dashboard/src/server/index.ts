/**
 * The dashboard's half that runs in the app: it answers what the pages ask. Importing it registers it; whether it answers is the
 * choice of `start({ dashboard })`.
 *
 * @packageDocumentation
 */
import { register } from "@twinloop/core-native/internal";
import { component } from "./component.ts";

export type { DashboardOptions } from "./dashboard-options.ts";

register(component);
