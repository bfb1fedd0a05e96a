// The app in a worker, which answers messages as an app does. It knows nothing of allocinstr.
import { run } from "./app.mjs";

onmessage = async ({ data: held }) => {
  if (!held) return postMessage(await run());
  postMessage("held");
  // A long loop, for as long as the page likes.
  while (Atomics.load(held, 0) === 1);
};
