/**
 * Services: the folders of an app whose handlers share middlewares.
 *
 * @packageDocumentation
 */
export type { ServiceConfig } from "@twinloop/core-native";
export { Service } from "./service.ts";
