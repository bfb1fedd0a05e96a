// The same worker behind a wrapper: the app's script stays as it is.
import "/allocinstr/worker.js";
import "./worker.mjs";
