// Times `await WebAssembly.instantiate(module)` of an empty module: this thread's CPU time of one call, in seconds.
const { rounds } = JSON.parse(process.argv[2]);
const CALLS = 10_000;
const WARM_UP_ROUNDS = 3;

const module = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
const samples = [];
for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
  const before = process.threadCpuUsage();
  for (let i = 0; i < CALLS; i++) await WebAssembly.instantiate(module);
  const { user, system } = process.threadCpuUsage(before);
  if (round >= 0) samples.push((user + system) / 1e6 / CALLS);
}
console.log(JSON.stringify({ instantiate: samples }));
