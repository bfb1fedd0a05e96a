//! What can be asked of functions, globals, instructions and constants, and what can be done to them.

use super::{Block, CallKind, Place, Type, TypeKind, Value, kind_of, list, text};
use inkwell::llvm_sys::core::*;
use inkwell::llvm_sys::prelude::*;
use inkwell::llvm_sys::{LLVMAttributeFunctionIndex, LLVMLinkage, LLVMOpcode, LLVMTailCallKind};
use std::marker::PhantomData;

impl<'m> Value<'m> {
    pub(super) fn of(value: LLVMValueRef) -> Value<'m> {
        Value(value, PhantomData)
    }

    pub(super) fn some(value: LLVMValueRef) -> Option<Value<'m>> {
        (!value.is_null()).then_some(Value::of(value))
    }

    /// The name, without the mark by which LLVM leaves it to the assembler as it is.
    pub(crate) fn name(self) -> String {
        let mut length = 0;
        // SAFETY: any value has a name, empty where there is none.
        let start = unsafe { LLVMGetValueName2(self.0, &mut length) };
        let name = text(start, length);
        match name.strip_prefix('\u{1}') {
            Some(literal) => literal.to_owned(),
            None => name,
        }
    }

    pub(crate) fn set_name(self, name: &str) {
        // SAFETY: the bytes are copied.
        unsafe { LLVMSetValueName2(self.0, name.as_ptr().cast(), name.len()) }
    }

    pub(crate) fn ty(self) -> Type<'m> {
        // SAFETY: any value has a type.
        Type::of(unsafe { LLVMTypeOf(self.0) })
    }

    pub(crate) fn is_function(self) -> bool {
        // SAFETY: the C function looks at the kind of any value.
        unsafe { !LLVMIsAFunction(self.0).is_null() }
    }

    pub(crate) fn is_global(self) -> bool {
        // SAFETY: as above.
        unsafe { !LLVMIsAGlobalVariable(self.0).is_null() }
    }

    /// The function that an alias stands for, or the function itself.
    pub(crate) fn resolved(self) -> Value<'m> {
        let mut value = self;
        // An alias of itself is invalid, but may be written.
        for _ in 0..64 {
            // SAFETY: the kind is looked at before the aliasee is asked for.
            match unsafe { LLVMIsAGlobalAlias(value.0) } {
                alias if alias.is_null() => break,
                // SAFETY: it is an alias.
                alias => match Value::some(unsafe { LLVMAliasGetAliasee(alias) }) {
                    Some(aliasee) => value = aliasee,
                    None => break,
                },
            }
        }
        value
    }

    /// Makes the alias stand for `aliasee`.
    pub(crate) fn set_aliasee(self, aliasee: Value<'m>) {
        // SAFETY: the kind is looked at.
        if unsafe { !LLVMIsAGlobalAlias(self.0).is_null() } {
            // SAFETY: it is an alias, and what it stands for is a constant of the same type.
            unsafe { LLVMAliasSetAliasee(self.0, aliasee.0) }
        }
    }

    /// Whether the function is one of LLVM's own.
    pub(crate) fn is_intrinsic(self) -> bool {
        // SAFETY: asked of functions only.
        self.is_function() && unsafe { LLVMGetIntrinsicID(self.0) } != 0
    }

    pub(crate) fn is_declaration(self) -> bool {
        // SAFETY: asked of functions and globals only.
        (self.is_function() || self.is_global()) && unsafe { LLVMIsDeclaration(self.0) } != 0
    }

    /// Whether another module can name it.
    pub(crate) fn is_visible(self) -> bool {
        let local = |linkage| {
            matches!(
                linkage,
                LLVMLinkage::LLVMInternalLinkage | LLVMLinkage::LLVMPrivateLinkage
            )
        };
        // SAFETY: asked of functions and globals only.
        (self.is_function() || self.is_global()) && !local(unsafe { LLVMGetLinkage(self.0) })
    }

    /// Makes it invisible to other modules.
    pub(crate) fn make_internal(self) {
        if self.is_function() || self.is_global() {
            // SAFETY: it is a global value.
            unsafe { LLVMSetLinkage(self.0, LLVMLinkage::LLVMInternalLinkage) }
        }
    }

    /// The type of a function, as opposed to that of its address.
    pub(crate) fn function_type(self) -> Type<'m> {
        debug_assert!(self.is_function());
        // SAFETY: functions are global values.
        Type::of(unsafe { LLVMGlobalGetValueType(self.0) })
    }

    pub(crate) fn calling_convention(self) -> u32 {
        // SAFETY: asked of functions only.
        if self.is_function() {
            unsafe { LLVMGetFunctionCallConv(self.0) }
        } else {
            0
        }
    }

    pub(crate) fn parameter(self, at: u32) -> Value<'m> {
        debug_assert!(
            self.is_function() && (at as usize) < self.function_type().parameters().len()
        );
        // SAFETY: the function has that parameter.
        Value::of(unsafe { LLVMGetParam(self.0, at) })
    }

    pub(crate) fn blocks(self) -> Vec<Block<'m>> {
        if !self.is_function() {
            return Vec::new();
        }
        // SAFETY: it is a function.
        let first = unsafe { LLVMGetFirstBasicBlock(self.0) };
        // SAFETY: every element is a block of it.
        list(first, |b| unsafe { LLVMGetNextBasicBlock(b) })
            .map(Block::of)
            .collect()
    }

    /// The integer that an attribute of a function has, 0 for one that has none.
    pub(crate) fn attribute(self, place: Place, name: &str) -> Option<u64> {
        if !self.is_function() {
            return None;
        }
        // SAFETY: it is a function; an attribute that is not there is null.
        unsafe {
            let found = LLVMGetEnumAttributeAtIndex(self.0, place.index(), kind_of(name));
            (!found.is_null()).then(|| LLVMGetEnumAttributeValue(found))
        }
    }

    /// Whether a function has a string attribute.
    pub(crate) fn has_string_attribute(self, name: &str) -> bool {
        // SAFETY: asked of functions only; the bytes are only compared.
        self.is_function()
            && unsafe {
                !LLVMGetStringAttributeAtIndex(
                    self.0,
                    LLVMAttributeFunctionIndex,
                    name.as_ptr().cast(),
                    name.len() as u32,
                )
                .is_null()
            }
    }

    /// Takes an attribute from a function, or from a call as what it says of its callee.
    pub(crate) fn remove_attribute(self, name: &str) {
        if self.is_function() {
            // SAFETY: it is a function; one that is not there is no error.
            unsafe {
                LLVMRemoveEnumAttributeAtIndex(self.0, LLVMAttributeFunctionIndex, kind_of(name))
            }
        } else if self.call_kind().is_some() {
            // SAFETY: it is a call.
            unsafe {
                LLVMRemoveCallSiteEnumAttribute(self.0, LLVMAttributeFunctionIndex, kind_of(name))
            }
        }
    }

    /// Whether a call, by itself, has an attribute.
    pub(crate) fn call_has(self, place: Place, name: &str) -> bool {
        // SAFETY: asked of calls only.
        self.call_kind().is_some()
            && unsafe {
                !LLVMGetCallSiteEnumAttribute(self.0, place.index(), kind_of(name)).is_null()
            }
    }

    /// Copies the attributes of parameters and result, which belong to the calling convention.
    pub(crate) fn copy_value_attributes(self, from: Value<'m>) {
        debug_assert!(self.is_function() && from.is_function());
        for index in 0..=from.function_type().parameters().len() as u32 {
            // SAFETY: both are functions, and the list has as many entries as LLVM says.
            unsafe {
                let count = LLVMGetAttributeCountAtIndex(from.0, index);
                let mut list = vec![std::ptr::null_mut(); count as usize];
                LLVMGetAttributesAtIndex(from.0, index, list.as_mut_ptr());
                for attribute in list {
                    LLVMAddAttributeAtIndex(self.0, index, attribute);
                }
            }
        }
    }

    pub(crate) fn call_kind(self) -> Option<CallKind> {
        // SAFETY: the opcode is asked of instructions only.
        unsafe {
            if LLVMIsAInstruction(self.0).is_null() {
                return None;
            }
            match LLVMGetInstructionOpcode(self.0) {
                LLVMOpcode::LLVMCall => Some(CallKind::Call),
                LLVMOpcode::LLVMInvoke => Some(CallKind::Invoke),
                LLVMOpcode::LLVMCallBr => Some(CallKind::Branch),
                _ => None,
            }
        }
    }

    pub(crate) fn is_unreachable(self) -> bool {
        // SAFETY: the C function looks at the kind of any value.
        unsafe { !LLVMIsAUnreachableInst(self.0).is_null() }
    }

    pub(crate) fn is_phi(self) -> bool {
        // SAFETY: as above.
        unsafe { !LLVMIsAPHINode(self.0).is_null() }
    }

    pub(super) fn is_inline_asm(self) -> bool {
        // SAFETY: as above.
        unsafe { !LLVMIsAInlineAsm(self.0).is_null() }
    }

    pub(crate) fn is_instruction(self) -> bool {
        // SAFETY: the C function looks at the kind of any value.
        unsafe { !LLVMIsAInstruction(self.0).is_null() }
    }

    /// What a call calls, and with which type; `None` for inline assembly.
    pub(crate) fn callee(self) -> Option<(Value<'m>, Type<'m>)> {
        self.call_kind()?;
        // SAFETY: it is a call.
        let (callee, ty) = unsafe {
            (
                Value::of(LLVMGetCalledValue(self.0)),
                Type::of(LLVMGetCalledFunctionType(self.0)),
            )
        };
        (!callee.is_inline_asm()).then_some((callee, ty))
    }

    /// The arguments of a call, those beyond its parameters included.
    pub(crate) fn arguments(self) -> Vec<Value<'m>> {
        if self.call_kind().is_none() {
            return Vec::new();
        }
        // SAFETY: it is a call, whose arguments are its first operands.
        unsafe {
            (0..LLVMGetNumArgOperands(self.0))
                .map(|at| Value::of(LLVMGetOperand(self.0, at)))
                .collect()
        }
    }

    /// The value of an integer constant of at most 64 bits.
    pub(crate) fn constant(self) -> Option<u64> {
        // SAFETY: the kind and width are looked at first.
        unsafe {
            let is_short = matches!(self.ty().kind(), TypeKind::Integer(bits) if bits <= 64);
            (is_short && !LLVMIsAConstantInt(self.0).is_null())
                .then(|| LLVMConstIntGetZExtValue(self.0))
        }
    }

    pub(crate) fn is_must_tail(self) -> bool {
        // SAFETY: asked of calls only; an invoke has no such mark.
        self.call_kind() == Some(CallKind::Call)
            && unsafe { LLVMGetTailCallKind(self.0) } == LLVMTailCallKind::LLVMTailCallKindMustTail
    }

    /// Lets something stand between a tail call and the return.
    pub(crate) fn make_plain_call(self) {
        if self.call_kind() == Some(CallKind::Call) {
            // SAFETY: it is a call.
            unsafe { LLVMSetTailCallKind(self.0, LLVMTailCallKind::LLVMTailCallKindNone) }
        }
    }

    pub(crate) fn next(self) -> Option<Value<'m>> {
        // SAFETY: asked of instructions only; the last has none.
        unsafe {
            if LLVMIsAInstruction(self.0).is_null() {
                return None;
            }
            Value::some(LLVMGetNextInstruction(self.0))
        }
    }

    /// The block of an instruction.
    pub(crate) fn block(self) -> Block<'m> {
        // SAFETY: instructions of a module are in blocks.
        unsafe {
            debug_assert!(!LLVMIsAInstruction(self.0).is_null());
            Block::of(LLVMGetInstructionParent(self.0))
        }
    }

    /// Where an invoke goes on when nothing was thrown.
    pub(crate) fn normal_destination(self) -> Option<Block<'m>> {
        // SAFETY: it is an invoke.
        (self.call_kind() == Some(CallKind::Invoke))
            .then(|| Block::of(unsafe { LLVMGetNormalDest(self.0) }))
    }

    pub(crate) fn set_normal_destination(self, block: Block<'m>) {
        if self.call_kind() == Some(CallKind::Invoke) {
            // SAFETY: it is an invoke.
            unsafe { LLVMSetNormalDest(self.0, block.0) }
        }
    }

    /// Values and blocks that a phi chooses from.
    pub(crate) fn incoming(self) -> Vec<(Value<'m>, Block<'m>)> {
        if !self.is_phi() {
            return Vec::new();
        }
        // SAFETY: it is a phi, and asked only for what it has.
        unsafe {
            (0..LLVMCountIncoming(self.0))
                .map(|at| {
                    (
                        Value::of(LLVMGetIncomingValue(self.0, at)),
                        Block::of(LLVMGetIncomingBlock(self.0, at)),
                    )
                })
                .collect()
        }
    }

    /// Puts `other` in the place of an instruction, which is gone afterwards.
    pub(crate) fn replace_and_erase(self, other: Value<'m>) {
        debug_assert!(self.ty() == other.ty());
        // SAFETY: both are of one type; nothing refers to the instruction any more when it is erased,
        // and the caller gives it up.
        unsafe {
            LLVMReplaceAllUsesWith(self.0, other.0);
            LLVMInstructionEraseFromParent(self.0);
        }
    }

    /// Puts `other` in the place of a function wherever it is named.
    pub(crate) fn replace_uses(self, other: Value<'m>) {
        debug_assert!(self.ty() == other.ty());
        // SAFETY: both are of one type.
        unsafe { LLVMReplaceAllUsesWith(self.0, other.0) }
    }

    /// Makes a call call `function`, which is of the same type.
    pub(crate) fn set_callee(self, function: Value<'m>) {
        if self.call_kind().is_some() {
            // SAFETY: the callee is the last operand of every call.
            unsafe {
                let last = LLVMGetNumOperands(self.0) as u32 - 1;
                LLVMSetOperand(self.0, last, function.0);
            }
        }
    }

    /// Who uses a function or global, and whether as what is called.
    pub(crate) fn uses(self) -> Vec<(Value<'m>, bool)> {
        // SAFETY: the list of uses is walked without changing it; the callee is a call's last operand.
        unsafe {
            list(LLVMGetFirstUse(self.0), |u| LLVMGetNextUse(u))
                .map(|used| {
                    let user = Value::of(LLVMGetUser(used));
                    let is_callee = user.call_kind().is_some() && {
                        let last = LLVMGetNumOperands(user.0) as u32 - 1;
                        LLVMGetOperandUse(user.0, last) == used
                    };
                    (user, is_callee)
                })
                .collect()
        }
    }

    /// Whether it is the address of a block in a function.
    pub(crate) fn is_block_address(self) -> bool {
        // SAFETY: the C function looks at the kind of any value.
        unsafe { !LLVMIsABlockAddress(self.0).is_null() }
    }
}
