//! A spec test as plain data: modules are encoded once, for every run.

use crate::expected::{Expected, values};
use wast::core::{V128Const, WastArgCore};
use wast::parser::{self, ParseBuffer};
use wast::{QuoteWat, Wast, WastArg, WastDirective, WastExecute, WastInvoke, Wat};

pub(crate) struct Script {
    pub(crate) steps: Vec<Step>,
}

pub(crate) struct Step {
    /// From 1.
    pub(crate) line: usize,
    pub(crate) kind: StepKind,
    /// What the script says.
    pub(crate) expected: Expected,
}

pub(crate) enum StepKind {
    /// A module that is compiled, and instantiated if it is no definition.
    Module {
        name: Option<String>,
        bytes: Vec<u8>,
        instantiate: bool,
    },
    /// An instance of a definition.
    Instance {
        name: Option<String>,
        module: Option<String>,
    },
    Register {
        name: String,
        module: Option<String>,
    },
    /// A module that is not to be loaded.
    Invalid(Vec<u8>),
    Action(Action),
    /// With the reason.
    Skipped(&'static str),
}

pub(crate) enum Action {
    Invoke {
        module: Option<String>,
        name: String,
        arguments: Vec<Argument>,
    },
    Get {
        module: Option<String>,
        name: String,
    },
    /// A module whose instance nobody uses.
    Instantiate(Vec<u8>),
}

#[derive(Clone, Copy)]
pub(crate) enum Argument {
    I32(i32),
    I64(i64),
    F32(u32),
    F64(u64),
    V128(u128),
    NullFunction,
    NullExternal,
    NullAny,
    NullException,
    External(u32),
    Host(u32),
}

impl Script {
    pub(crate) fn parse(text: &str) -> Result<Script, String> {
        let error = |error: wast::Error| error.to_string();
        let mut lexer = wast::lexer::Lexer::new(text);
        lexer.allow_confusing_unicode(true);
        let buffer = ParseBuffer::new_with_lexer(lexer).map_err(error)?;
        let wast: Wast<'_> = parser::parse(&buffer).map_err(error)?;
        let step = |directive: WastDirective<'_>| {
            let line = directive.span().linecol_in(text).0 + 1;
            let (kind, expected) = step(directive);
            Step {
                line,
                kind,
                expected,
            }
        };
        Ok(Script {
            steps: wast.directives.into_iter().map(step).collect(),
        })
    }
}

fn step(directive: WastDirective<'_>) -> (StepKind, Expected) {
    let text = |id: Option<wast::token::Id<'_>>| id.map(|id| id.name().to_owned());
    match directive {
        WastDirective::Module(module) => (load(module, true), Expected::Done),
        WastDirective::ModuleDefinition(module) => (load(module, false), Expected::Done),
        WastDirective::ModuleInstance {
            instance, module, ..
        } => {
            let (name, module) = (text(instance), text(module));
            (StepKind::Instance { name, module }, Expected::Done)
        }
        WastDirective::Register { name, module, .. } => {
            let (name, module) = (name.to_owned(), text(module));
            (StepKind::Register { name, module }, Expected::Done)
        }
        WastDirective::AssertMalformed { mut module, .. }
        | WastDirective::AssertInvalid { mut module, .. } => match module.encode() {
            Ok(bytes) => (StepKind::Invalid(bytes), Expected::Refused),
            Err(_) => (StepKind::Skipped("malformed text"), Expected::Refused),
        },
        // Engines ignore what is malformed in a custom section.
        WastDirective::AssertMalformedCustom { mut module, .. }
        | WastDirective::AssertInvalidCustom { mut module, .. } => match module.encode() {
            Ok(bytes) => (StepKind::Invalid(bytes), Expected::Anything),
            Err(_) => (StepKind::Skipped("malformed text"), Expected::Anything),
        },
        WastDirective::AssertUnlinkable { module, .. } => (instantiate(module), Expected::Refused),
        WastDirective::Invoke(call) => (invoke(&call), Expected::Anything),
        WastDirective::AssertReturn { exec, results, .. } => (execute(exec), values(&results)),
        WastDirective::AssertTrap { exec, .. } => (execute(exec), Expected::Trap),
        WastDirective::AssertException { exec, .. } => (execute(exec), Expected::Exception),
        WastDirective::AssertExhaustion { call, .. } => (invoke(&call), Expected::Trap),
        WastDirective::AssertSuspension { .. } => {
            (StepKind::Skipped("stack switching"), Expected::Anything)
        }
        WastDirective::Thread(_) | WastDirective::Wait { .. } => {
            (StepKind::Skipped("threads of a test"), Expected::Anything)
        }
    }
}

fn load(mut module: QuoteWat<'_>, instantiate: bool) -> StepKind {
    let name = module.name().map(|id| id.name().to_owned());
    match module.encode() {
        Ok(bytes) => StepKind::Module {
            name,
            bytes,
            instantiate,
        },
        Err(_) => StepKind::Skipped("text of another version"),
    }
}

fn execute(exec: WastExecute<'_>) -> StepKind {
    match exec {
        WastExecute::Invoke(call) => invoke(&call),
        WastExecute::Wat(module) => instantiate(module),
        WastExecute::Get { module, global, .. } => StepKind::Action(Action::Get {
            module: module.map(|id| id.name().to_owned()),
            name: global.to_owned(),
        }),
    }
}

fn instantiate(mut module: Wat<'_>) -> StepKind {
    match module.encode() {
        Ok(bytes) => StepKind::Action(Action::Instantiate(bytes)),
        Err(_) => StepKind::Skipped("text of another version"),
    }
}

fn invoke(call: &WastInvoke<'_>) -> StepKind {
    let arguments: Option<Vec<Argument>> = call.args.iter().map(argument).collect();
    match arguments {
        Some(arguments) => StepKind::Action(Action::Invoke {
            module: call.module.map(|id| id.name().to_owned()),
            name: call.name.to_owned(),
            arguments,
        }),
        None => StepKind::Skipped("argument of another type"),
    }
}

fn argument(argument: &WastArg<'_>) -> Option<Argument> {
    let WastArg::Core(argument) = argument else {
        return None;
    };
    Some(match argument {
        WastArgCore::I32(value) => Argument::I32(*value),
        WastArgCore::I64(value) => Argument::I64(*value),
        WastArgCore::F32(value) => Argument::F32(value.bits),
        WastArgCore::F64(value) => Argument::F64(value.bits),
        WastArgCore::V128(value) => {
            Argument::V128(u128::from_le_bytes(V128Const::to_le_bytes(value)))
        }
        WastArgCore::RefNull(ty) => null(ty)?,
        WastArgCore::RefExtern(value) => Argument::External(*value),
        WastArgCore::RefHost(value) => Argument::Host(*value),
    })
}

fn null(ty: &wast::core::HeapType<'_>) -> Option<Argument> {
    use wast::core::{AbstractHeapType as Abstract, HeapType};
    let HeapType::Abstract { ty, .. } = ty else {
        return None;
    };
    Some(match ty {
        Abstract::Func | Abstract::NoFunc => Argument::NullFunction,
        Abstract::Extern | Abstract::NoExtern => Argument::NullExternal,
        Abstract::Exn | Abstract::NoExn => Argument::NullException,
        Abstract::Any
        | Abstract::Eq
        | Abstract::Struct
        | Abstract::Array
        | Abstract::I31
        | Abstract::None => Argument::NullAny,
        Abstract::Cont | Abstract::NoCont => return None,
    })
}
