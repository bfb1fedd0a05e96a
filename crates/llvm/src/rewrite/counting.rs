//! The functions that count, which are written as IR and linked into the module.

use super::Shape;
use crate::decode::Decoded;
use crate::error::Error;
use crate::ir::{self, Builder, Type, TypeKind, Value};
use allocinstr_sites::SiteTable;
use inkwell::memory_buffer::MemoryBuffer;
use inkwell::module::Module;

/// What the rewritten calls call.
pub(super) struct Counting<'m> {
    /// `(i32 site, iPTR size)`: counts at a site, or by `log_fn`.
    pub(super) log: Log<'m>,
    /// `(i32 site, iPTR size)`: counts in the pool, as site -1.
    pub(super) pool: Log<'m>,
    /// `() -> saved`
    pub(super) save: Value<'m>,
    /// `(i32 site, saved)`
    pub(super) growth: Value<'m>,
    /// `(saved)`
    pub(super) drop: Value<'m>,
    /// `(saved)`
    pub(super) keep: Value<'m>,
    /// The type of a size.
    pub(super) size: Type<'m>,
    /// The type of a site id.
    pub(super) site: Type<'m>,
}

/// What logs an allocation.
#[derive(Clone, Copy)]
pub(super) struct Log<'m> {
    /// `(i32 site, iN size, pointers...)`: one that was made.
    function: Value<'m>,
    /// `(i32 site, iPTR size, ptr result)`: one that was made unless its result is null.
    unless_null: Value<'m>,
}

impl<'m> Log<'m> {
    /// Logs `size` bytes at `site`, unless `result`, where that is asked, is null.
    pub(super) fn call(
        self,
        builder: &Builder<'m>,
        site: Value<'m>,
        size: Value<'m>,
        result: Option<Value<'m>>,
        beside: Option<Value<'m>>,
    ) {
        if let Some(result) = result {
            builder.call(self.unless_null, &[site, size, result], beside);
            return;
        }
        let parameters = self.function.function_type().parameters();
        let mut arguments = vec![site, builder.to_integer(size, parameters[1])];
        // TinyGo's context, which nothing reads.
        arguments.extend(parameters[2..].iter().map(|ty| ty.undefined()));
        builder.call(self.function, &arguments, beside);
    }
}

/// The site by which the pool is counted.
pub(super) const POOL: u64 = u32::MAX as u64;

const COUNTING: &str = include_str!("counting.ll");
const NATIVE: &str = include_str!("native.ll");
const LOG_FN: &str = include_str!("log_fn.ll");

/// What the names of those functions and globals begin with.
const PREFIX: &str = "allocinstr.";

impl<'m> Counting<'m> {
    /// Links the functions that count into `module`, with the text of the site table.
    pub(super) fn link(
        module: &'m Module<'_>,
        decoded: &Decoded<'m>,
        table: &SiteTable,
        json: &str,
        shape: Shape,
    ) -> Result<Counting<'m>, Error> {
        let builder = Builder::new(module);
        let size = builder.integer_type(decoded.size_bits);
        let log_fn = match &table.log_fn {
            None => None,
            Some(name) => Some(log_function(module, &builder, size, name)?),
        };
        let (inline, convention) = match shape {
            Shape::Call => {
                let triple = module.get_triple();
                ("noinline", convention(&triple.as_str().to_string_lossy()))
            }
            Shape::Inline => ("alwaysinline", "ccc"),
        };
        let text = text(decoded.size_bits, table, json)
            .replace("$CONVENTION", convention)
            .replace("$INLINE", inline);
        let buffer = MemoryBuffer::create_from_memory_range_copy(text.as_bytes(), "counting");
        let context = module.get_context();
        let counting = context
            .create_module_from_ir(buffer)
            .map_err(|error| Error::InvalidOutput(error.to_string()))?;
        counting.set_data_layout(&module.get_data_layout());
        counting.set_triple(&module.get_triple());
        if !ir::link(module, counting) {
            return Err(Error::InvalidOutput(
                "the counting functions cannot be linked".to_owned(),
            ));
        }
        let find = |name: &str| {
            ir::function(module, &format!("{PREFIX}{name}"))
                .ok_or_else(|| Error::InvalidOutput(format!("{PREFIX}{name} is missing")))
        };
        let own = Log {
            function: find("logAlloc")?,
            unless_null: find("logUnlessNull")?,
        };
        let log = match log_fn {
            None => own,
            Some(function) => Log {
                function,
                unless_null: find("logSiteUnlessNull")?,
            },
        };
        if log_fn.is_some() {
            let program = find("program")?;
            builder.at_end(builder.add_block(program));
            log.call(
                &builder,
                program.parameter(0),
                program.parameter(1),
                None,
                None,
            );
            builder.give_back(None);
        }
        let counting = Counting {
            log,
            pool: own,
            save: find("save")?,
            growth: find("logGrowth")?,
            drop: find("drop")?,
            keep: find("keep")?,
            size,
            site: builder.integer_type(32),
        };
        hide(module);
        Ok(counting)
    }
}

/// Makes what was linked invisible, and gives `logAlloc` the name by which it is looked for.
fn hide(module: &Module<'_>) {
    let functions = ir::functions(module).filter(|f| !f.is_declaration());
    let ours = functions.chain(ir::globals(module));
    for value in ours.filter(|value| value.name().starts_with(PREFIX)) {
        value.make_internal();
        if value.name() == "allocinstr.logAlloc" {
            value.set_name("logAlloc");
        }
    }
}

/// The calling convention of what is called at every allocation.
fn convention(triple: &str) -> &'static str {
    let saves_registers = ["x86_64", "aarch64", "arm64"];
    match saves_registers.iter().any(|arch| triple.starts_with(arch)) {
        true => "preserve_mostcc",
        false => "ccc",
    }
}

fn text(size_bits: u32, table: &SiteTable, json: &str) -> String {
    let size = format!("i{size_bits}");
    let class = table.allocator_class.name();
    let (storage, growth) = match table.log_fn {
        None => (NATIVE, OWN_GROWTH),
        Some(_) => (LOG_FN, PROGRAM_GROWTH),
    };
    let is_wide = size_bits == 64;
    format!("{storage}\n{COUNTING}")
        .replace("$LOG_GROWTH", growth)
        .replace(
            "$TO_I64",
            if is_wide {
                "add i64 %size, 0"
            } else {
                "zext i32 %size to i64"
            },
        )
        .replace(
            "$FROM_I64",
            if is_wide {
                "add i64 %gained_bytes, 0"
            } else {
                "trunc i64 %gained_bytes to i32"
            },
        )
        .replace("$SIZE", &size)
        .replace("$ALIGN", &(size_bits / 8).to_string())
        .replace("$RECORDS", &(u64::from(table.slots) + 2).to_string())
        .replace("$SLOTS", &table.slots.to_string())
        .replace("$BUILD", &table.build_id)
        .replace("$CLASS_LENGTH", &(class.len() + 1).to_string())
        .replace("$CLASS", class)
        .replace("$TABLE_LENGTH", &json.len().to_string())
        .replace("$TABLE", &escaped(json))
}

/// Gives the growth of the pool to the program's function, as one allocation.
const PROGRAM_GROWTH: &str = "%size = $FROM_I64
  call void @allocinstr.program(i32 %site, $SIZE %size)";

/// Adds the growth of the pool to the record of a site.
const OWN_GROWTH: &str = "%record = call ptr @allocinstr.record(ptr %records, i32 %site)
  %record_bytes = getelementptr i8, ptr %record, i32 8
  %old_count = load atomic i64, ptr %record monotonic, align 8
  %old_bytes = load atomic i64, ptr %record_bytes monotonic, align 8
  %new_count = add i64 %old_count, %gained_count
  %new_bytes = add i64 %old_bytes, %gained_bytes
  store atomic i64 %new_count, ptr %record monotonic, align 8
  store atomic i64 %new_bytes, ptr %record_bytes monotonic, align 8";

/// Text in an IR string.
fn escaped(text: &str) -> String {
    text.bytes()
        .fold(String::with_capacity(text.len()), |mut out, byte| {
            if matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\' && byte != b'$' {
                out.push(char::from(byte));
            } else {
                out.push_str(&format!("\\{byte:02X}"));
            }
            out
        })
}

/// Finds the function that `--log-fn` names, or declares it: `(i32 site, iN size, pointers that are not given...)`.
fn log_function<'m>(
    module: &'m Module<'_>,
    builder: &Builder<'m>,
    size: Type<'m>,
    name: &str,
) -> Result<Value<'m>, Error> {
    let site = builder.integer_type(32);
    let function = match ir::function(module, name) {
        Some(function) => function,
        None => builder.declare(name, &[site, size]),
    };
    let ty = function.function_type();
    let fits = match ty.parameters().as_slice() {
        [site, size, trailing @ ..] => {
            site.kind() == TypeKind::Integer(32)
                && matches!(size.kind(), TypeKind::Integer(1..=64))
                && trailing.iter().all(|ty| ty.kind() == TypeKind::Pointer)
                && ty.result().kind() == TypeKind::Void
                && !ty.is_variadic()
        }
        _ => false,
    };
    match fits {
        true => Ok(function),
        false => Err(Error::LogFunction {
            name: name.to_owned(),
            problem: format!(
                "its type is {ty}; expected void (i32 site, integer size, pointers...)"
            ),
        }),
    }
}
