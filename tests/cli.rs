//! The command line, one case a file: `tests/cli/<case>.txtar`, in Go's txtar format.
//!
//! First the commands with what they must print, then the files they find in an empty directory:
//!
//! ```text
//! # Why this is a case.
//! $ allocinstr sites in.wasm --format csv | head -1
//! id,key,kind                    stdout, as it is
//! ! note: no debug data          stderr, every line after an exclamation mark
//! ? 0                            exit status
//!
//! -- in.wasm --
//! (module)                       a .wasm file is written as text and assembled
//! ```
//!
//! Commands are run by bash with pipefail, one after the other in the same directory, each for a minute
//! at most. Characters that a reader would not see are written ⟨U+1B⟩, and times are 0.00 s. A command
//! that nothing is expected of fails. `BLESS=1` rewrites what is expected, to be read then.

use libtest_mimic::{Arguments, Failed, Trial};
use regex::Regex;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::OnceLock;

type Result<T> = std::result::Result<T, Failed>;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
    let entries = std::fs::read_dir(directory).expect("tests/cli is in the repository");
    let mut cases: Vec<PathBuf> = entries
        .map(|entry| entry.expect("tests/cli can be listed").path())
        .collect();
    cases.sort();
    let trial = |path: PathBuf| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        Trial::test(name.into_owned(), move || check_case(&path))
    };
    libtest_mimic::run(&arguments, cases.into_iter().map(trial).collect()).exit_code()
}

struct Case<'a> {
    parts: Vec<Part<'a>>,
    /// Name and text.
    files: Vec<(&'a str, String)>,
    /// The files as they are written in the case.
    rest: &'a str,
}

enum Part<'a> {
    /// A comment or an empty line.
    Remark(&'a str),
    /// A command, and whether something is expected of it.
    Command(&'a str, bool),
}

impl<'a> Case<'a> {
    fn parse(text: &'a str) -> Result<Case<'a>> {
        let at = text.find("\n-- ").map_or(text.len(), |at| at + 1);
        let (top, rest) = text.split_at(at);
        let mut parts = Vec::new();
        let mut lines = top.lines();
        while let Some(line) = lines.next() {
            if let Some(command) = line.strip_prefix("$ ") {
                let mut said = lines.clone().take_while(|line| !line.starts_with("$ "));
                let end = said.position(|line| line.starts_with("? "));
                parts.push(Part::Command(command, end.is_some()));
                if let Some(end) = end {
                    lines.nth(end);
                }
            } else if line.is_empty() || line.starts_with('#') {
                parts.push(Part::Remark(line));
            } else {
                return Err(format!("neither comment, command nor followed by ?: {line}").into());
            }
        }
        let mut files: Vec<(&str, String)> = Vec::new();
        for line in rest.split_inclusive('\n') {
            let name = line.trim_end().strip_prefix("-- ");
            match (name.and_then(|l| l.strip_suffix(" --")), files.last_mut()) {
                (Some(name), _) => files.push((name, String::new())),
                (None, Some((_, text))) => text.push_str(line),
                (None, None) => return Err(format!("no name of a file: {line}").into()),
            }
        }
        Ok(Case { parts, files, rest })
    }
}

fn check_case(path: &Path) -> Result<()> {
    if path.extension().is_none_or(|e| e != "txtar") {
        return Err(format!("{} is no case", path.display()).into());
    }
    let text = std::fs::read_to_string(path)?;
    let case = Case::parse(&text)?;
    let temporary = tempfile::tempdir()?;
    // As messages call it, where the way to it has links.
    let directory = temporary.path().canonicalize()?;
    for (name, text) in &case.files {
        let bytes = if name.ends_with(".wasm") {
            wat::parse_str(text).map_err(|e| format!("{name}: {e}"))?
        } else {
            text.clone().into_bytes()
        };
        std::fs::write(directory.join(name), bytes)?;
    }
    let mut found = String::new();
    let mut unsaid = None;
    for part in &case.parts {
        match part {
            Part::Remark(line) => writeln!(found, "{line}")?,
            Part::Command(command, expected) => {
                write!(found, "$ {command}\n{}", run(command, &directory)?)?;
                if !expected {
                    unsaid.get_or_insert(command);
                }
            }
        }
    }
    found.push_str(case.rest);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, &found)?;
        return Ok(());
    }
    if let Some(command) = unsaid {
        return Err(format!("nothing is expected of `{command}`; BLESS=1 writes it").into());
    }
    if found == text {
        return Ok(());
    }
    std::fs::write(directory.join("found"), found)?;
    let difference = Command::new("diff")
        .args(["--unified", "--label", "expected", "--label", "found"])
        .args([path, Path::new("found")])
        .current_dir(&directory)
        .output()?;
    Err(String::from_utf8_lossy(&difference.stdout)
        .into_owned()
        .into())
}

/// A directory with nothing but `allocinstr` in it: beside it may be `allocinstr-llvm`, built or not.
fn alone() -> Result<&'static Path> {
    static DIRECTORY: OnceLock<std::io::Result<tempfile::TempDir>> = OnceLock::new();
    let make = || {
        let binary = env!("CARGO_BIN_EXE_allocinstr");
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        std::fs::hard_link(binary, directory.path().join("allocinstr"))?;
        Ok(directory)
    };
    match DIRECTORY.get_or_init(make) {
        Ok(directory) => Ok(directory.path()),
        Err(error) => Err(format!("no directory for the binary: {error}").into()),
    }
}

/// What a command does, as a case writes it.
fn run(command: &str, directory: &Path) -> Result<String> {
    let mut path = vec![alone()?.to_owned()];
    path.extend(std::env::split_paths(
        &std::env::var_os("PATH").ok_or("no PATH")?,
    ));
    let output = Command::new("timeout")
        .args(["60", "bash", "-c"])
        .arg(format!("umask 022\nset -o pipefail\n{command}"))
        .current_dir(directory)
        .env_clear()
        .env("PATH", std::env::join_paths(path)?)
        .env("LC_ALL", "C.UTF-8")
        .env("TERM", "xterm")
        .stdin(Stdio::null())
        .output()?;
    let mut text = String::new();
    for (mark, stream) in [("", &output.stdout), ("! ", &output.stderr)] {
        let stream = std::str::from_utf8(stream)
            .map_err(|e| format!("`{command}` prints what is no text: {e}"))?;
        for line in stream.split_inclusive('\n') {
            let shown = visible(line.trim_end_matches('\n'));
            if mark.is_empty() && ["$ ", "! ", "? "].iter().any(|m| shown.starts_with(m)) {
                return Err(format!("`{command}` prints what a case cannot say: {shown}").into());
            }
            writeln!(text, "{}", format!("{mark}{shown}").trim_end())?;
            if !line.ends_with('\n') {
                writeln!(text, "{mark}\\ no newline at the end")?;
            }
        }
    }
    match output.status.code() {
        Some(status) => writeln!(text, "? {status}")?,
        None => writeln!(text, "? {}", output.status)?,
    }
    Ok(steady(&text, directory))
}

/// Control and format characters by number; blanks at the end of a line, which editors remove, not at all.
fn visible(line: &str) -> String {
    line.trim_end_matches(' ')
        .chars()
        .fold(String::new(), |mut out, c| {
            // What has a longer escape than a backslash in front cannot be printed.
            if c.is_control() || c.escape_debug().count() > 2 {
                write!(out, "⟨U+{:X}⟩", u32::from(c)).expect("a string takes everything");
            } else {
                out.push(c);
            }
            out
        })
}

/// Without what differs from run to run, and from release to release.
fn steady(text: &str, directory: &Path) -> String {
    let time = Regex::new(r"(?m)^(! (?:⟨U\+1B⟩\[1m)?time .*)\d+\.\d\d s$").expect("it is constant");
    let version = concat!("allocinstr ", env!("CARGO_PKG_VERSION"));
    time.replace_all(text, "${1}0.00 s")
        .replace(version, "allocinstr VERSION")
        .replace(&*directory.to_string_lossy(), "$PWD")
}
