//! Which exit status an error stands for.

use allocinstr_report::SnapshotError;
use allocinstr_sites::{ChooseError, Failure, SurveyError, TableError};

/// Exit status, as every `--help` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Done = 0,
    Usage = 2,
    Input = 3,
    Bug = 4,
}

/// The user asked for something that does not go together; the text says what to do.
#[derive(Debug)]
pub(crate) struct Usage(pub(crate) String);

impl std::fmt::Display for Usage {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// An input that is no module, snapshot or table of sites.
#[derive(Debug)]
pub(crate) struct BadInput(pub(crate) String);

impl std::fmt::Display for BadInput {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for BadInput {}

/// What `allocinstr-llvm` could not do.
#[derive(Debug)]
pub(crate) struct OfLlvm {
    pub(crate) fault: Failure,
    pub(crate) message: String,
}

impl std::fmt::Display for OfLlvm {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for OfLlvm {}

/// Faults of inputs are told apart from faults of the command; what is neither, a file that cannot
/// be written for one, is the command's.
pub(crate) fn status(error: &anyhow::Error) -> Status {
    for cause in error.chain() {
        if let Some(error) = cause.downcast_ref::<allocinstr_wasm::Error>() {
            return match error {
                allocinstr_wasm::Error::InvalidOutput { .. } => Status::Bug,
                allocinstr_wasm::Error::LogFunction { .. } => Status::Usage,
                allocinstr_wasm::Error::Malformed { .. }
                | allocinstr_wasm::Error::Unsupported { .. }
                | allocinstr_wasm::Error::Walrus { .. }
                | allocinstr_wasm::Error::DebugData { .. } => Status::Input,
            };
        }
        let fault = match cause.downcast_ref::<SurveyError>() {
            Some(error) => Some(error.fault()),
            None => match cause.downcast_ref::<ChooseError>() {
                Some(error) => Some(error.fault()),
                None => cause.downcast_ref::<OfLlvm>().map(|error| error.fault),
            },
        };
        if let Some(fault) = fault {
            return match fault {
                Failure::Usage => Status::Usage,
                Failure::Input => Status::Input,
                Failure::Bug => Status::Bug,
            };
        }
        if cause.is::<BadInput>() || cause.is::<TableError>() || cause.is::<SnapshotError>() {
            return Status::Input;
        }
    }
    Status::Usage
}

/// Whether writing failed because nobody reads any more, as in `allocinstr sites … | head`.
pub(crate) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<std::io::Error>();
        io.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use allocinstr_wasm::Error;

    #[test]
    fn an_invalid_output_is_a_bug_and_an_invalid_input_is_not() {
        let message = String::new;
        let (offset, kind, advice) = (0, "", "");
        for (error, expected) in [
            (
                Error::InvalidOutput {
                    offset,
                    message: message(),
                },
                Status::Bug,
            ),
            (
                Error::Malformed {
                    offset,
                    message: message(),
                },
                Status::Input,
            ),
            (Error::Unsupported { kind, advice }, Status::Input),
        ] {
            // As it comes, with the file's name around it.
            let error = anyhow::Error::from(error).context("in.wasm");
            assert_eq!(status(&error), expected, "{error:#}");
        }
    }
}
