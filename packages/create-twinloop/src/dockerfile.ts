import type { NewApp } from "./new-app.ts";
import { NODE_IMAGE } from "./versions.ts";

/** Asks the running app whether it lives, by Node itself: the image has no curl. */
const PROBE =
  "fetch(`http://127.0.0.1:${process.env.PORT || 4000}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))";

/**
 * Makes the Dockerfile of an app. One stage builds with everything; the other has what runs: the packages of
 * production, the manifest and the JavaScript, owned by root and run by `node`. The packages are installed before the
 * sources are copied, so that a change of the sources keeps Docker's layer of them.
 *
 * Source: Docker, "Building best practices"; Node.js, "Docker and Node.js Best Practices".
 */
export function dockerfile({ template, installer }: NewApp): string {
  const manifests = ["package.json", ...installer.lockFiles].join(" ");
  const setUp = installer.setUp === undefined ? [] : [`RUN ${installer.setUp}`];
  const copied = ["dist", ...template.deploys].map((folder) => `COPY --from=build /app/${folder} ${folder}`);
  return [
    `FROM ${NODE_IMAGE} AS build`,
    "WORKDIR /app",
    ...setUp,
    `COPY ${manifests} ./`,
    `RUN ${installer.installLocked}`,
    "COPY . .",
    `RUN ${installer.run} build`,
    "",
    `FROM ${NODE_IMAGE}`,
    "WORKDIR /app",
    "ENV NODE_ENV=production",
    ...setUp,
    `COPY ${manifests} ./`,
    `RUN ${installer.installProduction}`,
    "COPY --from=build /app/.twinloop/manifest.json .twinloop/",
    ...copied,
    "USER node",
    "EXPOSE 4000",
    `HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["node", "-e", "${PROBE}"]`,
    'CMD ["node", "--enable-source-maps", "dist/app.js"]',
    "",
  ].join("\n");
}
