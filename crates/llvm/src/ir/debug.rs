//! Debug data: source positions and the functions they are in.

use super::{Value, text};
use inkwell::llvm_sys::core::*;
use inkwell::llvm_sys::debuginfo::*;
use inkwell::llvm_sys::prelude::*;
use std::marker::PhantomData;

/// A `DILocation`.
#[derive(Clone, Copy)]
pub(crate) struct Location<'m>(LLVMMetadataRef, PhantomData<&'m ()>);

/// What a position is in: a function, a block of it, or what contains a function.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Scope<'m>(LLVMMetadataRef, LLVMContextRef, PhantomData<&'m ()>);

/// Operands of the metadata nodes that LLVM's C interface has no function for (`DebugInfoMetadata.h`: `getOperand`
/// in the accessors of `DIScope`, `DISubprogram`, `DINamespace` and `DICompositeType`).
mod operand {
    pub(super) const SCOPE: usize = 1;
    pub(super) const NAME: usize = 2;
    pub(super) const LINKAGE_NAME: usize = 3;
}

impl<'m> Value<'m> {
    /// The source position of an instruction.
    pub(crate) fn location(self) -> Option<Location<'m>> {
        // SAFETY: asked of instructions only; one without position gives null.
        unsafe {
            if LLVMIsAInstruction(self.0).is_null() {
                return None;
            }
            Location::some(LLVMInstructionGetDebugLoc(self.0))
        }
    }

    /// What debug data says of a function.
    pub(crate) fn subprogram(self) -> Option<Scope<'m>> {
        if !self.is_function() {
            return None;
        }
        // SAFETY: it is a function of a module, whose context lives as long.
        unsafe {
            let context = LLVMGetModuleContext(LLVMGetGlobalParent(self.0));
            Scope::some(LLVMGetSubprogram(self.0), context)
        }
    }
}

impl<'m> Location<'m> {
    fn some(location: LLVMMetadataRef) -> Option<Location<'m>> {
        (!location.is_null()).then_some(Location(location, PhantomData))
    }

    pub(crate) fn line(self) -> u32 {
        // SAFETY: it is a location.
        unsafe { LLVMDILocationGetLine(self.0) }
    }

    pub(crate) fn column(self) -> u32 {
        // SAFETY: it is a location.
        unsafe { LLVMDILocationGetColumn(self.0) }
    }

    /// What it is in; `of` is any value of the module.
    pub(crate) fn scope(self, of: Value<'m>) -> Option<Scope<'m>> {
        debug_assert!(of.is_function());
        // SAFETY: it is a location; `of` is a function of a module.
        unsafe {
            let context = LLVMGetModuleContext(LLVMGetGlobalParent(of.0));
            Scope::some(LLVMDILocationGetScope(self.0), context)
        }
    }

    /// Where the function that it is in was inlined.
    pub(crate) fn inlined_at(self) -> Option<Location<'m>> {
        // SAFETY: it is a location.
        Location::some(unsafe { LLVMDILocationGetInlinedAt(self.0) })
    }
}

impl<'m> Scope<'m> {
    fn some(scope: LLVMMetadataRef, context: LLVMContextRef) -> Option<Scope<'m>> {
        (!scope.is_null()).then_some(Scope(scope, context, PhantomData))
    }

    fn kind(self) -> LLVMMetadataKind {
        // SAFETY: it is metadata.
        unsafe { LLVMGetMetadataKind(self.0) }
    }

    /// The operand of a node, where it has one.
    fn operand(self, at: usize) -> Option<LLVMValueRef> {
        // SAFETY: scopes are nodes, and the list has as many entries as the node has operands.
        unsafe {
            let node = LLVMMetadataAsValue(self.1, self.0);
            let count = LLVMGetMDNodeNumOperands(node) as usize;
            if at >= count {
                return None;
            }
            let mut operands = vec![std::ptr::null_mut(); count];
            LLVMGetMDNodeOperands(node, operands.as_mut_ptr());
            (!operands[at].is_null()).then_some(operands[at])
        }
    }

    fn string(self, at: usize) -> Option<String> {
        let operand = self.operand(at)?;
        let mut length = 0;
        // SAFETY: it is a metadata value; what is no string gives null.
        let start = unsafe { LLVMGetMDString(operand, &mut length) };
        (!start.is_null() && length > 0).then(|| text(start, length as usize))
    }

    fn parent(self) -> Option<Scope<'m>> {
        let operand = self.operand(operand::SCOPE)?;
        // SAFETY: the operand of a node is a value that wraps metadata.
        Scope::some(unsafe { LLVMValueAsMetadata(operand) }, self.1)
    }

    /// The function that a position is in.
    pub(crate) fn enclosing_function(self) -> Option<Scope<'m>> {
        let mut scope = self;
        // Scopes nest as deeply as the source; one that contains itself is invalid.
        for _ in 0..10_000 {
            match scope.kind() {
                LLVMMetadataKind::LLVMDISubprogramMetadataKind => return Some(scope),
                LLVMMetadataKind::LLVMDILexicalBlockMetadataKind
                | LLVMMetadataKind::LLVMDILexicalBlockFileMetadataKind => scope = scope.parent()?,
                _ => return None,
            }
        }
        None
    }

    /// The linkage name of a function, or the names of what contains it and its own.
    pub(crate) fn function_name(self) -> Option<String> {
        if let Some(linkage_name) = self.string(operand::LINKAGE_NAME) {
            return Some(linkage_name);
        }
        let mut name = self.string(operand::NAME)?;
        let mut scope = self;
        for _ in 0..1_000 {
            let Some(parent) = scope.parent() else { break };
            let is_named = matches!(
                parent.kind(),
                LLVMMetadataKind::LLVMDINamespaceMetadataKind
                    | LLVMMetadataKind::LLVMDICompositeTypeMetadataKind
            );
            if !is_named {
                break;
            }
            if let Some(outer) = parent.string(operand::NAME) {
                name = format!("{outer}::{name}");
            }
            scope = parent;
        }
        Some(name)
    }

    /// Directory and name of the file that it is in.
    pub(crate) fn file(self) -> Option<(String, String)> {
        // SAFETY: the file is asked of scopes only; LLVM gives pointers and lengths.
        unsafe {
            let file = LLVMDIScopeGetFile(self.0);
            if file.is_null() {
                return None;
            }
            let (mut directory_length, mut name_length) = (0, 0);
            let directory = LLVMDIFileGetDirectory(file, &mut directory_length);
            let name = LLVMDIFileGetFilename(file, &mut name_length);
            Some((
                text(directory, directory_length as usize),
                text(name, name_length as usize),
            ))
        }
    }
}

/// The position of `call`, or line 0 of its function where that has debug data.
///
/// # Safety
/// `call` is an instruction in a function of a module of `context`.
pub(super) unsafe fn location_or_line_0(
    context: LLVMContextRef,
    call: LLVMValueRef,
) -> LLVMMetadataRef {
    // SAFETY: as the caller says.
    unsafe {
        let location = LLVMInstructionGetDebugLoc(call);
        if !location.is_null() {
            return location;
        }
        let function = LLVMGetBasicBlockParent(LLVMGetInstructionParent(call));
        let subprogram = LLVMGetSubprogram(function);
        if subprogram.is_null() {
            return std::ptr::null_mut();
        }
        LLVMDIBuilderCreateDebugLocation(context, 0, 0, subprogram, std::ptr::null_mut())
    }
}

/// Gives `to` the position of `from`.
///
/// # Safety
/// Both are instructions.
pub(super) unsafe fn copy_location(from: LLVMValueRef, to: LLVMValueRef) {
    // SAFETY: as the caller says; null takes the position away.
    unsafe { LLVMInstructionSetDebugLoc(to, LLVMInstructionGetDebugLoc(from)) }
}
