/** @param {import("../index.js").AllocinstrErrorCode} code */
export const otherRelease = (code, /** @type {string} */ what) =>
  new AllocinstrError(
    code,
    `${what}: use the \`allocinstr\` package of the release that instrumented the module`,
  );

export class AllocinstrError extends Error {
  /**
   * @param {import("../index.js").AllocinstrErrorCode} code
   * @param {string} message
   * @param {ErrorOptions} [options]
   */
  constructor(code, message, options) {
    super(message, options);
    this.name = "AllocinstrError";
    this.code = code;
  }
}
