import assert from "node:assert/strict";
import { AllocinstrError } from "../index.js";

/**
 * What `assert.throws` and `assert.rejects` check an error with.
 * @param {import("../index.js").AllocinstrErrorCode} code
 * @param {RegExp} says
 */
export const refused = (code, says) => (/** @type {unknown} */ error) => {
  assert.ok(error instanceof AllocinstrError, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, says);
  return true;
};
