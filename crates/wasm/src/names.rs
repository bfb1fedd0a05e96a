//! The custom sections that name things: `name` and `producers`. Both are read leniently where the
//! specification lets engines ignore them, and names need not be UTF-8.

use std::borrow::Cow;
use wasmparser::{BinaryReader, BinaryReaderError, ProducersSectionReader};

/// Function names of a `name` section.
pub(crate) struct NameSection {
    pub(crate) functions: Vec<(u32, String)>,
}

const FUNCTION_NAMES: u8 = 1;

impl NameSection {
    pub(crate) fn parse(data: &[u8]) -> Result<NameSection, BinaryReaderError> {
        let mut functions = Vec::new();
        let mut reader = BinaryReader::new(data, 0);
        while !reader.eof() {
            let id = reader.read_u8()?;
            let mut subsection = reader.read_reader()?;
            if id == FUNCTION_NAMES {
                for _ in 0..subsection.read_var_u32()? {
                    let index = subsection.read_var_u32()?;
                    let len = subsection.read_var_u32()? as usize;
                    let name = subsection.read_bytes(len)?;
                    // Checked first, which is faster than to repair what needs none.
                    let name = match std::str::from_utf8(name) {
                        Ok(name) => name.to_owned(),
                        Err(_) => String::from_utf8_lossy(name).into_owned(),
                    };
                    functions.push((index, name));
                }
            }
        }
        Ok(NameSection { functions })
    }
}

/// The section `data` with function names added, in parts; their indices come after all that are there.
/// `None` when `data` cannot be read.
pub(crate) fn add_function_names<'a>(
    data: &'a [u8],
    added: &[(u32, String)],
) -> Option<Vec<Cow<'a, [u8]>>> {
    let mut out = Vec::new();
    let mut reader = BinaryReader::new(data, 0);
    let mut pending = true;
    while !reader.eof() {
        let start = reader.current_position();
        let id = reader.read_u8().ok()?;
        let mut subsection = reader.read_reader().ok()?;
        // Subsections come in the order of their ids.
        if pending && id > FUNCTION_NAMES {
            push_subsection(&mut out, 0, &[], added);
            pending = false;
        }
        if pending && id == FUNCTION_NAMES {
            let count = subsection.read_var_u32().ok()?;
            let rest = subsection.read_bytes(subsection.bytes_remaining()).ok()?;
            // A count that lies: what is added would make it another lie.
            count.checked_add(added.len() as u32)?;
            push_subsection(&mut out, count, rest, added);
            pending = false;
        } else {
            out.push(data[start..reader.current_position()].into());
        }
    }
    if pending {
        push_subsection(&mut out, 0, &[], added);
    }
    Some(out)
}

fn push_subsection<'a>(
    out: &mut Vec<Cow<'a, [u8]>>,
    count: u32,
    entries: &'a [u8],
    added: &[(u32, String)],
) {
    use wasm_encoder::Encode;
    let mut new_count = Vec::new();
    (count + added.len() as u32).encode(&mut new_count);
    let mut new = Vec::new();
    for (index, name) in added {
        index.encode(&mut new);
        name.as_str().encode(&mut new);
    }
    let mut start = vec![FUNCTION_NAMES];
    (new_count.len() + entries.len() + new.len()).encode(&mut start);
    start.extend(new_count);
    out.extend([start.into(), entries.into(), new.into()]);
}

/// All producers, as `name version`; an unreadable section names none.
pub(crate) fn producers(data: &[u8]) -> Vec<String> {
    let mut list = Vec::new();
    let Ok(fields) = ProducersSectionReader::new(BinaryReader::new(data, 0)) else {
        return list;
    };
    for field in fields.into_iter().flatten() {
        for value in field.values.into_iter().flatten() {
            list.push(format!("{} {}", value.name, value.version));
        }
    }
    list
}
