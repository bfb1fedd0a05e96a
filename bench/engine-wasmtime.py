"""Runs the modules of a job (argv, JSON) in wasmtime and prints their times in seconds, by name."""

import json
import sys
import time

import wasmtime

job = json.loads(sys.argv[1])
engine = wasmtime.Engine()


def workload(file):
    store = wasmtime.Store(engine)
    exports = wasmtime.Instance(store, wasmtime.Module.from_file(engine, file), []).exports(store)
    if "_initialize" in exports:
        exports["_initialize"](store)
    run = exports["run"]
    return lambda: run(store, *job["args"])


runs = {name: workload(file) for name, file in job["modules"].items()}
names = list(runs)
samples = {name: [] for name in names}
expected = runs[names[0]]()
for turn in range(job["rounds"]):
    for name in names[turn % len(names) :] + names[: turn % len(names)]:
        before = time.thread_time()
        result = runs[name]()
        samples[name].append(time.thread_time() - before)
        if result != expected:
            sys.exit(f"{name} gives {result}, not {expected}")
print(json.dumps(samples))
