//! Why IR cannot be instrumented.

use allocinstr_sites::Failure;

/// Why IR cannot be instrumented.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// LLVM cannot read it.
    #[error("{0}")]
    Malformed(String),
    /// It is of a kind that is not supported.
    #[error("{kind} cannot be instrumented: {advice}")]
    Unsupported {
        kind: &'static str,
        advice: &'static str,
    },
    /// `--log-fn` names a function that cannot be called so.
    #[error("--log-fn {name}: {problem}")]
    LogFunction { name: String, problem: String },
    /// The verifier refuses what was written, though not what was read.
    #[error("the instrumented module is not valid: {0}")]
    InvalidOutput(String),
    /// The output cannot be written.
    #[error("cannot write {path}: {problem}")]
    Write { path: String, problem: String },
    /// The planner cannot go on.
    #[error(transparent)]
    Survey(#[from] allocinstr_sites::SurveyError),
    /// No allocator model fits.
    #[error(transparent)]
    Choose(#[from] allocinstr_sites::ChooseError),
}

impl Error {
    /// Whose fault it is.
    pub(crate) fn fault(&self) -> Failure {
        match self {
            Error::Malformed(_) | Error::Unsupported { .. } => Failure::Input,
            Error::LogFunction { .. } | Error::Write { .. } => Failure::Usage,
            Error::InvalidOutput(_) => Failure::Bug,
            Error::Survey(error) => error.fault(),
            Error::Choose(error) => error.fault(),
        }
    }
}
