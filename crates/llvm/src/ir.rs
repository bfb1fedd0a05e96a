//! LLVM values where inkwell has no function for them, or panics on what it does not know: aliases, metadata
//! operands, invokes' edges, operand bundles.
//!
//! All `unsafe` code of this crate is here and in the files of this directory: a reference into a module carries
//! the module's lifetime, and each wrapper checks the kind of value that the C function behind it wants.
#![allow(
    unsafe_code,
    reason = "the one place where the C interface of LLVM is called"
)]

mod builder;
mod debug;
mod types;
mod value;

pub(crate) use builder::Builder;
pub(crate) use debug::{Location, Scope};

use inkwell::llvm_sys::core::*;
use inkwell::llvm_sys::linker::LLVMLinkModules2;
use inkwell::llvm_sys::prelude::*;
use inkwell::llvm_sys::{LLVMAttributeFunctionIndex, LLVMAttributeReturnIndex};
use inkwell::module::Module;
use std::marker::PhantomData;

/// A value of a module: a function, a global, an instruction, a constant, an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Value<'m>(LLVMValueRef, PhantomData<&'m ()>);

/// A type of a module's context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Type<'m>(LLVMTypeRef, PhantomData<&'m ()>);

/// A basic block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block<'m>(LLVMBasicBlockRef, PhantomData<&'m ()>);

/// What stands at a place where something may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallKind {
    Call,
    Invoke,
    /// `callbr`, which only inline assembly uses.
    Branch,
}

/// What a type is, as far as sizes and signatures care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TypeKind {
    Void,
    Integer(u32),
    Pointer,
    Float,
    Double,
    Other,
}

/// Where an attribute stands.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    Function,
    Return,
}

impl Place {
    fn index(self) -> u32 {
        match self {
            Place::Function => LLVMAttributeFunctionIndex,
            Place::Return => LLVMAttributeReturnIndex,
        }
    }
}

/// Iterates over one of LLVM's linked lists.
fn list<T>(first: *mut T, next: impl Fn(*mut T) -> *mut T) -> impl Iterator<Item = *mut T> {
    std::iter::successors((!first.is_null()).then_some(first), move |&at| {
        let at = next(at);
        (!at.is_null()).then_some(at)
    })
}

/// Bytes that LLVM gives as pointer and length, as text.
fn text(start: *const std::ffi::c_char, length: usize) -> String {
    if start.is_null() {
        return String::new();
    }
    // SAFETY: LLVM gives a pointer to `length` bytes that live as long as the module; they are copied here.
    let bytes = unsafe { std::slice::from_raw_parts(start.cast::<u8>(), length) };
    String::from_utf8_lossy(bytes).into_owned()
}

/// All functions of a module, in its order.
pub(crate) fn functions<'m>(module: &'m Module<'_>) -> impl Iterator<Item = Value<'m>> {
    // SAFETY: the module lives as long as 'm.
    let first = unsafe { LLVMGetFirstFunction(module.as_mut_ptr()) };
    // SAFETY: every element is a function of the module.
    list(first, |f| unsafe { LLVMGetNextFunction(f) }).map(Value::of)
}

/// The function of that name.
pub(crate) fn function<'m>(module: &'m Module<'_>, name: &str) -> Option<Value<'m>> {
    functions(module).find(|f| f.name() == name)
}

/// All global variables of a module.
pub(crate) fn globals<'m>(module: &'m Module<'_>) -> impl Iterator<Item = Value<'m>> {
    // SAFETY: the module lives as long as 'm, and every element is a global of it.
    let first = unsafe { LLVMGetFirstGlobal(module.as_mut_ptr()) };
    // SAFETY: as above.
    list(first, |g| unsafe { LLVMGetNextGlobal(g) }).map(Value::of)
}

/// The global variable of that name.
pub(crate) fn global<'m>(module: &'m Module<'_>, name: &str) -> Option<Value<'m>> {
    globals(module).find(|g| g.name() == name)
}

/// All aliases of a module.
pub(crate) fn aliases<'m>(module: &'m Module<'_>) -> impl Iterator<Item = Value<'m>> {
    // SAFETY: the module lives as long as 'm, and every element is an alias of it.
    let first = unsafe { LLVMGetFirstGlobalAlias(module.as_mut_ptr()) };
    // SAFETY: as above.
    list(first, |a| unsafe { LLVMGetNextGlobalAlias(a) }).map(Value::of)
}

/// Moves everything of `from` into `into`. What cannot be linked ends the process, as LLVM does by itself.
pub(crate) fn link(into: &Module<'_>, from: Module<'_>) -> bool {
    let from_ref = from.as_mut_ptr();
    // LLVM destroys the module that it takes.
    std::mem::forget(from);
    // SAFETY: both are modules of one context; the second is not used any more.
    unsafe { LLVMLinkModules2(into.as_mut_ptr(), from_ref) == 0 }
}

/// The strings in the named metadata `name`, such as `llvm.ident`.
pub(crate) fn named_strings(module: &Module<'_>, name: &str) -> Vec<String> {
    let nodes = module.get_global_metadata(name);
    let values = nodes
        .into_iter()
        .filter_map(|node| node.get_node_values())
        .flatten();
    values
        .filter(|value| value.is_metadata_value())
        .filter_map(|value| {
            let value = value.into_metadata_value();
            let bytes = value.get_string_value()?;
            Some(String::from_utf8_lossy(bytes).into_owned())
        })
        .collect()
}

/// The number of an attribute.
fn kind_of(name: &str) -> u32 {
    // SAFETY: the bytes are only compared.
    let kind = unsafe { LLVMGetEnumAttributeKindForName(name.as_ptr().cast(), name.len()) };
    debug_assert!(kind != 0, "{name} is an attribute");
    kind
}

impl<'m> Block<'m> {
    pub(super) fn of(block: LLVMBasicBlockRef) -> Block<'m> {
        Block(block, PhantomData)
    }

    pub(crate) fn instructions(self) -> Vec<Value<'m>> {
        // SAFETY: every element is an instruction of the block.
        unsafe {
            list(LLVMGetFirstInstruction(self.0), |i| {
                LLVMGetNextInstruction(i)
            })
            .map(Value::of)
            .collect()
        }
    }
}
