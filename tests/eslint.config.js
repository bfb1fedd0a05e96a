import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["build/", "target/"] },
  js.configs.recommended,
  { languageOptions: { globals: globals.node } },
  // What users load has to run in a page as well.
  {
    files: ["runtime/web/*.js", "runtime/web/lib/**"],
    languageOptions: { globals: globals["shared-node-browser"] },
    rules: {
      // A thread that waits answers nobody.
      "no-restricted-properties": ["error", { object: "Atomics", property: "wait" }],
    },
  },
  // What only ever runs in a page or in a worker of one.
  {
    files: ["demo/web/**", "tests/browsers/apps/**", "tests/browsers/pages/**"],
    languageOptions: { globals: { ...globals.browser, ...globals.worker } },
  },
];
