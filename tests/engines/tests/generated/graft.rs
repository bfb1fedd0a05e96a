//! An allocator grafted on a module that has none.
//!
//! ```wat
//! (func $f …                    (func $f i32.const 8  call $bump  drop …
//!                         →     (func $bump (export "bump") (param $size i32) (result i32)
//!                                 …own_count += 1, own_bytes += $size…
//!                                 address of the block)
//! ```
//!
//! Its own counters are globals, which the module exports.

use std::convert::Infallible;
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    CodeSection, ConstExpr, ExportKind, ExportSection, Function, FunctionSection, GlobalSection,
    GlobalType, Module, TypeSection, ValType,
};
use wasmparser::{
    CodeSectionReader, ExportSectionReader, FunctionBody, FunctionSectionReader,
    GlobalSectionReader, Parser, Payload, TypeRef, TypeSectionReader,
};

type Result = std::result::Result<(), Error<Infallible>>;

/// How much the module has, which are the indices of what is grafted.
#[derive(Default)]
struct Graft {
    types: u32,
    functions: u32,
    globals: u32,
    /// Functions that are there, and those that are written.
    defined: u32,
    bodies: u32,
}

/// `original` with an allocator that every function calls first; `None` if there is none.
pub(crate) fn graft(original: &[u8]) -> Option<Vec<u8>> {
    let mut graft = Graft::default();
    for payload in Parser::new(0).parse_all(original) {
        match payload.expect("it is valid") {
            Payload::TypeSection(types) => {
                let groups = types.into_iter().map(|group| group.expect("it is valid"));
                graft.types = groups.map(|group| group.types().len() as u32).sum();
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    match import.expect("it is valid").ty {
                        TypeRef::Func(_) | TypeRef::FuncExact(_) => graft.functions += 1,
                        TypeRef::Global(_) => graft.globals += 1,
                        TypeRef::Table(_) | TypeRef::Memory(_) | TypeRef::Tag(_) => (),
                    }
                }
            }
            Payload::FunctionSection(functions) => graft.defined = functions.count(),
            Payload::GlobalSection(globals) => graft.globals += globals.count(),
            _ => (),
        }
    }
    if graft.defined == 0 {
        return None;
    }
    graft.functions += graft.defined;
    let mut module = Module::new();
    let grafted = graft.parse_core_module(&mut module, Parser::new(0), original);
    grafted.expect("it is valid");
    Some(module.finish())
}

impl Reencode for Graft {
    type Error = Infallible;

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: TypeSectionReader<'_>,
    ) -> Result {
        utils::parse_type_section(self, types, section)?;
        types.ty().function([ValType::I32], [ValType::I32]);
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result {
        utils::parse_function_section(self, functions, section)?;
        functions.function(self.types);
        Ok(())
    }

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: GlobalSectionReader<'_>,
    ) -> Result {
        utils::parse_global_section(self, globals, section)?;
        let ty = GlobalType {
            val_type: ValType::I64,
            mutable: true,
            shared: false,
        };
        globals.global(ty, &ConstExpr::i64_const(0));
        globals.global(ty, &ConstExpr::i64_const(0));
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: ExportSectionReader<'_>,
    ) -> Result {
        utils::parse_export_section(self, exports, section)?;
        exports.export("bump", ExportKind::Func, self.functions);
        exports.export("own_count", ExportKind::Global, self.globals);
        exports.export("own_bytes", ExportKind::Global, self.globals + 1);
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result {
        utils::parse_code_section(self, code, section)?;
        let (size, count, bytes) = (0, self.globals, self.globals + 1);
        let mut bump = Function::new([]);
        let mut body = bump.instructions();
        body.global_get(count)
            .i64_const(1)
            .i64_add()
            .global_set(count);
        body.global_get(bytes)
            .local_get(size)
            .i64_extend_i32_u()
            .i64_add()
            .global_set(bytes);
        // The end of the block, where nothing is ever written.
        body.global_get(bytes)
            .i32_wrap_i64()
            .i32_const(16)
            .i32_add()
            .end();
        code.function(&bump);
        Ok(())
    }

    fn parse_function_body(&mut self, code: &mut CodeSection, body: FunctionBody<'_>) -> Result {
        let mut function = self.new_function_with_parsed_locals(&body)?;
        let size = 8 * (self.bodies as i32 % 7 + 1);
        self.bodies += 1;
        function
            .instructions()
            .i32_const(size)
            .call(self.functions)
            .drop();
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            function.instruction(&self.parse_instruction(&mut operators)?);
        }
        code.function(&function);
        Ok(())
    }
}
