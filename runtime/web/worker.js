// The hook of a module worker: `import` it first, or start it with `?allocinstr-module-app=SCRIPT`.
import "./auto.js";
import "./worker-script.js";
import { startApp } from "./lib/start-app.js";

const app = new URL(import.meta.url).searchParams.get("allocinstr-module-app");
if (app !== null) startApp(app);
