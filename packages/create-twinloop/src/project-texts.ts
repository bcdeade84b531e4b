import type { NewApp } from "./new-app.ts";

/**
 * The values that the pages for agents (AGENTS.md and the like) are filled with, by the names that stand in braces
 * there: `{{run}}`. A value may itself contain a name in braces.
 */
export function agentTexts({ name, template, installer }: NewApp): Record<string, string> {
  const { about, declares, layout, pitfalls, packages } = template;
  const readmes = ["cli", ...packages].map((one) => `node_modules/@twinloop/${one}/README.md`);
  return {
    name,
    about,
    run: installer.run,
    twinloop: installer.twinloop,
    addDev: installer.addDev,
    start: `${installer.run} start`,
    declarations: declares.map((one) => `, ${one}`).join(""),
    layout: items(layout).trimEnd(),
    pitfalls: items(pitfalls),
    references: readmes.map((path) => `\`${path}\``).join(", "),
    referenceList: readmes.map((path) => `- [${path.split("/").slice(1, 3).join("/")}](${path})`).join("\n"),
  };
}

/** The values that the README is filled with, beside those of the pages for agents. */
export function readmeTexts({ template }: NewApp): Record<string, string> {
  const variables = template.productionEnvironment.map((name) => `-e ${name}=… `).join("");
  return { try: ["```", ...template.try, "```"].join("\n"), dockerEnv: variables };
}

/** Lines as a Markdown list. */
function items(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}\n`).join("");
}
