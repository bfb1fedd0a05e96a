//! The sections of a module, but for the code.

use super::{Decoder, Section};
use crate::error::{Error, Result};
use crate::names::{self, NameSection};
use allocinstr_sites::{Function, Signature, TypeId, ValueType};
use wasmparser::{
    CompositeInnerType, ElementItems, ExternalKind, Operator, Payload, TypeRef, ValType,
};

impl<'a> Decoder<'a> {
    /// Takes note of a section, which is valid.
    pub(super) fn section(&mut self, payload: Payload<'a>) -> Result<()> {
        if let Some((id, range)) = payload.as_section() {
            let custom = match &payload {
                Payload::CustomSection(section) => Some(section.name()),
                _ => None,
            };
            // The payload's range; of a custom section without its name.
            let range = range.start as usize..range.end as usize;
            self.module.sections.push(Section { id, range, custom });
        }
        match payload {
            Payload::TypeSection(section) => {
                for group in section {
                    for ty in group?.into_types() {
                        self.add_type(&ty.composite_type.inner);
                    }
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    match import.ty {
                        TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                            let from = (import.module.to_owned(), import.name.to_owned());
                            self.add_function(ty, Some(from));
                            self.module.imported_functions += 1;
                        }
                        TypeRef::Memory(ty) => self.add_memory(ty.memory64),
                        TypeRef::Table(ty) => self.module.table64.push(ty.table64),
                        TypeRef::Global(_) => self.module.globals += 1,
                        TypeRef::Tag(_) => {}
                    }
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    self.add_function(ty?, None);
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    let table = table?;
                    self.module.table64.push(table.ty.table64);
                    if let wasmparser::TableInit::Expr(init) = table.init {
                        self.take_addresses(&init)?;
                    }
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    self.add_memory(memory?.memory64);
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    let global = global?;
                    self.module.globals += 1;
                    self.take_addresses(&global.init_expr)?;
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    self.name_taken |= export.name == crate::COUNTERS_EXPORT;
                    match export.kind {
                        ExternalKind::Func | ExternalKind::FuncExact => self
                            .function(export.index)
                            .exports
                            .push(export.name.to_owned()),
                        ExternalKind::Memory
                        | ExternalKind::Global
                        | ExternalKind::Table
                        | ExternalKind::Tag => {}
                    }
                }
            }
            Payload::StartSection { func, .. } => self.function(func).start = true,
            Payload::ElementSection(section) => {
                for element in section {
                    match element?.items {
                        ElementItems::Functions(functions) => {
                            for function in functions {
                                self.function(function?).address_taken = true;
                            }
                        }
                        ElementItems::Expressions(_, expressions) => {
                            for expression in expressions {
                                self.take_addresses(&expression?)?;
                            }
                        }
                    }
                }
            }
            Payload::DataSection(section) => self.module.data_segments = section.count(),
            Payload::CustomSection(section) => self.custom(section.name(), section.data())?,
            _ => {}
        }
        Ok(())
    }

    fn add_type(&mut self, ty: &CompositeInnerType) {
        let function = match ty {
            CompositeInnerType::Func(function) => Some(function.clone()),
            CompositeInnerType::Array(_) | CompositeInnerType::Struct(_) => {
                self.module.program.managed = true;
                None
            }
            CompositeInnerType::Cont(_) => None,
        };
        let signature = function
            .as_ref()
            .map_or_else(Signature::default, |f| Signature {
                params: f.params().iter().map(|t| value_type(*t)).collect(),
                results: f.results().iter().map(|t| value_type(*t)).collect(),
            });
        let program = &mut self.module.program;
        let id = *self.type_ids.entry(signature.clone()).or_insert_with(|| {
            program.types.push(signature);
            (program.types.len() - 1) as TypeId
        });
        self.types.push(id);
        self.module.types.push(function);
    }

    fn add_function(&mut self, ty: u32, import: Option<(String, String)>) {
        self.module.function_types.push(ty);
        let function = Function {
            ty: self.types[ty as usize],
            import,
            ..Function::default()
        };
        self.module.program.functions.push(function);
    }

    fn add_memory(&mut self, memory64: bool) {
        self.memory64.get_or_insert(memory64);
        self.module.memories += 1;
    }

    fn function(&mut self, index: u32) -> &mut Function {
        &mut self.module.program.functions[index as usize]
    }

    fn take_addresses(&mut self, init: &wasmparser::ConstExpr<'_>) -> Result<()> {
        let mut reader = init.get_operators_reader();
        while !reader.eof() {
            if let Operator::RefFunc { function_index } = reader.read()? {
                self.function(function_index).address_taken = true;
            }
        }
        Ok(())
    }

    fn custom(&mut self, name: &'a str, data: &'a [u8]) -> Result<()> {
        match name {
            "name" => match NameSection::parse(data) {
                Ok(symbols) => self.symbols = Some(symbols),
                Err(_) => self.module.notes.push(
                    "the name section is malformed and was ignored, as engines do".to_owned(),
                ),
            },
            "producers" => self.module.program.producers = names::producers(data),
            crate::SECTION => {
                return Err(Error::Unsupported {
                    kind: "an already instrumented module",
                    advice: "instrument the original, or read its sites with `allocinstr sites`",
                });
            }
            "linking" => {
                return Err(Error::Unsupported {
                    kind: "a relocatable object",
                    advice: "link it first and instrument the linked module",
                });
            }
            _ => {}
        }
        Ok(())
    }
}

fn value_type(ty: ValType) -> ValueType {
    match ty {
        ValType::I32 => ValueType::I32,
        ValType::I64 => ValueType::I64,
        ValType::F32 => ValueType::F32,
        ValType::F64 => ValueType::F64,
        ValType::V128 | ValType::Ref(_) => ValueType::Other,
    }
}
