//! What `allocinstr` asks of `allocinstr-llvm`, and what that replies: JSON over stdin and stdout, between two
//! programs of one build.

use crate::choose::{Failure, ModelChoice};
use crate::findings::Findings;
use crate::survey::Attribution;
use crate::table::{Bytes, SiteTable};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// One run of `allocinstr-llvm`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    /// The IR, text or bitcode.
    pub input: PathBuf,
    /// The input's name in messages.
    pub name: String,
    /// What is to be written, and where; `None` only plans.
    pub output: Option<(PathBuf, IrFormat)>,
    /// Selected functions and files; unanchored.
    pub regex: String,
    /// Select what the model calls runtime, too.
    pub include_runtime: bool,
    /// The highest level of attribution.
    pub attribute: Attribution,
    /// Most counters, overflow slot included.
    pub max_sites: u32,
    /// Bytes as requested or as the heap spends them.
    pub bytes: Bytes,
    /// The program's own logging function.
    pub log_fn: Option<String>,
    /// Let optimisers put the counting into the functions that allocate.
    pub inline: bool,
    /// Leave names and sites out of the program; only the build id stays.
    pub no_names: bool,
    /// The allocator model.
    pub model: ModelChoice,
    /// The user's allocator rules.
    pub rules: Vec<String>,
    /// Most bytes of address space.
    pub max_memory_bytes: u64,
    /// Most seconds of processor time.
    pub max_cpu_seconds: u64,
}

/// How LLVM IR is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IrFormat {
    /// `.bc`
    Bitcode,
    /// `.ll`
    Text,
}

/// How a job ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reply {
    /// It is done; where an output was asked for, it is written.
    Done {
        /// What the counters mean.
        table: Box<SiteTable>,
        /// What was found.
        findings: Box<Findings>,
        /// What was noticed, for the user.
        notes: Vec<String>,
    },
    /// It could not be done.
    Failed {
        /// Whose fault it is.
        fault: Failure,
        /// What is wrong, with its place.
        message: String,
    },
}
