/**
 * Skips a test for want of a program, or fails it where ALLOCINSTR_REQUIRE (comma-separated) names it.
 * @param {import("node:test").TestContext} t
 * @param {string} program
 * @param {string} why
 */
export function missing(t, program, why) {
  const required = process.env.ALLOCINSTR_REQUIRE?.split(",") ?? [];
  if (required.includes(program))
    throw new Error(`${why}, and ALLOCINSTR_REQUIRE names ${program}`);
  t.skip(why);
}
