//! What the call graph says, before anything is selected: which functions allocate, which of their
//! calls are counted, and which calls could be sites.

mod allocators;
mod graph;
mod nesting;

pub use allocators::Allocator;

use crate::choose::Failure;
use crate::model::Model;
use crate::program::{CallId, Function, FunctionId, Program, Target};
use allocators::{find_allocators, find_heap, unmatched_rules};
pub(crate) use graph::mark;
use graph::{Graph, callers_of_types, indirect_types, inner_functions};
use nesting::{Nesting, Reach};
use std::collections::BTreeMap;

/// Most parameters of a callee: wasm functions have at most 1000, and a site's trampoline takes the
/// callee's, a table index or reference, and the site.
const MAX_PARAMETERS: usize = 998;

/// Most calls that may become sites. The largest published modules have some hundred thousand, and each takes
/// some 500 bytes of memory.
const MAX_CANDIDATES: usize = 1 << 20;

/// How a site's numbers come about; each level includes those before it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Attribution {
    /// The call is an allocator's: counted with its arguments.
    Direct,
    /// The callee reaches an allocator over direct calls: measured.
    Through,
    /// An indirect call that may reach an allocator, or a call of a function that makes one, as a
    /// factory with a table does: measured.
    Dispatch,
    /// An import through which the host may call back into an allocator: measured.
    Host,
}

impl Attribution {
    /// All of them, in order.
    pub const ALL: [Attribution; 4] = [
        Attribution::Direct,
        Attribution::Through,
        Attribution::Dispatch,
        Attribution::Host,
    ];

    /// The name in reports, formats and options.
    pub fn name(self) -> &'static str {
        match self {
            Attribution::Direct => "direct",
            Attribution::Through => "through",
            Attribution::Dispatch => "dispatch",
            Attribution::Host => "host",
        }
    }
}

/// The call graph's answers for one program and model.
#[derive(Clone, Debug)]
pub struct Survey {
    /// Allocators by function.
    pub allocators: BTreeMap<FunctionId, Allocator>,
    /// Index into [`Model::heaps`] of the heap the program uses.
    pub heap: usize,
    /// Whether a function is an allocator, or is called by nothing but allocators: its calls are
    /// left alone.
    pub inner: Vec<bool>,
    /// Whether an allocator is reached from a function over direct calls.
    pub allocates: Vec<bool>,
    /// Whether allocators reach a function that others call too: its calls are never sites.
    pub shared: Vec<bool>,
    /// Calls beneath allocators that drop, over which something else may be reached: what is
    /// allocated there counts for itself.
    pub shields: Vec<CallId>,
    /// Types with an address-taken function that allocates.
    pub dispatch_types: Vec<bool>,
    /// Whether a function itself makes an indirect call of such a type.
    pub dispatches: Vec<bool>,
    /// Whether a function reaches an allocator whose bytes cannot be known.
    pub count_only: Vec<bool>,
    /// Types with an address-taken function of that kind.
    pub count_only_types: Vec<bool>,
    /// The host can allocate: an exported function allocates.
    pub host_allocates: bool,
    /// Rules the user gave that match no function, by their pattern.
    pub unmatched: Vec<String>,
    /// Calls that may become sites, by id.
    pub candidates: Vec<CallId>,
}

/// Why a program cannot be surveyed.
#[derive(Debug, thiserror::Error)]
pub enum SurveyError {
    /// None of the model's allocators is in the program.
    #[error("no allocator of model {model} found: looked for {example}; {advice}")]
    NoAllocator {
        /// The model.
        model: String,
        /// An allocator's name.
        example: String,
        /// What to do.
        advice: String,
    },
    /// No `--allocator` rule matches a function, and there are no other rules.
    #[error("--allocator: no function matches {0}")]
    Unmatched(String),
    /// A `--allocator` rule names a parameter that the function does not have.
    #[error(
        "--allocator: {function} has no integer parameter {parameter}; \
         choose another, or `?` to count without bytes"
    )]
    NoParameter {
        /// The function, by display name.
        function: String,
        /// The parameter the rule reads.
        parameter: u32,
    },
    /// More calls allocate than are told apart.
    #[error("{0} calls allocate, which is more than the {MAX_CANDIDATES} that can be told apart")]
    TooManyCalls(usize),
}

impl SurveyError {
    /// Whose fault it is.
    pub fn fault(&self) -> Failure {
        match self {
            SurveyError::NoAllocator { .. }
            | SurveyError::Unmatched(_)
            | SurveyError::TooManyCalls(_) => Failure::Input,
            SurveyError::NoParameter { .. } => Failure::Usage,
        }
    }
}

impl Survey {
    /// Finds the allocators of `model` in `program` and what the call graph says about them.
    ///
    /// Candidates are the calls that sites of `attribute` may be made of; of through sites some
    /// kinds belong to [`Attribution::Direct`] already.
    pub fn new(
        program: &Program,
        model: &Model,
        attribute: Attribution,
    ) -> Result<Survey, SurveyError> {
        let graph = Graph::new(program);
        let mut allocators = find_allocators(program, model, &graph)?;
        let unmatched = unmatched_rules(program, model);
        if allocators.is_empty() && unmatched.len() == model.allocators.len() {
            return Err(SurveyError::Unmatched(unmatched.join(", ")));
        }
        if allocators.is_empty() {
            return Err(SurveyError::NoAllocator {
                model: model.name.clone(),
                example: model.example.clone(),
                advice: match program.has_names() {
                    true => "choose another with --model, or name it with --allocator".to_owned(),
                    false => model.advice.clone(),
                },
            });
        }
        let is_allocator = mark(program.functions.len(), allocators.keys().copied());
        let allocates = graph.reaching(&is_allocator, |_| true);
        let inner = inner_functions(program, &graph, &is_allocator);
        let unknown = allocators.values().filter(|a| !a.size.is_known());
        let unknown = mark(program.functions.len(), unknown.map(|a| a.function));
        // What an allocator of known size calls beneath it does not count.
        let count_only = graph.reaching(&unknown, |f| !is_allocator[f as usize]);
        let dispatch_types = indirect_types(program, &allocates);
        let exported = |f: &Function| !f.exports.is_empty();
        let host_allocates = program
            .functions
            .iter()
            .zip(&allocates)
            .any(|(f, a)| *a && exported(f));
        let nesting = Nesting::new(&Reach {
            program,
            graph: &graph,
            is_allocator: &is_allocator,
            inner: &inner,
            allocates: &allocates,
            dispatch_types: &dispatch_types,
            host_allocates,
        });
        for allocator in allocators.values_mut() {
            allocator.drops = nesting.drops[allocator.function as usize];
        }
        let mut survey = Survey {
            heap: find_heap(program, &model.heaps),
            dispatches: callers_of_types(program, &dispatch_types),
            dispatch_types,
            count_only_types: indirect_types(program, &count_only),
            count_only,
            host_allocates,
            shared: nesting.shared,
            shields: nesting.shields,
            unmatched,
            candidates: Vec::new(),
            allocators,
            inner,
            allocates,
        };
        survey.candidates = survey.find_candidates(program, attribute.max(Attribution::Through));
        if survey.candidates.len() > MAX_CANDIDATES {
            return Err(SurveyError::TooManyCalls(survey.candidates.len()));
        }
        Ok(survey)
    }

    /// What a site at `call` would be, if it may be one at all.
    pub fn attribution(&self, program: &Program, call: CallId) -> Option<Attribution> {
        let call = &program.calls[call as usize];
        if call.diverges {
            return None;
        }
        if program.parameters(call.target) > MAX_PARAMETERS {
            return None;
        }
        match call.target {
            // Inner functions are few, and a look-up in a map is not cheap.
            Target::Direct(f) if self.inner[f as usize] && self.allocators.contains_key(&f) => {
                Some(Attribution::Direct)
            }
            // A tail call leaves nothing behind that could look at the pool afterwards.
            _ if call.tail => None,
            Target::Direct(f) if self.allocates[f as usize] => Some(Attribution::Through),
            Target::Direct(f) if self.dispatches[f as usize] => Some(Attribution::Dispatch),
            Target::Direct(f) if program.functions[f as usize].import.is_some() => {
                self.host_allocates.then_some(Attribution::Host)
            }
            Target::Direct(_) => None,
            Target::Indirect(ty) => {
                self.dispatch_types[ty as usize].then_some(Attribution::Dispatch)
            }
        }
    }

    fn find_candidates(&self, program: &Program, attribute: Attribution) -> Vec<CallId> {
        let mut candidates = Vec::new();
        for (index, function) in program.functions.iter().enumerate() {
            if self.inner[index] || self.shared[index] {
                continue;
            }
            candidates.extend(function.calls.clone().filter(|&call| {
                self.attribution(program, call)
                    .is_some_and(|found| found <= attribute)
            }));
        }
        candidates
    }
}
