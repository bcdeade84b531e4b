// TypeScript's server loads plugins by `require`, and by their path in the package, without its `exports`.
module.exports = require("./dist/editor/plugin.js").init;
