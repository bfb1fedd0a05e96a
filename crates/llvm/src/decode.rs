//! LLVM IR as a [`Program`]: functions, calls in order, signatures, whose address is taken.

use crate::error::Error;
use crate::ir::{self, CallKind, Place, Type, TypeKind, Value};
use allocinstr_sites::{
    Call, DebugData, Declared, Frames, Function, FunctionId, Names, PointerWidth, Program,
    Signature, SizeRule, Target, TypeId, ValueType,
};
use inkwell::module::Module;
use inkwell::targets::TargetData;
use std::collections::HashMap;

/// A module, and what the planner knows of it.
pub(crate) struct Decoded<'m> {
    pub(crate) program: Program,
    /// By function id.
    pub(crate) functions: Vec<Value<'m>>,
    /// By call id.
    pub(crate) calls: Vec<Value<'m>>,
    /// Bits of a size.
    pub(crate) size_bits: u32,
}

/// The name of a global that only instrumented modules have.
pub(crate) const MARK: &str = "allocinstr.module";

/// Where imported functions come from: the linker knows.
const ELSEWHERE: &str = "env";

/// Lists that the linker reads, by which nothing is called indirectly.
const LINKER_LISTS: [&str; 4] = [
    "llvm.used",
    "llvm.compiler.used",
    "llvm.global_ctors",
    "llvm.global_dtors",
];

pub(crate) fn decode<'m>(module: &'m Module<'_>) -> Result<Decoded<'m>, Error> {
    if ir::global(module, MARK).is_some() {
        return Err(Error::Unsupported {
            kind: "an already instrumented module",
            advice: "instrument the original",
        });
    }
    let layout = module
        .get_data_layout()
        .as_str()
        .to_string_lossy()
        .into_owned();
    let size_bits = 8 * TargetData::create(&layout).get_pointer_byte_size(None);
    let pointer = match size_bits {
        32 => PointerWidth::P32,
        64 => PointerWidth::P64,
        _ => {
            return Err(Error::Unsupported {
                kind: "IR for a target whose pointers have neither 32 nor 64 bits",
                advice: "there are no counters for it",
            });
        }
    };
    let all = ir::functions(module).filter(|f| !f.is_intrinsic());
    let (declared, defined): (Vec<_>, Vec<_>) = all.partition(|f| f.is_declaration());
    let functions: Vec<Value<'m>> = declared.into_iter().chain(defined).collect();
    let has_lines = module.get_global_metadata_size("llvm.dbg.cu") > 0;
    let mut decoder = Decoder {
        ids: functions.iter().copied().zip(0..).collect(),
        types: HashMap::new(),
        decoded: Decoded {
            program: Program {
                pointer,
                functions: Vec::with_capacity(functions.len()),
                types: Vec::new(),
                calls: Vec::new(),
                constants: Vec::new(),
                producers: ir::named_strings(module, "llvm.ident"),
                managed: false,
                debug: match has_lines {
                    true => DebugData::InlineFrames,
                    false => DebugData::Names,
                },
                names: Names::default(),
                frames: Frames::default(),
            },
            functions,
            calls: Vec::new(),
            size_bits,
        },
        ordinals: HashMap::new(),
    };
    decoder.number_calls(module);
    for id in 0..decoder.decoded.functions.len() {
        decoder.function(id);
    }
    Ok(decoder.decoded)
}

struct Decoder<'m> {
    ids: HashMap<Value<'m>, FunctionId>,
    types: HashMap<Type<'m>, TypeId>,
    decoded: Decoded<'m>,
    /// Of the first call of a function, how many stand before it in the module.
    ordinals: HashMap<Value<'m>, u32>,
}

impl<'m> Decoder<'m> {
    /// Functions are numbered declarations first, calls in the order of the module.
    fn number_calls(&mut self, module: &'m Module<'_>) {
        let mut before = 0;
        for function in ir::functions(module) {
            self.ordinals.insert(function, before);
            let instructions = function.blocks().into_iter().flat_map(|b| b.instructions());
            before += instructions.filter(|i| i.call_kind().is_some()).count() as u32;
        }
    }

    fn function(&mut self, id: usize) {
        let function = self.decoded.functions[id];
        let name = function.name();
        let ty = self.type_id(function.function_type());
        let first = self.decoded.program.calls.len() as u32;
        let mut ordinal = self.ordinals[&function];
        for block in function.blocks() {
            for instruction in block.instructions() {
                if let Some(kind) = instruction.call_kind() {
                    self.call(instruction, kind, ordinal);
                    ordinal += 1;
                }
            }
        }
        let is_declaration = function.is_declaration();
        let calls = first..self.decoded.program.calls.len() as u32;
        self.decoded.program.functions.push(Function {
            import: is_declaration.then(|| (ELSEWHERE.to_owned(), name.clone())),
            exports: match !is_declaration && function.is_visible() {
                true => vec![name.clone()],
                false => Vec::new(),
            },
            symbol: (!name.is_empty()).then_some(name),
            ty,
            address_taken: takes_address(function),
            start: false,
            declared: declared(function),
            calls,
            definition: None,
        });
    }

    fn call(&mut self, call: Value<'m>, kind: CallKind, offset: u32) {
        // Inline assembly is nobody's call, and `callbr` calls nothing else.
        let Some((callee, ty)) = call.callee().filter(|_| kind != CallKind::Branch) else {
            return;
        };
        if callee.is_intrinsic() {
            return;
        }
        let callee = callee.resolved();
        let target = match self.ids.get(&callee) {
            // One that is called as if it had another type is a pointer like any other.
            Some(&id) if callee.function_type() == ty => Target::Direct(id),
            _ => Target::Indirect(self.type_id(ty)),
        };
        let program = &mut self.decoded.program;
        let id = program.calls.len() as u32;
        let constants = call.arguments().into_iter().zip(0..);
        program
            .constants
            .extend(constants.filter_map(|(value, at)| Some((id, at, value.constant()?))));
        program.calls.push(Call {
            offset,
            target,
            tail: call.is_must_tail(),
            diverges: call.next().is_some_and(|next| next.is_unreachable())
                || call.call_has(Place::Function, "noreturn")
                || callee.attribute(Place::Function, "noreturn").is_some(),
        });
        self.decoded.calls.push(call);
    }

    fn type_id(&mut self, ty: Type<'m>) -> TypeId {
        let program = &mut self.decoded.program;
        *self.types.entry(ty).or_insert_with(|| {
            let value = |ty: Type<'_>| value_type(ty, program.pointer);
            let result = Some(ty.result()).filter(|ty| ty.kind() != TypeKind::Void);
            program.types.push(Signature {
                params: ty.parameters().into_iter().map(value).collect(),
                results: result.map(value).into_iter().collect(),
            });
            program.types.len() as TypeId - 1
        })
    }
}

fn value_type(ty: Type<'_>, pointer: PointerWidth) -> ValueType {
    match ty.kind() {
        TypeKind::Pointer => pointer.value_type(),
        TypeKind::Integer(bits) if bits <= 32 => ValueType::I32,
        TypeKind::Integer(64) => ValueType::I64,
        TypeKind::Float => ValueType::F32,
        TypeKind::Double => ValueType::F64,
        TypeKind::Integer(_) | TypeKind::Void | TypeKind::Other => ValueType::Other,
    }
}

/// Whether a function may be called by a pointer.
fn takes_address(function: Value<'_>) -> bool {
    let mut names = vec![function];
    let mut seen = 0;
    // An alias is another name, whose uses count as well.
    while let Some(&name) = names.get(seen) {
        seen += 1;
        for (user, is_callee) in name.uses() {
            let is_alias = user.resolved() != user;
            if is_alias && !names.contains(&user) {
                names.push(user);
            } else if is_callee {
                let ty = user.callee().map(|(_, ty)| ty);
                if ty != Some(function.function_type()) {
                    return true;
                }
            } else if !is_alias && !user.is_block_address() && !is_linker_list(user) {
                return true;
            }
        }
    }
    false
}

/// Whether a constant is in one of the lists that the linker reads, and nowhere else.
fn is_linker_list(constant: Value<'_>) -> bool {
    if constant.is_global() {
        return LINKER_LISTS.contains(&constant.name().as_str());
    }
    if constant.is_function() || constant.is_instruction() {
        return false;
    }
    let users = constant.uses();
    !users.is_empty() && users.iter().all(|(user, _)| is_linker_list(*user))
}

/// What the attributes of a function say: `allocsize(0)`, `allocsize(0, 1)`, `allockind("alloc,zeroed")`,
/// `"alloc-family"="malloc"`.
fn declared(function: Value<'_>) -> Option<Declared> {
    /// Bits of `AllocFnKind` (`Attributes.h`).
    const ALLOC: u64 = 1;
    const REALLOC: u64 = 2;
    const FREE: u64 = 4;
    /// Of the second argument of `allocsize`: there is none.
    const NO_ARGUMENT: u32 = u32::MAX;
    if function.function_type().result().kind() != TypeKind::Pointer {
        return None;
    }
    let size = function.attribute(Place::Function, "allocsize");
    let kind = function
        .attribute(Place::Function, "allockind")
        .unwrap_or(0);
    let is_of_family = function.has_string_attribute("alloc-family")
        && function.attribute(Place::Return, "noalias").is_some();
    let allocates = kind & (ALLOC | REALLOC) != 0 || size.is_some() || is_of_family;
    if !allocates || kind & FREE != 0 {
        return None;
    }
    let parameters = function.function_type().parameters();
    let is_integer = |at: u32| {
        let ty = parameters.get(at as usize);
        ty.is_some_and(|ty| matches!(ty.kind(), TypeKind::Integer(_)))
    };
    let size = match size.map(|packed| ((packed >> 32) as u32, packed as u32)) {
        None => SizeRule::Unknown,
        Some((size, NO_ARGUMENT)) => SizeRule::Parameter(size),
        Some((size, count)) => SizeRule::Product(size, count),
    };
    let size = match size.parameters().all(is_integer) {
        true => size,
        false => SizeRule::Unknown,
    };
    Some(Declared {
        size,
        resizes: kind & REALLOC != 0,
    })
}
