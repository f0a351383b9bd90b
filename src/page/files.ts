/** The paths of the status page, and the type of each file. */

const [css, js] = ["text/css; charset=utf-8", "text/javascript; charset=utf-8"];

export const pageFiles = {
  "/": "text/html; charset=utf-8",
  "/favicon.svg": "image/svg+xml",
  "/page.css": css,
  "/page.js": js,
  "/parts/cards.css": css,
  "/parts/clock.js": js,
  "/parts/dom.js": js,
  "/parts/format.js": js,
  "/parts/header.js": js,
  "/parts/live.js": js,
  "/parts/plots.js": js,
  "/parts/served_time.js": js,
  "/parts/series.js": js,
  "/parts/tables.js": js,
  "/parts/tiles.js": js,
  "/uplot.css": css,
  "/uplot.js": js,
} as const;

export type PagePath = keyof typeof pageFiles;
