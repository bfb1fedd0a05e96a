//! Validation of the output, in which the original's code must not see what was appended.
//!
//! An index one past the end of the original's types, memories, globals or data segments makes a module
//! invalid. In the output that index is ours, so its code is validated as if we had appended nothing but
//! the functions that the edits call.

use crate::decode::Module;
use std::cell::Cell;
use wasmparser::types::CoreTypeId;
use wasmparser::{
    BinaryReaderError, FuncToValidate, FuncType, FuncValidatorAllocations, GlobalType, HeapType,
    MemoryType, Parser, RefType, SubType, TableType, ValType, ValidPayload, Validator,
    ValidatorResources, WasmFeatures, WasmModuleResources,
};

type Result<T> = std::result::Result<T, BinaryReaderError>;

/// Validates `output`, which was made of `module`.
pub(super) fn validate_output(
    module: &Module<'_>,
    output: &[u8],
    features: WasmFeatures,
) -> Result<()> {
    let mut validator = Validator::new_with_features(features);
    let mut bodies = Vec::new();
    for payload in Parser::new(0).parse_all(output) {
        if let ValidPayload::Func(function, body) = validator.payload(&payload?)? {
            bodies.push((function, body));
        }
    }
    let mut allocations = FuncValidatorAllocations::default();
    for (at, (function, body)) in bodies.into_iter().enumerate() {
        allocations = if at < module.bodies.len() {
            let FuncToValidate {
                resources,
                index,
                ty,
                features,
            } = function;
            let resources = Original {
                module,
                resources,
                called: Cell::new(None),
            };
            let function = FuncToValidate {
                resources,
                index,
                ty,
                features,
            };
            let mut validator = function.into_validator(allocations);
            validator.validate(&body)?;
            validator.into_allocations()
        } else {
            let mut validator = function.into_validator(allocations);
            validator.validate(&body)?;
            validator.into_allocations()
        };
    }
    Ok(())
}

/// What the original's code may refer to.
struct Original<'m, 'a> {
    module: &'m Module<'a>,
    resources: ValidatorResources,
    /// The type of the function that a call just named, which may be ours: it is looked up next.
    called: Cell<Option<u32>>,
}

impl Original<'_, '_> {
    fn has_type(&self, index: u32) -> bool {
        (index as usize) < self.module.types.len()
    }
}

impl WasmModuleResources for Original<'_, '_> {
    fn memory_at(&self, at: u32) -> Option<MemoryType> {
        let memory = self.resources.memory_at(at);
        memory.filter(|_| at < self.module.memories)
    }

    fn global_at(&self, at: u32) -> Option<GlobalType> {
        let global = self.resources.global_at(at);
        global.filter(|_| at < self.module.globals)
    }

    fn sub_type_at(&self, index: u32) -> Option<&SubType> {
        let is_called = self.called.take() == Some(index);
        let ty = self.resources.sub_type_at(index);
        ty.filter(|_| is_called || self.has_type(index))
    }

    fn check_heap_type(&self, heap_type: &mut HeapType, offset: u64) -> Result<()> {
        if let HeapType::Concrete(index) | HeapType::Exact(index) = heap_type
            && let Some(index) = index.as_module_index()
            && !self.has_type(index)
        {
            // Out of range in the output, too: what is said about it is the validator's.
            let mut beyond = HeapType::Concrete(wasmparser::UnpackedIndex::Module(u32::MAX));
            return self.resources.check_heap_type(&mut beyond, offset);
        }
        self.resources.check_heap_type(heap_type, offset)
    }

    fn data_count(&self) -> Option<u32> {
        self.module.data_count
    }

    fn table_at(&self, at: u32) -> Option<TableType> {
        self.resources.table_at(at)
    }

    fn tag_at(&self, at: u32) -> Option<&FuncType> {
        self.resources.tag_at(at)
    }

    fn sub_type_at_id(&self, id: CoreTypeId) -> &SubType {
        self.resources.sub_type_at_id(id)
    }

    fn type_id_of_function(&self, function: u32) -> Option<CoreTypeId> {
        self.resources.type_id_of_function(function)
    }

    fn type_index_of_function(&self, function: u32) -> Option<u32> {
        let ty = self.resources.type_index_of_function(function);
        self.called.set(ty);
        ty
    }

    fn element_type_at(&self, at: u32) -> Option<RefType> {
        self.resources.element_type_at(at)
    }

    fn is_subtype(&self, a: ValType, b: ValType) -> bool {
        self.resources.is_subtype(a, b)
    }

    fn is_shared(&self, ty: RefType) -> bool {
        self.resources.is_shared(ty)
    }

    fn top_type(&self, heap_type: &HeapType) -> HeapType {
        self.resources.top_type(heap_type)
    }

    fn element_count(&self) -> u32 {
        self.resources.element_count()
    }

    fn is_function_referenced(&self, function: u32) -> bool {
        self.resources.is_function_referenced(function)
    }

    fn has_function_exact_type(&self, function: u32) -> bool {
        self.resources.has_function_exact_type(function)
    }
}
