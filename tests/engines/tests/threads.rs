//! c-threads in wasmtime: four threads, each with an instance and counters of its own, over one memory.

use allocinstr_bad_input::{Chosen, Setup, instrument, seeds};
use allocinstr_engine_tests::{Allocated, Counters};
use allocinstr_sites::{SiteTable, Storage};
use allocinstr_wasm::Engine as Rewriter;
use std::sync::Barrier;
use wasmtime::{Config, Engine, Instance, Linker, MemoryType, Module, SharedMemory, Store, Val};

/// What each thread is asked for.
const WORK: [i32; 4] = [16_000, 32_000, 48_000, 64_000];
const BY_HOST: Allocated = Allocated {
    count: 1,
    bytes: 100,
};
const STACK_BYTES: i32 = 16384;

/// The numbers for `work(n)` of the fixture's README.
fn expected(n: i32) -> Allocated {
    let n = n as u64;
    Allocated {
        count: 4 * n + 2,
        bytes: 309 * n / 2,
    }
}

/// Runs all threads at once; what each has counted, and what the program has counted in the memory that they share.
fn run(bytes: &[u8], table: Option<&SiteTable>) -> (Vec<Counters>, Allocated) {
    let mut config = Config::new();
    config.wasm_threads(true).shared_memory(true);
    let engine = Engine::new(&config).expect("the configuration is constant");
    let module = Module::new(&engine, bytes).expect("it is valid");
    let memory = SharedMemory::new(&engine, MemoryType::shared(3, 256)).expect("there is room");
    let instantiate = || -> (Store<()>, Instance) {
        let mut store = Store::new(&engine, ());
        let mut linker = Linker::new(&engine);
        let defined = linker.define(&store, "env", "memory", memory.clone());
        defined.expect("it is the only definition");
        let instance = linker.instantiate(&mut store, &module);
        (store, instance.expect("it imports nothing else"))
    };
    let arrived = Barrier::new(WORK.len());
    let work = |thread: usize, n: i32| {
        let (mut store, instance) = instantiate();
        let stacks = instance.get_global(&mut store, "stacks");
        let stacks = stacks.and_then(|stacks| stacks.get(&mut store).i32());
        let end = stacks.expect("it is an address") + (thread as i32 + 1) * STACK_BYTES;
        let pointer = instance.get_global(&mut store, "__stack_pointer");
        let set = pointer.map(|pointer| pointer.set(&mut store, Val::I32(end)));
        set.expect("it is exported").expect("it is mutable");
        let work = instance.get_typed_func::<i32, ()>(&mut store, "work");
        let malloc = instance.get_typed_func::<i32, i32>(&mut store, "malloc");
        arrived.wait();
        let worked = work.expect("it is exported").call(&mut store, n);
        worked.expect("it does not trap");
        let block = malloc.expect("it is exported").call(&mut store, 100);
        assert_ne!(block.expect("it does not trap"), 0);
        table.map(|table| Counters::read(&mut store, &instance, table))
    };
    let counted = std::thread::scope(|scope| {
        let threads = WORK.iter().enumerate();
        let threads = threads.map(|(thread, &n)| scope.spawn(move || work(thread, n)));
        let threads: Vec<_> = threads.collect();
        let joined = threads.into_iter().map(|thread| thread.join());
        joined
            .filter_map(|counted| counted.expect("it did not panic"))
            .collect()
    });
    let (mut store, instance) = instantiate();
    let mut own = |name| {
        let read = instance.get_typed_func::<(), u64>(&mut store, name);
        read.expect("it is exported")
            .call(&mut store, ())
            .expect("it does not trap")
    };
    let own = Allocated {
        count: own("own_count"),
        bytes: own("own_bytes"),
    };
    (counted, own)
}

fn all_threads() -> Allocated {
    WORK.into_iter()
        .map(expected)
        .fold(Allocated::default(), |sum, n| sum + n)
}

#[test]
fn the_program_counts_what_its_readme_says() {
    for build in ["O0", "O2"] {
        let (_, own) = run(&seeds::fixture(&format!("c-threads/{build}/in.wasm")), None);
        assert_eq!(own, all_threads(), "{build}");
    }
}

#[test]
fn each_thread_counts_what_it_allocates() {
    for build in ["O0", "O2"] {
        let original = seeds::fixture(&format!("c-threads/{build}/in.wasm"));
        let mut first: Option<Vec<Counters>> = None;
        for engine in [Rewriter::Stream, Rewriter::Walrus] {
            for storage in [Storage::Memory, Storage::Globals] {
                let setup = Setup {
                    chosen: Chosen::Detected,
                    regex: "^work$",
                    engine,
                    storage,
                    ..Setup::default()
                };
                let kind = format!("{build} {engine:?} {storage:?}");
                let output = instrument(&original, &setup).expect("it has an allocator");
                let (counted, own) = run(&output.bytes, Some(&output.plan.table));
                assert_eq!(own, all_threads(), "{kind}");
                assert_eq!(counted.len(), WORK.len(), "{kind}");
                for (n, counters) in WORK.into_iter().zip(&counted) {
                    assert_eq!(counters.total(), expected(n) + BY_HOST, "{kind}");
                    assert_eq!(counters.pool, BY_HOST, "{kind}");
                }
                let first = first.get_or_insert_with(|| counted.clone());
                assert_eq!(*first, counted, "{kind}");
            }
        }
    }
}
