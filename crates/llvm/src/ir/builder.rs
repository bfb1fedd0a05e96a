//! Writes instructions.

use super::{Block, Type, TypeKind, Value};
use inkwell::llvm_sys::core::*;
use inkwell::llvm_sys::prelude::*;
use inkwell::llvm_sys::{LLVMInlineAsmDialect, LLVMIntPredicate};
use inkwell::module::Module;

/// The end of every name that LLVM is to choose.
const UNNAMED: *const std::ffi::c_char = c"".as_ptr();

/// Writes instructions into a module.
pub(crate) struct Builder<'m> {
    module: LLVMModuleRef,
    context: LLVMContextRef,
    builder: LLVMBuilderRef,
    lifetime: std::marker::PhantomData<&'m ()>,
}

impl Drop for Builder<'_> {
    fn drop(&mut self) {
        // SAFETY: it was made in `new` and is used nowhere else.
        unsafe { LLVMDisposeBuilder(self.builder) }
    }
}

impl<'m> Builder<'m> {
    pub(crate) fn new(module: &'m Module<'_>) -> Builder<'m> {
        let module = module.as_mut_ptr();
        // SAFETY: the module lives as long as 'm, and its context longer.
        unsafe {
            let context = LLVMGetModuleContext(module);
            Builder {
                module,
                context,
                builder: LLVMCreateBuilderInContext(context),
                lifetime: std::marker::PhantomData,
            }
        }
    }

    /// What comes next stands before `instruction`.
    pub(crate) fn before(&self, instruction: Value<'m>) {
        // SAFETY: it is an instruction in a block.
        unsafe { LLVMPositionBuilderBefore(self.builder, instruction.0) }
    }

    /// What comes next stands at the end of `block`.
    pub(crate) fn at_end(&self, block: Block<'m>) {
        // SAFETY: it is a block of the module.
        unsafe { LLVMPositionBuilderAtEnd(self.builder, block.0) }
    }

    /// What comes next has the source position of `call`; in a function with debug data it has one even
    /// where `call` has none, for the verifier wants that of calls.
    pub(crate) fn locate(&self, call: Value<'m>) {
        // SAFETY: `call` is an instruction in a function; null takes the position away.
        unsafe {
            let location = super::debug::location_or_line_0(self.context, call.0);
            LLVMSetCurrentDebugLocation2(self.builder, location);
        }
    }

    /// What comes next has no source position.
    pub(crate) fn unlocate(&self) {
        // SAFETY: null takes the position away.
        unsafe { LLVMSetCurrentDebugLocation2(self.builder, std::ptr::null_mut()) }
    }

    pub(crate) fn integer_type(&self, bits: u32) -> Type<'m> {
        // SAFETY: the context lives.
        Type::of(unsafe { LLVMIntTypeInContext(self.context, bits) })
    }

    pub(crate) fn pointer_type(&self) -> Type<'m> {
        // SAFETY: the context lives.
        Type::of(unsafe { LLVMPointerTypeInContext(self.context, 0) })
    }

    /// Adds an internal function of the type of `like`, with one empty block.
    pub(crate) fn add_function_like(&self, like: Value<'m>, name: &str) -> (Value<'m>, Block<'m>) {
        let ty = like.function_type();
        let name = std::ffi::CString::new(name).unwrap_or_default();
        // SAFETY: the type is that of a function.
        let function = unsafe {
            let function = LLVMAddFunction(self.module, name.as_ptr(), ty.0);
            LLVMSetFunctionCallConv(function, like.calling_convention());
            Value::of(function)
        };
        function.make_internal();
        function.copy_value_attributes(like);
        (function, self.add_block(function))
    }

    /// Adds an empty block to a function.
    pub(crate) fn add_block(&self, function: Value<'m>) -> Block<'m> {
        debug_assert!(function.is_function());
        // SAFETY: it is a function.
        Block::of(unsafe { LLVMAppendBasicBlockInContext(self.context, function.0, UNNAMED) })
    }

    /// Declares `void name(parameters...)`.
    pub(crate) fn declare(&self, name: &str, parameters: &[Type<'m>]) -> Value<'m> {
        let mut parameters: Vec<_> = parameters.iter().map(|ty| ty.0).collect();
        let name = std::ffi::CString::new(name).unwrap_or_default();
        // SAFETY: the types are of this context, and the list is as long as said.
        unsafe {
            let void = LLVMVoidTypeInContext(self.context);
            let count = parameters.len() as u32;
            let ty = LLVMFunctionType(void, parameters.as_mut_ptr(), count, 0);
            Value::of(LLVMAddFunction(self.module, name.as_ptr(), ty))
        }
    }

    /// A call of `function`. It belongs to the same exception handler as `beside`, the call that it is for.
    pub(crate) fn call(
        &self,
        function: Value<'m>,
        arguments: &[Value<'m>],
        beside: Option<Value<'m>>,
    ) -> Value<'m> {
        let ty = function.function_type();
        let call = self.call_of(ty, function.0, arguments, beside);
        // SAFETY: it is a call, which must have the convention of what it calls.
        unsafe { LLVMSetInstructionCallConv(call.0, function.calling_convention()) };
        call
    }

    /// Keeps the optimiser from removing the allocation that gave `pointer`: what is counted is made.
    pub(crate) fn keep(&self, pointer: Value<'m>, beside: Option<Value<'m>>) {
        let mut parameters = [pointer.ty().0];
        let constraint = c"r";
        // SAFETY: the strings are as long as said; the type fits the one operand.
        let (ty, assembly) = unsafe {
            let void = LLVMVoidTypeInContext(self.context);
            let ty = LLVMFunctionType(void, parameters.as_mut_ptr(), 1, 0);
            let dialect = LLVMInlineAsmDialect::LLVMInlineAsmDialectATT;
            let (text, constraint) = (UNNAMED, constraint.as_ptr());
            (
                ty,
                LLVMGetInlineAsm(ty, text, 0, constraint, 1, 1, 0, dialect, 0),
            )
        };
        let call = self.call_of(Type::of(ty), assembly, &[pointer], beside);
        // Nothing is thrown, and no memory is touched.
        // SAFETY: it is a call, and both are attributes of functions.
        unsafe {
            let index = inkwell::llvm_sys::LLVMAttributeFunctionIndex;
            let nounwind = LLVMCreateEnumAttribute(self.context, super::kind_of("nounwind"), 0);
            LLVMAddCallSiteAttribute(call.0, index, nounwind);
        }
    }

    fn call_of(
        &self,
        ty: Type<'m>,
        callee: LLVMValueRef,
        arguments: &[Value<'m>],
        beside: Option<Value<'m>>,
    ) -> Value<'m> {
        let mut arguments: Vec<_> = arguments.iter().map(|value| value.0).collect();
        let mut bundles = beside.map_or(Vec::new(), funclets);
        // SAFETY: the callee has that type, the caller gives its arguments, and the lists are as long as said.
        unsafe {
            let call = LLVMBuildCallWithOperandBundles(
                self.builder,
                ty.0,
                callee,
                arguments.as_mut_ptr(),
                arguments.len() as u32,
                bundles.as_mut_ptr(),
                bundles.len() as u32,
                UNNAMED,
            );
            for bundle in bundles {
                LLVMDisposeOperandBundle(bundle);
            }
            Value::of(call)
        }
    }

    /// An integer or pointer as an unsigned integer of type `ty`.
    pub(crate) fn to_integer(&self, value: Value<'m>, ty: Type<'m>) -> Value<'m> {
        // SAFETY: the kinds fit the cast.
        Value::of(unsafe {
            match value.ty().kind() {
                TypeKind::Pointer => LLVMBuildPtrToInt(self.builder, value.0, ty.0, UNNAMED),
                _ => LLVMBuildIntCast2(self.builder, value.0, ty.0, 0, UNNAMED),
            }
        })
    }

    /// An integer as a pointer.
    pub(crate) fn to_pointer(&self, value: Value<'m>) -> Value<'m> {
        let ty = self.pointer_type();
        // SAFETY: the value is an integer.
        Value::of(unsafe { LLVMBuildIntToPtr(self.builder, value.0, ty.0, UNNAMED) })
    }

    pub(crate) fn multiply(&self, a: Value<'m>, b: Value<'m>) -> Value<'m> {
        debug_assert!(a.ty() == b.ty());
        // SAFETY: both are integers of one type.
        Value::of(unsafe { LLVMBuildMul(self.builder, a.0, b.0, UNNAMED) })
    }

    pub(crate) fn add(&self, a: Value<'m>, b: Value<'m>) -> Value<'m> {
        debug_assert!(a.ty() == b.ty());
        // SAFETY: both are integers of one type.
        Value::of(unsafe { LLVMBuildAdd(self.builder, a.0, b.0, UNNAMED) })
    }

    pub(crate) fn divide(&self, a: Value<'m>, b: Value<'m>) -> Value<'m> {
        debug_assert!(a.ty() == b.ty());
        // SAFETY: both are integers of one type.
        Value::of(unsafe { LLVMBuildUDiv(self.builder, a.0, b.0, UNNAMED) })
    }

    pub(crate) fn is_zero(&self, value: Value<'m>) -> Value<'m> {
        let zero = value.ty().null();
        // SAFETY: both are integers of one type.
        let equal = LLVMIntPredicate::LLVMIntEQ;
        Value::of(unsafe { LLVMBuildICmp(self.builder, equal, value.0, zero.0, UNNAMED) })
    }

    pub(crate) fn select(&self, condition: Value<'m>, a: Value<'m>, b: Value<'m>) -> Value<'m> {
        debug_assert!(a.ty() == b.ty());
        // SAFETY: the condition is of one bit, and both are of one type.
        Value::of(unsafe { LLVMBuildSelect(self.builder, condition.0, a.0, b.0, UNNAMED) })
    }

    pub(crate) fn give_back(&self, value: Option<Value<'m>>) {
        // SAFETY: the block that is written has no end yet.
        unsafe {
            match value {
                Some(value) => LLVMBuildRet(self.builder, value.0),
                None => LLVMBuildRetVoid(self.builder),
            }
        };
    }

    /// A block before `block` that goes on to it, and stands between it and `invoke`:
    ///
    /// ```llvm
    ///   invoke void @f() to label %split unwind label %pad    ; was: to label %block
    /// split:
    ///   br label %block
    /// block:
    ///   %x = phi i32 [ 1, %split ], [ 2, %other ]              ; was: [ 1, %from ]
    /// ```
    ///
    /// The branch is returned.
    pub(crate) fn split_edge(&self, invoke: Value<'m>, block: Block<'m>) -> Value<'m> {
        let from = invoke.block();
        // SAFETY: `block` is a block in a function.
        let split =
            Block::of(unsafe { LLVMInsertBasicBlockInContext(self.context, block.0, UNNAMED) });
        self.at_end(split);
        // SAFETY: as above.
        let branch = Value::of(unsafe { LLVMBuildBr(self.builder, block.0) });
        invoke.set_normal_destination(split);
        let phis = block.instructions().into_iter().take_while(|i| i.is_phi());
        for phi in phis.collect::<Vec<_>>() {
            self.before(phi);
            self.rebuild(phi, from, split);
        }
        branch
    }

    /// LLVM's C interface cannot change where a phi's value comes from: it is made anew.
    fn rebuild(&self, phi: Value<'m>, from: Block<'m>, to: Block<'m>) {
        let name = phi.name();
        let incoming = phi
            .incoming()
            .into_iter()
            .map(|(value, block)| (value.0, if block == from { to.0 } else { block.0 }));
        let (mut values, mut blocks): (Vec<_>, Vec<_>) = incoming.unzip();
        // SAFETY: types, and values by block, are those of the phi that it replaces.
        let rebuilt = unsafe {
            let rebuilt = LLVMBuildPhi(self.builder, phi.ty().0, UNNAMED);
            let (values_at, blocks_at) = (values.as_mut_ptr(), blocks.as_mut_ptr());
            LLVMAddIncoming(rebuilt, values_at, blocks_at, values.len() as u32);
            if LLVMCanValueUseFastMathFlags(phi.0) != 0 {
                LLVMSetFastMathFlags(rebuilt, LLVMGetFastMathFlags(phi.0));
            }
            super::debug::copy_location(phi.0, rebuilt);
            Value::of(rebuilt)
        };
        phi.replace_and_erase(rebuilt);
        rebuilt.set_name(&name);
    }
}

/// The `funclet` bundle of a call, which every call in the same exception handler has.
fn funclets(call: Value<'_>) -> Vec<LLVMOperandBundleRef> {
    let mut funclets = Vec::new();
    // SAFETY: it is a call, asked only for the bundles that it has; each is disposed of here or by who takes it.
    unsafe {
        for at in 0..LLVMGetNumOperandBundles(call.0) {
            let bundle = LLVMGetOperandBundleAtIndex(call.0, at);
            let mut length = 0;
            let tag = LLVMGetOperandBundleTag(bundle, &mut length);
            if super::text(tag, length) == "funclet" {
                funclets.push(bundle);
            } else {
                LLVMDisposeOperandBundle(bundle);
            }
        }
    }
    funclets
}
