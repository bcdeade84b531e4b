/**
 * The language-service plugin that shows problems of SQL in editors; TypeScript's server calls it with itself.
 *
 * Shape: `"plugins": [{ "name": "@twinloop/sql-check/editor.cjs" }]` in tsconfig.json.
 */
declare function plugin(modules: { readonly typescript: unknown }): { create(info: unknown): unknown };
export = plugin;
