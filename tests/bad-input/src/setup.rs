//! A module instrumented the way the command line does it, with an allocator chosen by its shape:
//! most modules have none of a known name.

use allocinstr_sites::{
    Attribution, Bytes, Model, Options, Plan, Program, Storage, Survey, Target, ValueType, detect,
};
use allocinstr_wasm::{DebugSources, Engine, RewriteOptions, decode, rewrite, symbolize};
use std::collections::HashSet;

/// Which functions are allocators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// Those of the built-in model that recognises the module.
    Detected,
    /// All of them, without bytes.
    All,
    /// Those that this `--allocator` rule names.
    Rule(&'static str),
    /// The first with an integer parameter and an integer result, and bytes in that parameter.
    First,
    /// The first that is imported.
    Imported,
    /// The first in a table of a type that an indirect call names, without bytes.
    Dispatched,
    /// The one that most calls name, with bytes in its first integer parameter.
    Called,
}

/// How a module is instrumented.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// Which functions are allocators.
    pub chosen: Chosen,
    /// Which functions are selected.
    pub regex: &'static str,
    /// Which calls may be sites.
    pub attribute: Attribution,
    /// What rewrites.
    pub engine: Engine,
    /// Where the counters are.
    pub storage: Storage,
    /// Counters in the trampolines.
    pub inline: bool,
    /// Names left out.
    pub no_names: bool,
    /// Most counters.
    pub max_sites: u32,
}

impl Default for Setup {
    fn default() -> Setup {
        Setup {
            chosen: Chosen::All,
            regex: ".*",
            attribute: Attribution::Dispatch,
            engine: Engine::Stream,
            storage: Storage::Memory,
            inline: false,
            no_names: false,
            max_sites: 8192,
        }
    }
}

/// An instrumented module.
pub struct Instrumented {
    /// The module.
    pub bytes: Vec<u8>,
    /// The plan that was carried out.
    pub plan: Plan,
    /// Whether anything was rewritten at all.
    pub rewritten: bool,
}

/// Why a module was not instrumented.
#[derive(Debug)]
pub enum Refusal {
    /// It is malformed or not supported; or, as [`allocinstr_wasm::Error::InvalidOutput`], our bug.
    Module(allocinstr_wasm::Error),
    /// It has no function of the kind that was chosen.
    NoAllocator,
    /// The allocators that were chosen do not go together with the module.
    Survey(allocinstr_sites::SurveyError),
}

impl From<allocinstr_wasm::Error> for Refusal {
    fn from(error: allocinstr_wasm::Error) -> Refusal {
        Refusal::Module(error)
    }
}

/// Instruments `bytes`.
pub fn instrument(bytes: &[u8], setup: &Setup) -> Result<Instrumented, Refusal> {
    let mut module = decode(bytes, None)?;
    let model = setup.model(&module.program).ok_or(Refusal::NoAllocator)?;
    let survey = Survey::new(&module.program, &model, setup.attribute).map_err(Refusal::Survey)?;
    symbolize(&mut module, &survey, &model, DebugSources::default());
    let options = Options {
        regex: regex::Regex::new(setup.regex).expect("it is constant"),
        include_runtime: true,
        attribute: setup.attribute,
        max_sites: setup.max_sites,
        bytes: Bytes::Requested,
        storage: setup.storage,
        log_fn: None,
    };
    let plan = Plan::new(&module.program, &survey, &model, &options, "0".repeat(32));
    let options = RewriteOptions {
        engine: setup.engine,
        inline: setup.inline,
        no_names: setup.no_names,
        source_map: None,
    };
    let rewritten = rewrite(&module, &plan, &options)?;
    Ok(Instrumented {
        bytes: rewritten.module.to_bytes(),
        rewritten: !plan.is_empty(&module.program),
        plan,
    })
}

impl Setup {
    fn model(&self, program: &Program) -> Option<Model> {
        let mut model = Model::user();
        let integer = |ty: &ValueType| matches!(ty, ValueType::I32 | ValueType::I64);
        let rule = match self.chosen {
            Chosen::Detected => return Some(detect(program, &Model::built_in()).ok()?.clone()),
            Chosen::All => ".*=?".to_owned(),
            Chosen::Rule(rule) => rule.to_owned(),
            Chosen::First => {
                let (function, size) =
                    (0..program.functions.len() as u32).find_map(|function| {
                        let signature = program.signature(function);
                        signature.results.first().filter(|ty| integer(ty))?;
                        Some((function, signature.params.iter().position(integer)?))
                    })?;
                format!("{}={size}", name(program, function))
            }
            Chosen::Imported => {
                let function = program.functions.iter().position(|f| f.import.is_some())?;
                format!("{}=?", name(program, function as u32))
            }
            Chosen::Dispatched => {
                let types = program.calls.iter().filter_map(|call| match call.target {
                    Target::Indirect(ty) => Some(ty),
                    Target::Direct(_) => None,
                });
                let types: HashSet<_> = types.collect();
                let mut functions = program.functions.iter();
                let function = functions.position(|f| f.address_taken && types.contains(&f.ty))?;
                format!("{}=?", name(program, function as u32))
            }
            Chosen::Called => {
                let mut calls = vec![0_u32; program.functions.len()];
                for call in &program.calls {
                    if let Target::Direct(callee) = call.target {
                        calls[callee as usize] += 1;
                    }
                }
                let (function, calls) = calls.iter().enumerate().max_by_key(|(_, n)| **n)?;
                if *calls == 0 {
                    return None;
                }
                let function = function as u32;
                let size = program.signature(function).params.iter().position(integer);
                let size = size.map_or("?".to_owned(), |size| size.to_string());
                format!("{}={size}", name(program, function))
            }
        };
        // A regular expression may be too large.
        model.add_allocator(&rule).ok()?;
        Some(model)
    }
}

/// A pattern that a rule finds `function` by, and perhaps others of its name.
fn name(program: &Program, function: u32) -> String {
    let f = &program.functions[function as usize];
    let index = format!("func[{function}]");
    let import = f.import.as_ref().map(|(_, field)| field);
    let name = import.or(f.symbol.as_ref()).unwrap_or(&index);
    format!("^{}$", regex::escape(name))
}
