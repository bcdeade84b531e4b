import { defineConfig } from "vitepress";
import { anchorOf } from "../../../tools/docs/links.mjs";
import { SECTIONS } from "../../../tools/docs/sections.mjs";

/** How the site looks, and which pages its side bar has. Its pages are staged by tools/docs. */
export default defineConfig({
  title: "Twinloop",
  description: "A backend framework for TypeScript on a Rust runtime, in one Node process.",
  lang: "en",
  srcDir: ".site",
  outDir: "dist",
  cleanUrls: true,
  lastUpdated: false,
  markdown: { anchor: { slugify: anchorOf } },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      { text: "Start", link: "/start" },
      { text: "Guides", link: "/guides/api" },
      { text: "Reference", link: "/reference/options" },
      { text: "How it works", link: "/how/architecture" },
    ],
    sidebar: SECTIONS.map(({ text, pages, collapsed = false }) => ({
      text,
      collapsed,
      items: pages.map(({ text: name, page }) => ({ text: name, link: `/${page}` })),
    })),
    socialLinks: [{ icon: "github", link: "https://github.com/twinloop/twinloop" }],
    footer: { message: "MIT licence." },
  },
});
