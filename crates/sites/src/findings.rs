//! What a person should know about a plan before measuring, besides its site table.

use crate::model::Model;
use crate::plan::Plan;
use crate::program::{DebugData, FunctionId, Program};
use crate::survey::Survey;
use crate::symbol::own_path;
use serde::{Deserialize, Serialize};

/// What was found in a program, by names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Findings {
    /// What debug data there is.
    pub debug: DebugData,
    /// What the model advises for programs without names.
    pub advice: String,
    /// The allocators.
    pub allocators: Vec<FoundAllocator>,
    /// Functions that allocators share with others.
    pub shared: Vec<String>,
    /// Something in the program calls an allocator.
    pub is_called: bool,
    /// Something is counted at all.
    pub counts: bool,
    /// Counted bytes are requested bytes, without rounding or headers.
    pub counts_requested: bool,
    /// Where the selection matches nothing, why.
    pub hint: Option<Hint>,
    /// Rules of the user that match no function.
    pub unmatched: Vec<String>,
}

/// An allocator of the program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundAllocator {
    /// Display name.
    pub name: String,
    /// Where its size is, as the rule is written; `?` for unknown.
    pub size: String,
    /// What is counted beneath it is dropped.
    pub drops: bool,
    /// Compilers inline it, and nothing beneath it sees that.
    pub may_hide: bool,
}

impl FoundAllocator {
    /// Whether its bytes are known.
    pub fn is_known(&self) -> bool {
        self.size != "?"
    }
}

/// Why a selection matches nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Hint {
    /// It matches runtime code only.
    Runtime,
    /// The names nearest to it, best first; none where nothing else allocates.
    Nearest(Vec<String>),
}

impl Findings {
    /// What there is to say about `plan`.
    pub fn new(program: &Program, survey: &Survey, model: &Model, plan: &Plan) -> Findings {
        let name = |function: FunctionId| program.display_name(function);
        let shared = (0..).zip(&survey.shared).filter(|(_, shared)| **shared);
        Findings {
            debug: program.debug,
            advice: model.advice.clone(),
            allocators: survey
                .allocators
                .values()
                .map(|allocator| FoundAllocator {
                    name: name(allocator.function),
                    size: allocator.size.to_string(),
                    drops: allocator.drops,
                    may_hide: allocator.may_hide,
                })
                .collect(),
            shared: shared.map(|(function, _)| name(function)).collect(),
            is_called: !plan.actions.is_empty(),
            counts: !plan.is_empty(program),
            counts_requested: plan.rounding.granule == 1 && plan.rounding.header == 0,
            hint: (plan.table.sites.is_empty())
                .then(|| hint(program, survey, model, &plan.table.regex)),
            unmatched: survey.unmatched.clone(),
        }
    }
}

/// Why nothing matched, and what would.
fn hint(program: &Program, survey: &Survey, model: &Model, pattern: &str) -> Hint {
    let regex = regex::Regex::new(pattern);
    let (runtime, mut names): (Vec<String>, Vec<String>) = (0..program.functions.len() as u32)
        .filter(|&f| survey.allocates[f as usize])
        .map(|f| program.display_name(f))
        .partition(|name| model.is_runtime(Some(&own_path(name)), None));
    if regex.is_ok_and(|regex| runtime.iter().any(|name| regex.is_match(&own_path(name)))) {
        return Hint::Runtime;
    }
    names.sort();
    names.dedup();
    let likeness = |name: &String| (1e6 * strsim::jaro_winkler(pattern, &own_path(name))) as u64;
    names.sort_by_key(|name| std::cmp::Reverse(likeness(name)));
    names.truncate(3);
    Hint::Nearest(names)
}
