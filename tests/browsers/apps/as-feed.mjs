// AssemblyScript, under the loader that asc writes (`--bindings esm`), which starts the program when it is imported.
export async function run() {
  const { load, timeline, buffers, render, dispatch } = await import("./package/app.js");
  return { output: [load(50), timeline(50), buffers(100), render(10), dispatch(10)] };
}
