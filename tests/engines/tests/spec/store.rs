//! Scripts run in wasmtime.

use crate::script::{Action, Argument, Script, Step, StepKind};
use std::collections::HashMap;
use wasmtime::{
    AnyRef, Config, Engine, Extern, ExternRef, Global, GlobalType, Instance, Linker, Memory,
    MemoryType, Module, Mutability, Ref, RefType, SharedMemory, Store, Table, TableType, Trap, Val,
    ValType,
};

/// What a directive gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing but that it is done.
    Done,
    Values(Vec<Value>),
    Trap(String),
    Exception,
    /// Not loaded, or not linked.
    Refused(&'static str),
    /// There is no such instance or export: what should have made it was refused.
    Missing,
    Skipped(&'static str),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Bits(&'static str, u128),
    Null,
    /// A reference of the host, with the number it was made of.
    External(Option<u32>),
    Reference(&'static str),
}

impl Outcome {
    pub(crate) fn is_overflow(&self) -> bool {
        matches!(self, Outcome::Trap(trap) if trap == "StackOverflow")
    }

    pub(crate) fn kind(&self) -> String {
        match self {
            Outcome::Done => "done".to_owned(),
            Outcome::Values(_) => "values".to_owned(),
            Outcome::Trap(_) => "trap".to_owned(),
            Outcome::Exception => "exception".to_owned(),
            Outcome::Refused(by) => format!("refused by wasmtime when {by}"),
            Outcome::Missing => "its module was refused".to_owned(),
            Outcome::Skipped(why) => (*why).to_owned(),
        }
    }
}

type Prepared<'a> = dyn Fn(&Step, &[u8]) -> Result<Vec<u8>, String> + 'a;

pub(crate) struct Run {
    engine: Engine,
    store: Store<()>,
    linker: Linker<()>,
    modules: HashMap<Option<String>, Module>,
    instances: HashMap<Option<String>, Instance>,
}

impl Run {
    pub(crate) fn new(stack_bytes: usize) -> Run {
        let mut config = Config::new();
        config
            .wasm_backtrace_max_frames(None)
            .max_wasm_stack(stack_bytes)
            .async_stack_size(stack_bytes)
            .wasm_threads(true)
            .shared_memory(true)
            .wasm_tail_call(true)
            .wasm_function_references(true)
            .wasm_gc(true)
            .wasm_exceptions(true)
            .wasm_relaxed_simd(true)
            .wasm_multi_memory(true)
            .wasm_memory64(true)
            .wasm_extended_const(true)
            .wasm_custom_page_sizes(true)
            .wasm_wide_arithmetic(true)
            // Else a NaN may be another one each time.
            .cranelift_nan_canonicalization(true)
            .cranelift_opt_level(wasmtime::OptLevel::None);
        let engine = Engine::new(&config).expect("the configuration is constant");
        let mut store = Store::new(&engine, ());
        let mut linker = Linker::new(&engine);
        linker.allow_shadowing(true);
        spectest(&mut linker, &mut store).expect("every definition has a name of its own");
        Run {
            engine,
            store,
            linker,
            modules: HashMap::new(),
            instances: HashMap::new(),
        }
    }

    /// Runs a script; `prepare` gives what is loaded in place of a module.
    pub(crate) fn all(
        mut self,
        script: &Script,
        prepare: impl Fn(&Step, &[u8]) -> Result<Vec<u8>, String>,
    ) -> Result<Vec<Outcome>, String> {
        let steps = script.steps.iter();
        steps.map(|step| self.step(step, &prepare)).collect()
    }

    fn step(&mut self, step: &Step, prepare: &Prepared<'_>) -> Result<Outcome, String> {
        Ok(match &step.kind {
            StepKind::Module {
                name,
                bytes,
                instantiate,
            } => {
                let bytes = prepare(step, bytes)?;
                self.modules.remove(name);
                self.instances.remove(name);
                self.instances.remove(&None);
                let Ok(module) = Module::new(&self.engine, &bytes) else {
                    return Ok(Outcome::Refused("loaded"));
                };
                self.modules.insert(name.clone(), module.clone());
                self.modules.insert(None, module.clone());
                match instantiate {
                    true => self.instantiate(&module, name.clone()),
                    false => Outcome::Done,
                }
            }
            StepKind::Instance { name, module } => {
                let Some(module) = self.modules.get(module).cloned() else {
                    return Ok(Outcome::Missing);
                };
                self.instantiate(&module, name.clone())
            }
            StepKind::Register { name, module } => match self.instances.get(module) {
                Some(instance) => {
                    let linked = self.linker.instance(&mut self.store, name, *instance);
                    linked.map_err(|e| e.to_string())?;
                    Outcome::Done
                }
                None => Outcome::Missing,
            },
            StepKind::Invalid(bytes) => {
                match Module::new(&self.engine, prepare(step, bytes)?) {
                    // By what is valid in this engine, with more proposals than the test's.
                    Ok(_) => Outcome::Done,
                    Err(_) => Outcome::Refused("loaded"),
                }
            }
            StepKind::Action(Action::Instantiate(bytes)) => {
                match Module::new(&self.engine, prepare(step, bytes)?) {
                    Ok(module) => {
                        let result = self.linker.instantiate(&mut self.store, &module);
                        self.outcome(result.map(|_| Vec::new()))
                    }
                    Err(_) => Outcome::Refused("loaded"),
                }
            }
            StepKind::Action(Action::Get { module, name }) => {
                match self.export(module, name).and_then(Extern::into_global) {
                    Some(global) => {
                        let value = global.get(&mut self.store);
                        self.outcome(Ok(vec![value]))
                    }
                    None => Outcome::Missing,
                }
            }
            StepKind::Action(Action::Invoke {
                module,
                name,
                arguments,
            }) => match self.export(module, name).and_then(Extern::into_func) {
                Some(function) => {
                    let ty = function.ty(&self.store);
                    let arguments = arguments.iter().map(|a| self.value(a));
                    let arguments: Vec<Val> = arguments.collect::<Result<_, String>>()?;
                    let mut results = vec![Val::I32(0); ty.results().len()];
                    let result = function.call(&mut self.store, &arguments, &mut results);
                    self.outcome(result.map(|()| results))
                }
                None => Outcome::Missing,
            },
            StepKind::Skipped(why) => Outcome::Skipped(why),
        })
    }

    fn instantiate(&mut self, module: &Module, name: Option<String>) -> Outcome {
        match self.linker.instantiate(&mut self.store, module) {
            Ok(instance) => {
                self.instances.insert(name, instance);
                self.instances.insert(None, instance);
                Outcome::Done
            }
            Err(error) => self.outcome(Err(error)),
        }
    }

    fn export(&mut self, module: &Option<String>, name: &str) -> Option<Extern> {
        let instance = *self.instances.get(module)?;
        instance.get_export(&mut self.store, name)
    }

    fn outcome(&mut self, result: wasmtime::Result<Vec<Val>>) -> Outcome {
        match result {
            Ok(values) => {
                let values = values.iter().map(|value| self.show(value));
                Outcome::Values(
                    values
                        .collect::<Result<_, _>>()
                        .expect("they are of this store"),
                )
            }
            Err(error) => {
                if let Some(trap) = error.downcast_ref::<Trap>() {
                    return Outcome::Trap(format!("{trap:?}"));
                }
                if error.is::<wasmtime::ThrownException>() {
                    self.store.take_pending_exception();
                    return Outcome::Exception;
                }
                Outcome::Refused("linked or called")
            }
        }
    }

    fn show(&mut self, value: &Val) -> Result<Value, wasmtime::Error> {
        Ok(match value {
            Val::I32(value) => Value::Bits("i32", u128::from(*value as u32)),
            Val::I64(value) => Value::Bits("i64", u128::from(*value as u64)),
            Val::F32(bits) => Value::Bits("f32", u128::from(*bits)),
            Val::F64(bits) => Value::Bits("f64", u128::from(*bits)),
            Val::V128(value) => Value::Bits("v128", value.as_u128()),
            Val::FuncRef(None)
            | Val::ExternRef(None)
            | Val::AnyRef(None)
            | Val::ExnRef(None)
            | Val::ContRef(None) => Value::Null,
            Val::FuncRef(Some(_)) => Value::Reference("func"),
            Val::ExnRef(Some(_)) => Value::Reference("exn"),
            Val::ContRef(Some(_)) => Value::Reference("cont"),
            Val::ExternRef(Some(value)) => {
                let data = value.data(&self.store)?;
                Value::External(data.and_then(|data| data.downcast_ref().copied()))
            }
            Val::AnyRef(Some(value)) => {
                if let Some(number) = value.as_i31(&self.store)? {
                    Value::Bits("i31", u128::from(number.get_u32()))
                } else if value.is_struct(&self.store)? {
                    Value::Reference("struct")
                } else if value.is_array(&self.store)? {
                    Value::Reference("array")
                } else {
                    let external = ExternRef::convert_any(&mut self.store, *value)?;
                    let data = external.data(&self.store)?;
                    Value::External(data.and_then(|data| data.downcast_ref().copied()))
                }
            }
        })
    }

    fn value(&mut self, argument: &Argument) -> Result<Val, String> {
        let external = |value: u32, store: &mut Store<()>| {
            ExternRef::new(store, value).map_err(|e| e.to_string())
        };
        Ok(match *argument {
            Argument::I32(value) => Val::I32(value),
            Argument::I64(value) => Val::I64(value),
            Argument::F32(bits) => Val::F32(bits),
            Argument::F64(bits) => Val::F64(bits),
            Argument::V128(bits) => Val::V128(bits.into()),
            Argument::NullFunction => Val::FuncRef(None),
            Argument::NullExternal => Val::ExternRef(None),
            Argument::NullAny => Val::AnyRef(None),
            Argument::NullException => Val::ExnRef(None),
            Argument::External(value) => Val::ExternRef(Some(external(value, &mut self.store)?)),
            Argument::Host(value) => {
                let value = external(value, &mut self.store)?;
                let any = AnyRef::convert_extern(&mut self.store, value);
                Val::AnyRef(Some(any.map_err(|e| e.to_string())?))
            }
        })
    }
}

/// The module that spec tests import from.
fn spectest(linker: &mut Linker<()>, store: &mut Store<()>) -> wasmtime::Result<()> {
    linker.func_wrap("spectest", "print", || {})?;
    linker.func_wrap("spectest", "print_i32", |_: i32| {})?;
    linker.func_wrap("spectest", "print_i64", |_: i64| {})?;
    linker.func_wrap("spectest", "print_f32", |_: f32| {})?;
    linker.func_wrap("spectest", "print_f64", |_: f64| {})?;
    linker.func_wrap("spectest", "print_i32_f32", |_: i32, _: f32| {})?;
    linker.func_wrap("spectest", "print_f64_f64", |_: f64, _: f64| {})?;
    for (name, ty, value) in [
        ("global_i32", ValType::I32, Val::I32(666)),
        ("global_i64", ValType::I64, Val::I64(666)),
        ("global_f32", ValType::F32, Val::F32(666.6_f32.to_bits())),
        ("global_f64", ValType::F64, Val::F64(666.6_f64.to_bits())),
    ] {
        let global = Global::new(&mut *store, GlobalType::new(ty, Mutability::Const), value)?;
        linker.define(&mut *store, "spectest", name, global)?;
    }
    for (name, ty) in [
        ("table", TableType::new(RefType::FUNCREF, 10, Some(20))),
        ("table64", TableType::new64(RefType::FUNCREF, 10, Some(20))),
    ] {
        let table = Table::new(&mut *store, ty, Ref::Func(None))?;
        linker.define(&mut *store, "spectest", name, table)?;
    }
    let memory = Memory::new(&mut *store, MemoryType::new(1, Some(2)))?;
    linker.define(&mut *store, "spectest", "memory", memory)?;
    let shared = SharedMemory::new(store.engine(), MemoryType::shared(1, 2))?;
    linker.define(&mut *store, "spectest", "shared_memory", shared)?;
    Ok(())
}
