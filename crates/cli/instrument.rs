//! `allocinstr instrument`, the main job.

use crate::analysis::{FoundMap, Selection, default_map, url_of};
use crate::failure::Usage;
use crate::files::{self, Input, Outputs};
use crate::llvm;
use crate::progress::Progress;
use crate::summary::{summary, warnings};
use crate::terminal::Terminal;
use allocinstr_sites::{IrFormat, Storage};
use allocinstr_wasm::{Engine, MapPlace, RewriteOptions, rewrite};
use anyhow::Context;
use clap::{ArgGroup, Args, ValueEnum};
use std::path::PathBuf;
use std::time::Instant;

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

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum EmitArgument {
    /// Bitcode
    Bc,
    /// Text
    Ll,
}

impl EmitArgument {
    fn name(self) -> &'static str {
        match self {
            EmitArgument::Bc => "bc",
            EmitArgument::Ll => "ll",
        }
    }
}

/// Makes every allocation site of a module count itself
///
/// Reads a WebAssembly module (binary or text) and writes it with counters in a memory of its own
/// and a table of its sites. `instrument` itself may be left out. LLVM IR (bitcode or text) is written as LLVM IR, which
/// is then linked with a small runtime.
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
    /// Count in the trampolines rather than call $logAlloc: larger, some 5 % faster; in LLVM IR, let the optimiser that
    /// comes next put the counting in the place of its calls
    #[arg(long, conflicts_with = "log_fn")]
    inline: bool,
    /// Where the counters are
    #[arg(long, value_name = "WHERE", default_value = "memory")]
    storage: StorageArgument,
    /// What rewrites the module
    #[arg(long, value_name = "ENGINE", default_value = "stream")]
    engine: EngineArgument,
    /// How LLVM IR is written; by the name of the output when left out: .ll is text
    #[arg(long, value_name = "FORMAT")]
    emit: Option<EmitArgument>,
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
    let module = match files::read_input(input)? {
        Input::Module(module) => module,
        Input::Llvm(ir) => return instrument_llvm(arguments, &ir, started, &progress, terminal),
    };
    if let Some(emit) = arguments.emit {
        let problem = format!(
            "--emit {} is for LLVM IR; a module is written as a module",
            emit.name()
        );
        return Err(Usage(problem).into());
    }
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

    let (table, findings) = (&analysis.plan.table, &analysis.findings);
    if findings.counts {
        summary(table, findings, sizes, terminal);
        if has_map {
            terminal.line("source map", &map_file.display().to_string());
        }
        terminal.line("time", &format!("{:.2} s", started.elapsed().as_secs_f64()));
    }
    for note in &rewritten.notes {
        terminal.note(note);
    }
    if findings.counts {
        warnings(table, findings, terminal);
    }
    // The process ends here; to free every name and site one by one takes longer than to forget them.
    std::mem::forget(analysis);
    Ok(())
}

/// The same for LLVM IR, which another program reads and writes.
fn instrument_llvm(
    arguments: &Arguments,
    ir: &[u8],
    started: Instant,
    progress: &Progress,
    terminal: Terminal,
) -> anyhow::Result<()> {
    let input = &arguments.input;
    let output = arguments.output.as_ref().unwrap_or(input);
    for (option, given) in [
        ("--storage", arguments.storage != StorageArgument::Memory),
        ("--engine", arguments.engine != EngineArgument::Stream),
    ] {
        if given {
            let problem = format!("{option} is for WebAssembly modules, not for LLVM IR");
            return Err(Usage(problem).into());
        }
    }
    let is_text = match arguments.emit {
        Some(emit) => emit == EmitArgument::Ll,
        None => output
            .extension()
            .is_some_and(|extension| extension == "ll"),
    };
    let format = if is_text {
        IrFormat::Text
    } else {
        IrFormat::Bitcode
    };
    let mut job = arguments.selection.job()?;
    job.log_fn.clone_from(&arguments.log_fn);
    job.inline = arguments.inline;
    job.no_names = arguments.no_names;
    progress.stage("rewriting");
    let done = llvm::run(job, ir, input, Some(format))?;

    progress.stage("writing");
    let sizes = (ir.len() as u64, done.output.len() as u64);
    let mut outputs = Outputs::default();
    if let Some(path) = &arguments.sites {
        let json = done.table.to_json() + "\n";
        outputs.add(path, |out| out.write_all(json.as_bytes()), false)?;
    }
    outputs.add(output, |out| out.write_all(&done.output), !is_text)?;
    outputs.commit()?;
    progress.finish();
    if done.findings.counts {
        summary(&done.table, &done.findings, sizes, terminal);
        terminal.line("time", &format!("{:.2} s", started.elapsed().as_secs_f64()));
    }
    for note in &done.notes {
        terminal.note(note);
    }
    if done.findings.counts {
        warnings(&done.table, &done.findings, terminal);
    }
    Ok(())
}
