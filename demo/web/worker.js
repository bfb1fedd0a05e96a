// The app: formats what it is sent. It knows nothing of allocinstr.
import init, { format } from "./gofmt/gofmt_web.js";

const started = init();

onmessage = async ({ data: { source } }) => {
  await started;
  try {
    postMessage({ formatted: format(source) });
  } catch (error) {
    postMessage({ error: error.message });
  }
};
