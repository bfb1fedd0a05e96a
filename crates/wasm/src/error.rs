//! What can be wrong with a module.

/// A module could not be decoded, or not be instrumented.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The bytes are no valid module.
    #[error("malformed module at offset {offset:#x}: {message}")]
    Malformed {
        /// Byte offset in the file.
        offset: u64,
        /// What is wrong there.
        message: String,
    },
    /// Valid, but of a kind that cannot be instrumented.
    #[error("{kind} cannot be instrumented: {advice}")]
    Unsupported {
        /// What it is.
        kind: &'static str,
        /// What to do instead.
        advice: &'static str,
    },
    /// The engine cannot carry out the plan in this module, which may be none of its fault.
    #[error("walrus cannot rewrite this module: {message}; use --engine stream")]
    Walrus {
        /// What it says, or what of it went wrong.
        message: String,
    },
    /// `--log-fn` names no function, or one that cannot be called with a site and a size.
    #[error("--log-fn {name}: {problem}")]
    LogFunction {
        /// The name given.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Debug data given separately could not be read.
    #[error("{what}: {message}")]
    DebugData {
        /// Which data.
        what: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// The rewritten module is not valid although the original is: our bug.
    #[error("bug: the rewritten module is invalid at offset {offset:#x}: {message}")]
    InvalidOutput {
        /// Byte offset in the output.
        offset: u64,
        /// What the validator says.
        message: String,
    },
}

impl From<wasmparser::BinaryReaderError> for Error {
    fn from(error: wasmparser::BinaryReaderError) -> Error {
        Error::Malformed {
            offset: error.offset(),
            message: error.message().to_owned(),
        }
    }
}

/// A specialised [`Result`](std::result::Result).
pub type Result<T> = std::result::Result<T, Error>;
