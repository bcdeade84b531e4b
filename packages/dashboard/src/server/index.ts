/**
 * The dashboard's half that runs in the app: it answers what the pages ask. Importing it registers it; whether it answers is the
 * choice of `start({ dashboard })`.
 *
 * @packageDocumentation
 */
import { register } from "@twinloop/core-native/internal";
import { component } from "./component.ts";
import type { DashboardOptions } from "./dashboard-options.ts";

export type { DashboardOptions } from "./dashboard-options.ts";

declare module "@twinloop/core-native" {
  interface StartOptions {
    /**
     * Whether the dashboard's pages are answered, and what they may ask. Default true under `twinloop dev`, else false. Elsewhere
     * it wants `ADMIN_PORT`, and outside of development `ADMIN_TOKEN`.
     */
    readonly dashboard?: boolean | DashboardOptions;
  }
}

register(component);
