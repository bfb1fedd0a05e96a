//! LLVM IR: `allocinstr-llvm` is run for it, within limits, for LLVM ends the process on some malformed inputs.

use crate::failure::{BadInput, OfLlvm};
use crate::files;
use crate::terminal::bytes;
use allocinstr_sites::{Failure, Findings, IrFormat, Job, Reply, SiteTable};
use anyhow::Context;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const PROGRAM: &str = "allocinstr-llvm";
/// What builds it.
const BUILD: &str = "make build-llvm";

/// What a job gave.
pub(crate) struct Done {
    pub(crate) table: Box<SiteTable>,
    pub(crate) findings: Box<Findings>,
    pub(crate) notes: Vec<String>,
    /// The instrumented IR, where it was asked for.
    pub(crate) output: Vec<u8>,
}

/// Runs `job` on the IR of file `input`; with a format, the instrumented IR is written so.
pub(crate) fn run(
    mut job: Job,
    ir: &[u8],
    input: &Path,
    format: Option<IrFormat>,
) -> anyhow::Result<Done> {
    let directory = tempfile::tempdir().context("cannot make a directory for temporary files")?;
    let output = directory.path().join("out");
    job.name = files::input_name(input);
    job.input = directory.path().join("in");
    job.output = format.map(|format| (output.clone(), format));
    job.max_memory_bytes = most_memory(ir.len() as u64);
    job.max_cpu_seconds = most_seconds(ir.len() as u64);
    std::fs::write(&job.input, ir)
        .with_context(|| format!("cannot write {}", job.input.display()))?;
    let ended = start(&job)?;
    let reply = match serde_json::from_slice(&ended.stdout) {
        Ok(reply) if ended.status.success() => reply,
        _ => return Err(BadInput(death(&job, &ended)).into()),
    };
    match reply {
        Reply::Failed { fault, message } => {
            let message = match fault {
                Failure::Input if !message.starts_with(&job.name) => {
                    format!("{}: {message}", job.name)
                }
                _ => message,
            };
            Err(OfLlvm { fault, message }.into())
        }
        Reply::Done {
            table,
            findings,
            notes,
        } => Ok(Done {
            table,
            findings,
            notes,
            output: match format {
                Some(_) => files::read(&output)?,
                None => Vec::new(),
            },
        }),
    }
}

/// Most address space, in bytes: LLVM takes some 50 times the bitcode, and has libraries of its own.
fn most_memory(input: u64) -> u64 {
    (4 << 30) + 256 * input
}

/// Most seconds of processor time: LLVM reads and writes some MB a second.
fn most_seconds(input: u64) -> u64 {
    60 + 30 * (input >> 20)
}

/// Beside this program, or wherever PATH says.
fn program() -> PathBuf {
    let beside = std::env::current_exe().ok();
    beside
        .map(|path| path.with_file_name(PROGRAM))
        .filter(|path| path.is_file())
        .unwrap_or_else(|| PROGRAM.into())
}

fn start(job: &Job) -> anyhow::Result<Output> {
    let request = serde_json::to_vec(job).context("a job cannot be written as JSON")?;
    let child = Command::new(program())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match child {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let problem = format!(
                "{}: is LLVM IR, for which {PROGRAM} is needed, beside this program or on PATH: {BUILD} builds it",
                job.name
            );
            return Err(BadInput(problem).into());
        }
        child => child.with_context(|| format!("cannot start {PROGRAM}"))?,
    };
    // It ends without reading all when it is not what it is called: its end says so.
    let mut stdin = child
        .stdin
        .take()
        .context("a child has the stdin it was given")?;
    let _ = stdin.write_all(&request);
    drop(stdin);
    child
        .wait_with_output()
        .with_context(|| format!("cannot wait for {PROGRAM}"))
}

/// How the child ended that gave no reply.
fn death(job: &Job, ended: &Output) -> String {
    let said = String::from_utf8_lossy(&ended.stderr);
    let name = &job.name;
    let is_memory = [
        "out of memory",
        "Out of memory",
        "bad_alloc",
        "memory allocation",
    ];
    if is_memory.iter().any(|text| said.contains(text)) {
        let most = bytes(job.max_memory_bytes);
        return format!(
            "{name}: is not valid LLVM IR, or too large: LLVM needs more than {most} of memory"
        );
    }
    if is_cpu_limit(ended) {
        let most = job.max_cpu_seconds;
        return format!(
            "{name}: is not valid LLVM IR, or too large: LLVM needs more than {most} s"
        );
    }
    // What LLVM says last is why it gave up.
    let last = said.lines().map(str::trim).rfind(|line| !line.is_empty());
    let why = match last {
        Some(line) => format!(" ({line})"),
        None => String::new(),
    };
    format!(
        "{name}: is not valid LLVM IR: LLVM's reader gave up, {}{why}",
        ended.status
    )
}

#[cfg(unix)]
fn is_cpu_limit(ended: &Output) -> bool {
    /// SIGXCPU and SIGKILL, where the hard limit is as low.
    const CPU: [i32; 2] = [24, 9];
    std::os::unix::process::ExitStatusExt::signal(&ended.status).is_some_and(|s| CPU.contains(&s))
}

#[cfg(not(unix))]
fn is_cpu_limit(_: &Output) -> bool {
    false
}

/// Which LLVM reads IR, for `--version`.
pub(crate) fn version() -> String {
    let said = Command::new(program())
        .arg("--version")
        .stderr(Stdio::null())
        .output();
    match said {
        Ok(output) if output.status.success() => {
            let version = String::from_utf8_lossy(&output.stdout);
            format!(
                "LLVM IR of LLVM 14 and newer, read and written by {}",
                version.trim()
            )
        }
        _ => format!("LLVM IR: {PROGRAM} is not built; {BUILD} builds it"),
    }
}
