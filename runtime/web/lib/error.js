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
