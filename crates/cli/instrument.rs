//! `allocinstr instrument`, the main job.

use crate::analysis::{Analysis, FoundMap, Selection, default_map, url_of};
use crate::failure::Usage;
use crate::files::{self, Outputs};
use crate::progress::Progress;
use crate::terminal::{Terminal, bytes, plural};
use allocinstr_sites::{
    AllocatorClass, Attribution, Bytes, DebugData, Kind, Site, Storage, own_path, printable,
};
use allocinstr_wasm::{Engine, MapPlace, RewriteOptions, rewrite};
use anyhow::Context;
use clap::{ArgGroup, Args, ValueEnum};
use std::path::PathBuf;
use std::time::Instant;

/// Engines that load a module with counters at `storage`, if they load the original: the rewriting
/// uses nothing else that is new.
fn engines(storage: Storage) -> &'static str {
    match storage {
        // Those with multi-memory.
        Storage::Memory => "Node >= 22, Chrome >= 120, Firefox >= 125, wasmtime",
        Storage::Globals => "every engine: Node 20, Safari, wazero and WAMR, too",
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum StorageArgument {
    /// A second memory
    Memory,
    /// Globals, for engines without multi-memory: larger
    Globals,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum EngineArgument {
    /// Copies what is unchanged
    Stream,
    /// Takes the module apart and writes it anew: slower, a second opinion
    Walrus,
}

/// Makes every allocation site of a module count itself
///
/// Reads a WebAssembly module (binary or text) and writes it with counters in a memory of its own
/// and a table of its sites. `instrument` itself may be left out.
#[derive(Args)]
#[command(group(ArgGroup::new("destination").required(true).args(["output", "in_place"])))]
#[command(after_help = concat!(
"Examples:
  allocinstr -print-allocs 'web/wasm/app' app.wasm -o app.instr.wasm
  allocinstr -print-allocs '^app::' --sites sites.json --no-names in.wasm -o out.wasm

", "Exit status:
  0  done
  2  the command line cannot be obeyed
  3  the input is not supported or malformed
  4  a bug in allocinstr"))]
pub(crate) struct Arguments {
    /// Module to instrument; - is stdin
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// Where the instrumented module goes; - is stdout
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
    /// Replace the input
    #[arg(long)]
    in_place: bool,
    /// Write the site table (JSON), too
    #[arg(long, value_name = "FILE")]
    sites: Option<PathBuf>,
    /// Add neither names nor sites to the module, only the build id
    #[arg(long)]
    no_names: bool,
    /// Count in the trampolines rather than call $logAlloc: larger, some 5 % faster
    #[arg(long, conflicts_with = "log_fn")]
    inline: bool,
    /// Where the counters are
    #[arg(long, value_name = "WHERE", default_value = "memory")]
    storage: StorageArgument,
    /// What rewrites the module
    #[arg(long, value_name = "ENGINE", default_value = "stream")]
    engine: EngineArgument,
    /// Call a function or import of the module, (i32 site, size, ...), instead of counting
    #[arg(long, value_name = "NAME")]
    log_fn: Option<String>,
    #[command(flatten)]
    selection: Selection,
}

pub(crate) fn run(arguments: &Arguments, terminal: Terminal) -> anyhow::Result<()> {
    let started = Instant::now();
    let input = &arguments.input;
    let output = arguments.output.as_ref().unwrap_or(input);
    if arguments.in_place && files::is_standard(input) {
        return Err(Usage("--in-place needs a file, not stdin".to_owned()).into());
    }
    let mut inputs = arguments.selection.inputs();
    let role = if arguments.in_place {
        "the input"
    } else {
        inputs.push(("the input", input));
        "-o"
    };
    let mut outputs = vec![(role, output.as_path())];
    outputs.extend(
        arguments
            .sites
            .iter()
            .map(|path| ("--sites", path.as_path())),
    );
    files::refuse_clashes(&inputs, &outputs)?;
    let progress = Progress::new(terminal, 5);
    let module = files::read_module(input)?;
    if arguments.in_place && module.is_text {
        let path = input.display();
        let problem = format!("{path} is text, the output is binary: write it elsewhere with -o");
        return Err(Usage(problem).into());
    }
    let bytes = &module.bytes;
    let side = arguments.selection.side_files(input, bytes, terminal)?;
    let map_file = default_map(output);
    let place = match &side.source_map {
        Some(FoundMap { file: None, .. }) => Some(MapPlace::Inline),
        Some(_) if files::can_stand_beside(output) => {
            let name = map_file.file_name().unwrap_or_default();
            outputs.push(("the source map beside the output", &map_file));
            Some(MapPlace::Url(url_of(&name.to_string_lossy())))
        }
        _ => None,
    };
    let found_map = arguments.selection.found_map(input, bytes);
    if arguments.in_place {
        // The source map is replaced with its module.
        inputs.retain(|(option, _)| *option != "--source-map");
    } else if let Some(map) = &found_map {
        inputs.push(("the module's source map", map));
    }
    files::refuse_clashes(&inputs, &outputs)?;
    let storage = match arguments.storage {
        StorageArgument::Memory => Storage::Memory,
        StorageArgument::Globals => Storage::Globals,
    };
    let analysis = arguments.selection.analyse(
        bytes,
        input,
        &side,
        arguments.log_fn.as_deref(),
        storage,
        &progress,
    )?;
    progress.stage("rewriting");
    let options = RewriteOptions {
        engine: match arguments.engine {
            EngineArgument::Stream => Engine::Stream,
            EngineArgument::Walrus => Engine::Walrus,
        },
        inline: arguments.inline,
        no_names: arguments.no_names,
        source_map: side.source_map.as_ref().map(|found| &found.map).zip(place),
    };
    let rewritten = rewrite(&analysis.module, &analysis.plan, &options)
        .with_context(|| files::input_name(input))?;

    progress.stage("writing");
    let sizes = (bytes.len() as u64, rewritten.module.len() as u64);
    let mut outputs = Outputs::default();
    if let Some(path) = &arguments.sites {
        let json = analysis.plan.table.to_json() + "\n";
        outputs.add(path, |out| out.write_all(json.as_bytes()), false)?;
    }
    let has_map = rewritten.source_map.is_some();
    if let Some(json) = &rewritten.source_map {
        outputs.add(&map_file, |out| out.write_all(json), false)?;
    }
    outputs.add(output, |out| rewritten.module.write_to(out), true)?;
    outputs.commit()?;
    progress.finish();

    let counts = !analysis.plan.is_empty(&analysis.module.program);
    if counts {
        summary(&analysis, sizes, terminal);
        if has_map {
            terminal.line("source map", &map_file.display().to_string());
        }
        terminal.line("time", &format!("{:.2} s", started.elapsed().as_secs_f64()));
    }
    for note in &rewritten.notes {
        terminal.note(note);
    }
    if counts {
        warnings(&analysis, terminal);
    }
    // The process ends here; to free every name and site one by one takes longer than to forget them.
    std::mem::forget(analysis);
    Ok(())
}

fn summary(analysis: &Analysis<'_>, (before, after): (u64, u64), terminal: Terminal) {
    let table = &analysis.plan.table;
    let counts = |names: &[&'static str], of: fn(&Site) -> &'static str| {
        let mut counts = vec![0; names.len()];
        for site in &table.sites {
            let at = names.iter().position(|name| *name == of(site));
            counts[at.expect("the names are all there are")] += 1;
        }
        let parts = counts.iter().zip(names).filter(|(count, _)| **count > 0);
        let parts: Vec<String> = parts
            .map(|(count, name)| format!("{count} {name}"))
            .collect();
        if parts.is_empty() {
            "none".to_owned()
        } else {
            parts.join(", ")
        }
    };
    let class = match table.allocator_class {
        AllocatorClass::NeverFrees => "never frees: cumulative bytes are the growth",
        AllocatorClass::FreesUntracked => "frees, which is not tracked: cumulative bytes are churn",
    };
    terminal.line("model", &format!("{}, {class}", table.model));
    allocators(analysis, terminal);
    let kinds = Kind::ALL.map(Kind::name);
    let by_kind = counts(&kinds, |site| site.kind.name());
    terminal.line("sites", &format!("{} ({by_kind})", table.sites.len()));
    let attributions = Attribution::ALL.map(Attribution::name);
    terminal.line(
        "attribution",
        &counts(&attributions, |site| site.attribution.name()),
    );
    terminal.line("slots", &format!("{}, the last for overflow", table.slots));
    let grown = after as i64 - before as i64;
    let percent = 100.0 * grown as f64 / before as f64;
    let (from, to) = (bytes(before), bytes(after));
    terminal.line(
        "size",
        &format!("{from} -> {to} ({grown:+} bytes, {percent:+.1} %)"),
    );
    let (place, engines) = (table.storage.name(), engines(table.storage));
    let counters = match &table.log_fn {
        None => place.to_owned(),
        Some(name) => format!("sites in {name}, the pool in {place}"),
    };
    terminal.line("storage", &format!("{counters}, loads in {engines}"));
}

/// The allocators that were found, and the functions they share with others, where details are wanted.
pub(crate) fn allocators(analysis: &Analysis<'_>, terminal: Terminal) {
    if !terminal.verbose {
        return;
    }
    for allocator in analysis.survey.allocators.values() {
        let name = analysis.module.program.display_name(allocator.function);
        let drops = if allocator.drops {
            ", drops what is counted beneath"
        } else {
            ""
        };
        terminal.line(
            "allocator",
            &format!("{name}, size {}{drops}", allocator.size),
        );
    }
    for function in (0..)
        .zip(&analysis.survey.shared)
        .filter(|(_, shared)| **shared)
    {
        let name = analysis.module.program.display_name(function.0);
        terminal.line(
            "shared",
            &format!("{name}: allocators call it, its calls are never sites"),
        );
    }
}

/// What the user should know about the numbers, before measuring.
pub(crate) fn warnings(analysis: &Analysis<'_>, terminal: Terminal) {
    let table = &analysis.plan.table;
    match analysis.module.program.debug {
        DebugData::InlineFrames | DebugData::Lines => {}
        DebugData::Names => terminal.note(
            "no debug data: inlined code is invisible, and sites have no lines; \
             keep DWARF, or pass --debug-file or --source-map",
        ),
        DebugData::None => {
            let advice = Some(analysis.model.advice.as_str()).filter(|advice| !advice.is_empty());
            terminal.note(&format!(
                "no function names: functions are func[N], and allocators are found by export or \
                 import only; {}",
                advice.unwrap_or("build with names")
            ));
        }
    }
    if analysis.plan.actions.is_empty() {
        let names = analysis.survey.allocators.keys();
        let names = names.map(|&f| printable(&analysis.module.program.display_name(f)));
        terminal.warning(&format!(
            "nothing in the module calls {}: only what the host allocates is counted; if the program has \
             another allocator, --allocator 'NAME-REGEX=SIZE-RULE' names it",
            names.collect::<Vec<_>>().join(", ")
        ));
    } else if table.sites.is_empty() {
        terminal.warning(&format!(
            "-print-allocs {:?} matches no call that allocates; everything is counted in the \
             unattributed pool; {}",
            table.regex,
            hint(analysis)
        ));
    }
    let counted = analysis.plan.rounding;
    if table.bytes == Bytes::Heap && counted.granule == 1 && counted.header == 0 {
        terminal.warning(&format!(
            "model {} does not say what the heap spends: --bytes heap counts what is requested; \
             a --model-file with granule and header does",
            table.model
        ));
    }
    if table.overflow.sites > 0 {
        let all = table.sites.len() + 1;
        terminal.warning(&format!(
            "{} the overflow slot {}: totals stay exact, but to tell them apart \
             use -print-allocs-max-sites {all}, or narrow -print-allocs",
            match table.overflow.sites {
                1 => "1 site is in".to_owned(),
                sites => format!("{} share", plural(sites.into(), "site")),
            },
            table.overflow.id
        ));
    }
    let count_only = table.sites.iter().filter(|site| site.count_only).count() as u64;
    if count_only > 0 {
        let unknown = analysis
            .survey
            .allocators
            .values()
            .filter(|a| !a.size.is_known());
        let names = unknown.map(|a| analysis.module.program.display_name(a.function));
        terminal.warning(&format!(
            "{} allocations whose bytes are not known, of {}; \
             --allocator 'NAME-REGEX=SIZE-RULE' says where the size is",
            match count_only {
                1 => "1 site counts".to_owned(),
                sites => format!("{sites} sites count"),
            },
            names.collect::<Vec<_>>().join(", ")
        ));
    }
    let hiding = analysis.survey.allocators.values().filter(|a| a.may_hide);
    let hiding: Vec<_> = hiding
        .map(|a| analysis.module.program.display_name(a.function))
        .collect();
    if !hiding.is_empty() {
        terminal.warning(&format!(
            "no allocator is known beneath {}: wherever the compiler inlined it, allocations are not counted; \
             #[inline(never)] on the functions of a #[global_allocator] keeps them in sight",
            hiding.join(", ")
        ));
    }
    for pattern in &analysis.survey.unmatched {
        terminal.warning(&format!("--allocator {pattern:?} matches no function"));
    }
}

/// Why nothing matched, and what would.
fn hint(analysis: &Analysis<'_>) -> String {
    let program = &analysis.module.program;
    let pattern = &analysis.plan.table.regex;
    let regex = regex::Regex::new(pattern);
    let (runtime, mut names): (Vec<String>, Vec<String>) = (0..program.functions.len() as u32)
        .filter(|&f| analysis.survey.allocates[f as usize])
        .map(|f| program.display_name(f))
        .partition(|name| analysis.model.is_runtime(Some(&own_path(name)), None));
    if regex.is_ok_and(|regex| runtime.iter().any(|name| regex.is_match(&own_path(name)))) {
        return "it matches runtime code, which only --include-runtime selects".to_owned();
    }
    names.sort();
    names.dedup();
    let likeness = |name: &String| (1e6 * strsim::jaro_winkler(pattern, &own_path(name))) as u64;
    names.sort_by_key(|name| std::cmp::Reverse(likeness(name)));
    names.truncate(3);
    match names.as_slice() {
        [] => "no function outside the runtime allocates".to_owned(),
        names => {
            let names: Vec<String> = names.iter().map(|name| printable(name)).collect();
            format!("nearest names: {}", names.join(", "))
        }
    }
}
