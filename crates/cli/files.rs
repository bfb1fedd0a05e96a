//! Files in and out. An output appears whole or not at all.

use crate::failure::{BadInput, Usage};
use crate::formats;
use anyhow::Context;
use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

/// Whether a path means stdin or stdout.
pub(crate) fn is_standard(path: &Path) -> bool {
    path == Path::new("-")
}

/// Whether another file can be written beside an output: not for stdout, a device or a pipe.
pub(crate) fn can_stand_beside(output: &Path) -> bool {
    !is_standard(output) && (output.is_file() || !output.exists())
}

/// An input's name in messages.
pub(crate) fn input_name(path: &Path) -> String {
    if is_standard(path) {
        "<stdin>".to_owned()
    } else {
        path.display().to_string()
    }
}

/// Most bytes of an input, more than any engine loads: a pipe may have no end.
const MOST_BYTES: u64 = 2 << 30;

/// Reads a file, a pipe, as of `<(gzip -dc app.wasm.gz)`, or stdin for `-`.
pub(crate) fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let bad = |problem: String| BadInput(format!("{}: {problem}", input_name(path)));
    if !is_standard(path)
        && let Some(problem) = special(path)
    {
        return Err(bad(problem.to_owned()).into());
    }
    let reader: Box<dyn Read> = match is_standard(path) {
        true => Box::new(std::io::stdin().lock()),
        false => Box::new(std::fs::File::open(path).map_err(|e| bad(e.to_string()))?),
    };
    // With a byte more, so that the end is found without growing.
    let expected = path.metadata().map_or(0, |file| file.len() + 1);
    let mut bytes = Vec::with_capacity(expected.min(MOST_BYTES) as usize);
    reader
        .take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| bad(e.to_string()))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(bad("is larger than 2 GiB".to_owned()).into());
    }
    Ok(bytes)
}

/// What `path` is, if nothing that has an end can be read from it.
fn special(path: &Path) -> Option<&'static str> {
    // What is not there, or not to be seen, is for opening it to say.
    let kind = path.metadata().ok()?.file_type();
    if kind.is_dir() {
        return Some("is a directory; name a file in it");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_char_device() || kind.is_block_device() {
            return Some("is a device; name a file, or - for stdin");
        }
        if kind.is_socket() {
            return Some("is a socket; name a file");
        }
    }
    None
}

/// A module as it was given.
pub(crate) struct ModuleFile {
    /// The binary, assembled if need be.
    pub(crate) bytes: Vec<u8>,
    /// It was text.
    pub(crate) is_text: bool,
}

/// What is to be instrumented.
pub(crate) enum Input {
    Module(ModuleFile),
    /// LLVM IR, text or bitcode.
    Llvm(Vec<u8>),
}

/// Reads a module or LLVM IR.
pub(crate) fn read_input(path: &Path) -> anyhow::Result<Input> {
    let bytes = read(path)?;
    match formats::is_llvm_ir(&bytes) {
        true => Ok(Input::Llvm(bytes)),
        false => module(path, bytes).map(Input::Module),
    }
}

/// Reads a module; text is assembled.
pub(crate) fn read_module(path: &Path) -> anyhow::Result<ModuleFile> {
    module(path, read(path)?)
}

fn module(path: &Path, bytes: Vec<u8>) -> anyhow::Result<ModuleFile> {
    if bytes.starts_with(b"\0asm") {
        return Ok(ModuleFile {
            bytes,
            is_text: false,
        });
    }
    let name = input_name(path);
    if let Some(problem) = formats::other_format(&name, &bytes) {
        return Err(BadInput(format!("{name}: {problem}")).into());
    }
    match wat::parse_bytes(&bytes) {
        Ok(module) => Ok(ModuleFile {
            bytes: module.into_owned(),
            is_text: true,
        }),
        Err(mut error) => {
            error.set_path(Path::new(&name));
            Err(BadInput(error.to_string()).into())
        }
    }
}

/// Whether two paths are one file, which need not exist yet.
fn is_same(a: &Path, b: &Path) -> bool {
    // Only regular files are compared by identity: that opens them, and a pipe would wait.
    if a.is_file() && b.is_file() {
        return same_file::is_same_file(a, b).unwrap_or(false);
    }
    let place = |path: &Path| {
        let path = follow_links(path);
        Some((
            directory(&path).canonicalize().ok()?,
            path.file_name()?.to_owned(),
        ))
    };
    a == b || place(a).is_some_and(|place_a| place(b) == Some(place_a))
}

/// The directory a file is in.
fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// What a symbolic link points to, whether that exists or not.
fn follow_links(path: &Path) -> PathBuf {
    const MOST: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..MOST {
        match std::fs::read_link(&path) {
            Ok(target) => path = directory(&path).join(target),
            Err(_) => break,
        }
    }
    path
}

/// Refuses an output over an input, two outputs into one file, and stdin given twice. Inputs and
/// outputs come with the option or role they were given by.
pub(crate) fn refuse_clashes(
    inputs: &[(&str, &Path)],
    outputs: &[(&str, &Path)],
) -> anyhow::Result<()> {
    let refuse = |problem: String| Err(Usage(problem).into());
    let standard = inputs.iter().filter(|(_, path)| is_standard(path));
    if let [(first, _), (second, _), ..] = standard.collect::<Vec<_>>().as_slice() {
        return refuse(format!("stdin is given twice, as {first} and as {second}"));
    }
    for (at, (role, output)) in outputs.iter().enumerate() {
        for (other, path) in &outputs[..at] {
            if is_same(path, output) {
                let path = output.display();
                return refuse(format!("{other} and {role} are the same file, {path}"));
            }
        }
        if is_standard(output) {
            continue;
        }
        for (other, input) in inputs {
            if !is_standard(input) && is_same(input, output) {
                let path = output.display();
                let hint = if *other == "the input" {
                    ", or use --in-place"
                } else {
                    ""
                };
                return refuse(format!("{role} {path} is {other}: write elsewhere{hint}"));
            }
        }
    }
    Ok(())
}

/// Outputs that are written together, once everything is ready.
#[derive(Default)]
pub(crate) struct Outputs {
    files: Vec<(tempfile::NamedTempFile, PathBuf)>,
    streams: Vec<(PathBuf, Vec<u8>)>,
}

impl Outputs {
    /// Prepares what `write` writes for `path`; `-` is stdout, which takes binary only when it is no terminal.
    pub(crate) fn add(
        &mut self,
        path: &Path,
        write: impl Fn(&mut dyn Write) -> std::io::Result<()>,
        binary: bool,
    ) -> anyhow::Result<()> {
        const BUFFER: usize = 1 << 16;
        let context = || format!("cannot write {}", path.display());
        let mut stream = || -> anyhow::Result<()> {
            let mut bytes = Vec::new();
            write(&mut bytes).with_context(context)?;
            self.streams.push((path.to_owned(), bytes));
            Ok(())
        };
        if is_standard(path) {
            if binary && std::io::stdout().is_terminal() {
                let problem = "stdout is a terminal: write the module to a file with -o FILE";
                return Err(Usage(problem.to_owned()).into());
            }
            return stream();
        }
        if path.is_dir() {
            return Err(Usage(format!("{} is a directory: name a file", path.display())).into());
        }
        if path.exists() && !path.is_file() {
            // A device or a pipe cannot be renamed over.
            return stream();
        }
        // A link stays a link: what it points to is replaced.
        let target = follow_links(path);
        let directory = directory(&target);
        if !directory.is_dir() {
            let problem = if directory.exists() {
                "is no directory"
            } else {
                "does not exist"
            };
            let problem = format!("{}: {} {problem}", context(), directory.display());
            return Err(Usage(problem).into());
        }
        let mut builder = tempfile::Builder::new();
        builder.prefix(".allocinstr-");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        // The error's own text would name the temporary file.
        let plain = |error: std::io::Error| match error.raw_os_error() {
            Some(code) => std::io::Error::from_raw_os_error(code),
            None => error.kind().into(),
        };
        let mut file = builder
            .tempfile_in(directory)
            .map_err(plain)
            .with_context(context)?;
        let mut buffered = std::io::BufWriter::with_capacity(BUFFER, &mut file);
        write(&mut buffered)
            .and_then(|()| buffered.flush())
            .map_err(plain)
            .with_context(context)?;
        drop(buffered);
        if let Ok(old) = target.metadata() {
            file.as_file()
                .set_permissions(old.permissions())
                .with_context(context)?;
        }
        self.files.push((file, target));
        Ok(())
    }

    /// Puts every output in its place.
    pub(crate) fn commit(self) -> anyhow::Result<()> {
        for (file, path) in self.files {
            let context = || format!("cannot write {}", path.display());
            file.persist(&path)
                .map_err(|error| error.error)
                .with_context(context)?;
        }
        for (path, bytes) in self.streams {
            if is_standard(&path) {
                write_stdout(&bytes)?;
            } else {
                let context = || format!("cannot write {}", path.display());
                std::fs::write(&path, bytes).with_context(context)?;
            }
        }
        Ok(())
    }
}

/// Writes data to stdout as it is, control characters in names included.
pub(crate) fn write_stdout(bytes: &[u8]) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout
        .write_all(bytes)
        .and_then(|()| stdout.flush())
        .context("cannot write <stdout>")
}
