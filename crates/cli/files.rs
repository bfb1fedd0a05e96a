//! Files in and out. An output appears whole or not at all.

use crate::failure::{BadInput, Usage};
use anyhow::Context;
use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

/// Whether a path means stdin or stdout.
pub(crate) fn is_standard(path: &Path) -> bool {
    path == Path::new("-")
}

/// Reads a file, or stdin for `-`.
pub(crate) fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let bad = |problem: String| BadInput(format!("{}: {problem}", path.display()));
    let mut bytes = Vec::new();
    if is_standard(path) {
        std::io::stdin()
            .lock()
            .read_to_end(&mut bytes)
            .map_err(|e| bad(e.to_string()))?;
    } else {
        if path.is_dir() {
            return Err(bad("is a directory; name a file in it".to_owned()).into());
        }
        bytes = std::fs::read(path).map_err(|e| bad(e.to_string()))?;
    }
    Ok(bytes)
}

/// Reads a module; text is assembled.
pub(crate) fn read_module(path: &Path) -> anyhow::Result<Vec<u8>> {
    let bytes = read(path)?;
    if bytes.starts_with(b"\0asm") {
        return Ok(bytes);
    }
    let bad = |problem: &str| Err(BadInput(format!("{}: {problem}", path.display())).into());
    if bytes.is_empty() {
        return bad("is empty");
    }
    let text = std::str::from_utf8(&bytes).ok().map(str::trim_start);
    if !text.is_some_and(|text| text.starts_with('(') || text.starts_with(";;")) {
        return bad("is no WebAssembly module: neither binary (\\0asm) nor text");
    }
    match wat::parse_bytes(&bytes) {
        Ok(module) => Ok(module.into_owned()),
        Err(mut error) => {
            error.set_path(path);
            Err(BadInput(error.to_string()).into())
        }
    }
}

/// Refuses to write over an input.
pub(crate) fn refuse_overwriting(input: &Path, output: &Path) -> anyhow::Result<()> {
    if !is_standard(input)
        && !is_standard(output)
        && same_file::is_same_file(input, output).unwrap_or(false)
    {
        let path = output.display();
        let problem = format!("{path} is the input: write elsewhere, or use --in-place");
        return Err(Usage(problem).into());
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
    /// Prepares `bytes` for `path`; `-` is stdout, which takes binary only when it is no terminal.
    pub(crate) fn add(&mut self, path: &Path, bytes: Vec<u8>, binary: bool) -> anyhow::Result<()> {
        if is_standard(path) {
            if binary && std::io::stdout().is_terminal() {
                let problem = "stdout is a terminal: write the module to a file with -o FILE";
                return Err(Usage(problem.to_owned()).into());
            }
            self.streams.push((path.to_owned(), bytes));
            return Ok(());
        }
        let context = || format!("cannot write {}", path.display());
        // A link stays a link: what it points to is replaced.
        let target = if path.exists() {
            path.canonicalize().with_context(context)?
        } else {
            path.to_owned()
        };
        if target.exists() && !target.is_file() {
            if target.is_dir() {
                return Err(Usage(format!("{} is a directory", path.display())).into());
            }
            // A device or a pipe cannot be renamed over.
            self.streams.push((target, bytes));
            return Ok(());
        }
        let directory = match target.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        let mut builder = tempfile::Builder::new();
        builder.prefix(".allocinstr-");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let mut file = builder.tempfile_in(directory).with_context(context)?;
        file.write_all(&bytes).with_context(context)?;
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
            file.persist(&path)
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        for (path, bytes) in self.streams {
            let context = || format!("cannot write {}", path.display());
            if is_standard(&path) {
                let mut stdout = std::io::stdout().lock();
                stdout
                    .write_all(&bytes)
                    .and_then(|()| stdout.flush())
                    .with_context(context)?;
            } else {
                std::fs::write(&path, bytes).with_context(context)?;
            }
        }
        Ok(())
    }
}
