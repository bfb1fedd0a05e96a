import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc");

/**
 * Ends when the object has been collected, and fails when it is still there after many a collection.
 * @param {WeakRef<object>} object
 */
export async function collected(object) {
  for (let round = 0; round < 20; round++) {
    // What was read in this turn of the event loop is kept to its end.
    await new Promise((next) => setImmediate(next));
    gc();
    if (object.deref() === undefined) return;
  }
  throw new Error("the object is kept alive");
}
