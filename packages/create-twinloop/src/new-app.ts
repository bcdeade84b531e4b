import type { Installer } from "./installer.ts";
import type { Template } from "./template.ts";

/** A new app: what it is called, what it is made of, and the package manager that it is for. */
export interface NewApp {
  /** The name of the package and of the folder. */
  readonly name: string;
  readonly template: Template;
  readonly installer: Installer;
}
