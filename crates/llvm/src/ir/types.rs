//! Types, and the constants that each has.

use super::{Type, TypeKind, Value};
use inkwell::llvm_sys::LLVMTypeKind;
use inkwell::llvm_sys::core::*;
use inkwell::llvm_sys::prelude::*;
use std::marker::PhantomData;

impl<'m> Type<'m> {
    pub(super) fn of(ty: LLVMTypeRef) -> Type<'m> {
        Type(ty, PhantomData)
    }

    pub(crate) fn kind(self) -> TypeKind {
        // SAFETY: width and address space are asked of integers and pointers only.
        unsafe {
            match LLVMGetTypeKind(self.0) {
                LLVMTypeKind::LLVMVoidTypeKind => TypeKind::Void,
                LLVMTypeKind::LLVMIntegerTypeKind => TypeKind::Integer(LLVMGetIntTypeWidth(self.0)),
                LLVMTypeKind::LLVMPointerTypeKind if LLVMGetPointerAddressSpace(self.0) == 0 => {
                    TypeKind::Pointer
                }
                LLVMTypeKind::LLVMFloatTypeKind => TypeKind::Float,
                LLVMTypeKind::LLVMDoubleTypeKind => TypeKind::Double,
                _ => TypeKind::Other,
            }
        }
    }

    pub(super) fn is_function(self) -> bool {
        // SAFETY: any type has a kind.
        unsafe { LLVMGetTypeKind(self.0) == LLVMTypeKind::LLVMFunctionTypeKind }
    }

    /// The parameters of a function type.
    pub(crate) fn parameters(self) -> Vec<Type<'m>> {
        if !self.is_function() {
            return Vec::new();
        }
        // SAFETY: it is a function type, and the list has as many entries as it has parameters.
        unsafe {
            let mut list = vec![std::ptr::null_mut(); LLVMCountParamTypes(self.0) as usize];
            LLVMGetParamTypes(self.0, list.as_mut_ptr());
            list.into_iter().map(Type::of).collect()
        }
    }

    /// What a function type returns.
    pub(crate) fn result(self) -> Type<'m> {
        debug_assert!(self.is_function());
        // SAFETY: it is a function type.
        Type::of(unsafe { LLVMGetReturnType(self.0) })
    }

    pub(crate) fn is_variadic(self) -> bool {
        // SAFETY: asked of function types only.
        self.is_function() && unsafe { LLVMIsFunctionVarArg(self.0) } != 0
    }

    /// A constant of an integer type.
    pub(crate) fn integer(self, value: u64) -> Value<'m> {
        debug_assert!(matches!(self.kind(), TypeKind::Integer(_)));
        // SAFETY: it is an integer type.
        Value::of(unsafe { LLVMConstInt(self.0, value, 0) })
    }

    /// The null pointer of a pointer type.
    pub(crate) fn null(self) -> Value<'m> {
        // SAFETY: any first-class type has a null value.
        Value::of(unsafe { LLVMConstNull(self.0) })
    }

    /// No value in particular.
    pub(crate) fn undefined(self) -> Value<'m> {
        // SAFETY: any first-class type has it.
        Value::of(unsafe { LLVMGetUndef(self.0) })
    }
}

impl std::fmt::Display for Type<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // SAFETY: LLVM gives a string that ends with 0 and is freed once, here, after it was copied.
        unsafe {
            let printed = LLVMPrintTypeToString(self.0);
            let copied = std::ffi::CStr::from_ptr(printed)
                .to_string_lossy()
                .into_owned();
            LLVMDisposeMessage(printed);
            out.write_str(&copied)
        }
    }
}
