// A classic worker of sh-syntax, which starts a program before it returns. Its relative addresses are relative to it.
importScripts("package/vendors/wasm_exec.cjs");

const request = new XMLHttpRequest();
request.open("GET", "package/main.wasm", false);
request.responseType = "arraybuffer";
request.send();
const go = new self.Go();
const instance = new WebAssembly.Instance(
  new WebAssembly.Module(request.response),
  go.importObject,
);
void go.run(instance);

onmessage = async () => {
  const source = await (await fetch("deploy.sh")).text();
  const { run, countedBy } = await import("./app.mjs");
  const { output, counted } = await run();
  const first = countedBy([instance]);
  const count = counted.count + first.count;
  const bytes = counted.bytes + first.bytes;
  postMessage({ output, isItsOwn: source.startsWith("#!"), first, counted: { count, bytes } });
};
