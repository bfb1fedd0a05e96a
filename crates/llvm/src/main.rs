//! `allocinstr-llvm`: the half of `allocinstr` that needs LLVM, as a program of its own: LLVM ends the process
//! on some malformed inputs, and nobody can catch that within it.
//!
//! Reads a [`Job`] as JSON from stdin and writes a [`Reply`] to stdout; `--version` says which LLVM it is.

mod decode;
mod error;
mod frames;
mod ir;
mod rewrite;

use allocinstr_sites::{
    Failure, Findings, IrFormat, Job, Options, Plan, Reply, Storage, Survey, build_id,
};
use error::Error;
use inkwell::context::Context;
use inkwell::memory_buffer::MemoryBuffer;
use inkwell::module::Module;
use rewrite::Shape;
use rlimit::Resource;
use std::io::{Read, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("--version") {
        let (major, minor, patch) = inkwell::support::get_llvm_version();
        return print(&format!("LLVM {major}.{minor}.{patch}\n"));
    }
    let mut request = String::new();
    let job = std::io::stdin()
        .read_to_string(&mut request)
        .map_err(|error| error.to_string())
        .and_then(|_| serde_json::from_str::<Job>(&request).map_err(|error| error.to_string()));
    let reply = match job {
        Ok(job) => run(&job).unwrap_or_else(|error| Reply::Failed {
            fault: error.fault(),
            message: error_chain(&error),
        }),
        Err(problem) => Reply::Failed {
            fault: Failure::Bug,
            message: format!("allocinstr-llvm is not of the same build as allocinstr: {problem}"),
        },
    };
    let json =
        serde_json::to_string(&reply).expect("a reply has string keys and finite numbers only");
    let code = print(&json);
    // The process ends here; to take a module apart takes longer than to forget it.
    std::process::exit(i32::from(code != ExitCode::SUCCESS))
}

fn print(text: &str) -> ExitCode {
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn error_chain(error: &Error) -> String {
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |e| e.source());
    let texts: Vec<String> = causes.map(|error| error.to_string()).collect();
    texts.join(": ")
}

fn run(job: &Job) -> Result<Reply, Error> {
    limit(Resource::AS, job.max_memory_bytes)?;
    limit(Resource::CPU, job.max_cpu_seconds)?;
    let bytes = std::fs::read(&job.input)
        .map_err(|error| Error::Malformed(format!("{}: {error}", job.name)))?;
    let context = Context::create();
    let module = parse(&context, &bytes, &job.name)?;
    let reply = instrument(job, &bytes, &module);
    // Modules refer to their context, and the process ends with both.
    std::mem::forget(module);
    std::mem::forget(context);
    reply
}

/// Lets LLVM have no more than that of a resource.
fn limit(resource: Resource, most: u64) -> Result<(), Error> {
    let (_, hard) = resource.get().unwrap_or((most, most));
    resource
        .set(most.min(hard), hard)
        .map_err(|error| Error::Malformed(format!("cannot limit LLVM's resources: {error}")))
}

fn parse<'c>(context: &'c Context, bytes: &[u8], name: &str) -> Result<Module<'c>, Error> {
    let buffer = MemoryBuffer::create_from_memory_range_copy(bytes, name);
    let read = context.create_module_from_ir(buffer);
    let problem = |text: String| Error::Malformed(text.trim_end().to_owned());
    let module = read.map_err(|error| problem(error.to_string()))?;
    match module.verify() {
        Ok(()) => Ok(module),
        Err(error) => Err(problem(format!("{name}: not valid: {error}"))),
    }
}

fn instrument(job: &Job, bytes: &[u8], module: &Module<'_>) -> Result<Reply, Error> {
    let regex = regex::Regex::new(&job.regex)
        .map_err(|error| Error::Malformed(format!("-print-allocs: {error}")))?;
    let mut decoded = decode::decode(module)?;
    let (model, text) = job.model.choose(&decoded.program, &job.rules)?;
    let options = Options {
        regex,
        include_runtime: job.include_runtime,
        attribute: job.attribute,
        max_sites: job.max_sites,
        bytes: job.bytes,
        storage: Storage::Native,
        log_fn: job.log_fn.clone(),
    };
    let survey = Survey::new(&decoded.program, &model, options.attribute)?;
    frames::add_frames(&mut decoded, &survey);
    // In the place of files with debug data, of which there are none.
    let inputs = [Some(bytes), None, None];
    let id = build_id(&inputs, &text, &job.rules, &options);
    let plan = Plan::new(&decoded.program, &survey, &model, &options, id);
    let mut findings = Findings::new(&decoded.program, &survey, &model, &plan);
    findings.counts = !rewrite::is_empty(&decoded, &plan);
    let mut notes = Vec::new();
    if let Some((path, format)) = &job.output {
        if findings.counts {
            let json = match job.no_names {
                true => plan.table.to_stub_json(),
                false => plan.table.to_json(),
            };
            let shape = match job.inline {
                true => Shape::Inline,
                false => Shape::Call,
            };
            rewrite::rewrite(module, &decoded, &plan, &json, shape)?;
            module
                .verify()
                .map_err(|error| Error::InvalidOutput(error.to_string()))?;
        } else {
            notes.push("the allocator is never called: the module was left as it is".to_owned());
        }
        write(module, path, *format)?;
    }
    Ok(Reply::Done {
        table: Box::new(plan.table),
        findings: Box::new(findings),
        notes,
    })
}

fn write(module: &Module<'_>, path: &std::path::Path, format: IrFormat) -> Result<(), Error> {
    let written = match format {
        IrFormat::Text => std::fs::write(path, module.print_to_string().to_bytes()),
        IrFormat::Bitcode => std::fs::write(path, module.write_bitcode_to_memory().as_slice()),
    };
    written.map_err(|error| Error::Write {
        path: path.display().to_string(),
        problem: error.to_string(),
    })
}
