//! Carries out a plan: calls are retargeted, trampolines appended, everything else is copied.

mod carried;
mod counters;
mod edits;
mod offsets;
mod output;
mod reader;
mod sections;
mod trampolines;
mod valid;

use crate::decode::Module;
use crate::error::{Error, Result};
use crate::source_map::SourceMap;
use allocinstr_sites::{FunctionId, Plan, Storage};
use counters::{Counters, LogFunction, Place};
use edits::{Edits, grown};
pub use output::Output;
use std::rc::Rc;
use trampolines::Appended;
use wasm_encoder::ValType;

/// What rewrites.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// Over the original bytes; what is unchanged is copied.
    #[default]
    Stream,
    /// Through the intermediate representation of walrus.
    Walrus,
}

/// Where an instrumented module says that its source map is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MapPlace {
    /// In the module itself.
    Inline,
    /// At this URL, by which the module's own is resolved.
    Url(String),
}

/// How a plan is carried out.
#[derive(Clone, Default)]
pub struct RewriteOptions<'a> {
    /// What rewrites.
    pub engine: Engine,
    /// Count in the trampolines instead of calling `$logAlloc`.
    pub inline: bool,
    /// Leave names and sites out of the module; only the build id stays.
    pub no_names: bool,
    /// The module's source map, to be carried over.
    pub source_map: Option<(&'a SourceMap, MapPlace)>,
}

/// An instrumented module.
#[derive(Debug)]
pub struct Rewritten<'a> {
    /// The module.
    pub module: Output<'a>,
    /// The source map (JSON) that belongs where [`MapPlace::Url`] says.
    pub source_map: Option<Vec<u8>>,
    /// What was dropped or noticed, for the user.
    pub notes: Vec<String>,
}

/// Carries out `plan`, and validates the result. An empty plan gives the input back.
pub fn rewrite<'a>(
    module: &'a Module<'_>,
    plan: &Plan,
    options: &RewriteOptions<'_>,
) -> Result<Rewritten<'a>> {
    if plan.table.storage == Storage::Native {
        return Err(Error::Unsupported {
            kind: "a WebAssembly module with the counters of LLVM IR",
            advice: "plan for memory or globals",
        });
    }
    if plan.is_empty(&module.program) {
        let mut notes = module.notes.clone();
        notes.push("the allocator is never called: the module was left as it is".to_owned());
        return Ok(Rewritten {
            module: Output::whole(module.bytes),
            source_map: None,
            notes,
        });
    }
    if options.engine == Engine::Walrus {
        let (output, notes) = crate::walrus::rewrite(module, plan, options)?;
        valid::validate_all(&output)?;
        return Ok(Rewritten {
            module: Output::whole(output),
            source_map: None,
            notes,
        });
    }
    let log_fn = log_function(module, plan)?;
    let counters = Counters::new(plan, log_fn, module.memories, module.globals);
    refuse_too_many(module, &counters)?;
    let mut appended = Appended::new(module, plan, counters, options.inline);
    let edits = Rc::new(Edits::new(module, plan, &mut appended)?);
    refuse_beyond_limits(module, &appended, &edits)?;
    let rewritten =
        sections::write(module, plan, options, &appended, edits).map_err(|e| cannot_encode(&e))?;
    valid::validate_output(module, &rewritten.module)?;
    Ok(rewritten)
}

/// Finds the function that `--log-fn` names: `(site i32, size i32 or i64, trailing integers…)`.
fn log_function(module: &Module<'_>, plan: &Plan) -> Result<Option<LogFunction>> {
    let Some(name) = &plan.table.log_fn else {
        return Ok(None);
    };
    let error = |problem: String| Error::LogFunction {
        name: name.clone(),
        problem,
    };
    let functions = 0..module.program.functions.len() as FunctionId;
    let mut named = functions.filter(|&f| module.program.is_named(f, name));
    let index = named
        .next()
        .ok_or_else(|| error("no function or import of this name in the module".to_owned()))?;
    if named.next().is_some() {
        return Err(error("more than one function has this name".to_owned()));
    }
    let signature = module.program.signature(index);
    let integer = |ty: &allocinstr_sites::ValueType| match ty {
        allocinstr_sites::ValueType::I32 => Some(ValType::I32),
        allocinstr_sites::ValueType::I64 => Some(ValType::I64),
        _ => None,
    };
    let params: Option<Vec<ValType>> = signature.params.iter().map(integer).collect();
    match params.as_deref() {
        Some([ValType::I32, size, trailing @ ..]) if signature.results.is_empty() => {
            Ok(Some(LogFunction {
                index,
                size: *size,
                trailing: trailing.to_vec(),
            }))
        }
        _ => Err(error(format!(
            "its type is {signature}; expected (i32 site, i32 or i64 size, integers…) without results"
        ))),
    }
}

/// Refuses counters for which there is no room, before any code for them is made.
fn refuse_too_many(module: &Module<'_>, counters: &Counters) -> Result<()> {
    const MEMORIES: u32 = 100;
    const GLOBALS: u64 = 1_000_000;
    const DATA_SEGMENTS: u32 = 100_000;
    match counters.place {
        Place::Memory(_) if module.data_segments >= DATA_SEGMENTS => Err(Error::Unsupported {
            kind: "a module with 100000 data segments",
            advice: "engines allow no more, and the counters need one: use --storage globals",
        }),
        Place::Memory(_) if module.memories >= MEMORIES => Err(Error::Unsupported {
            kind: "a module with 100 memories",
            advice: "engines allow no more, and the counters need one: use --storage globals",
        }),
        Place::Globals(first) if u64::from(first) + 2 * u64::from(counters.records()) > GLOBALS => {
            Err(Error::Unsupported {
                kind: "a module with counters in more than the engines' limit of 1000000 globals",
                advice: "narrow -print-allocs, lower -print-allocs-max-sites, or use --storage memory",
            })
        }
        Place::Memory(_) | Place::Globals(_) => Ok(()),
    }
}

/// Engines agree on limits (WebAssembly JavaScript Interface, "Implementation-defined Limits"); a valid
/// module close to one may be beyond it with what is appended.
fn refuse_beyond_limits(module: &Module<'_>, appended: &Appended<'_>, edits: &Edits) -> Result<()> {
    const FUNCTIONS: usize = 1_000_000;
    const TYPES: usize = 1_000_000;
    let refuse = |kind| {
        Err(Error::Unsupported {
            kind,
            advice: "narrow -print-allocs",
        })
    };
    if module.function_types.len() + appended.functions.len() > FUNCTIONS {
        return refuse("a module so close to the engines' limit of 1000000 functions");
    }
    if module.types.len() + appended.types.len() > TYPES {
        return refuse("a module so close to the engines' limit of 1000000 types");
    }
    let appended_body = |(_, body, _): &(u32, wasm_encoder::Function, String)| body.byte_len();
    if appended.functions.iter().map(appended_body).max() > Some(crate::MOST_BODY_BYTES) {
        return refuse("more counters than a function of 7654321 bytes can read");
    }
    let mut bodies = edits.by_body(&module.bodies);
    if bodies.any(|(body, edits)| grown(body, edits) > crate::MOST_BODY_BYTES) {
        return refuse("a function so close to the engines' limit of 7654321 bytes");
    }
    Ok(())
}

fn cannot_encode(error: &trampolines::EncodeError) -> Error {
    Error::Malformed {
        offset: 0,
        message: error.to_string(),
    }
}
