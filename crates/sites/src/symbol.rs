//! Symbol names: demangling, and the part of a name that says where a function lives.

use std::borrow::Cow;

/// The name as its language writes it: Rust and C++ symbols demangled, others unchanged.
pub fn demangle(symbol: &str) -> Cow<'_, str> {
    if let Ok(rust) = rustc_demangle::try_demangle(symbol) {
        // `{:#}` leaves out the hash, which differs from build to build.
        return Cow::Owned(format!("{rust:#}"));
    }
    if is_itanium(symbol)
        && let Ok(cpp) = cpp_demangle::Symbol::new(symbol)
    {
        let mut name = Bounded(String::new());
        if cpp
            .structured_demangle(&mut name, &Default::default())
            .is_ok()
        {
            return Cow::Owned(name.0);
        }
    }
    without_hashes(symbol)
}

/// A Rust name that was demangled before, by wasm-bindgen, without the hashes that differ from build
/// to build: `alloc::vec::Vec<T>::push::h0123456789abcdef`, `std[5f3c9038abe6489d]::thread::Builder`.
fn without_hashes(name: &str) -> Cow<'_, str> {
    let is_hash = |text: &str| text.len() <= 16 && text.bytes().all(|b| b.is_ascii_hexdigit());
    let (path, cut) = match name.rsplit_once("::h") {
        Some((path, hash)) if hash.len() == 16 && is_hash(hash) => (path, true),
        _ => (name, false),
    };
    if !path.contains("]::") {
        return if cut {
            Cow::Owned(path.to_owned())
        } else {
            Cow::Borrowed(name)
        };
    }
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(open) = rest.find('[') {
        let (before, from) = rest.split_at(open);
        out.push_str(before);
        let hash = from[1..].split_once("]::").map(|(hash, _)| hash);
        let of_crate = before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        rest = match hash {
            Some(hash) if of_crate && !hash.is_empty() && is_hash(hash) => &from[hash.len() + 2..],
            _ => {
                out.push('[');
                &from[1..]
            }
        };
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// A name that refuses to grow past any sense: substitutions make a short symbol arbitrarily long.
struct Bounded(String);

impl std::fmt::Write for Bounded {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        const MOST_BYTES: usize = 1 << 16;
        if self.0.len() + text.len() > MOST_BYTES {
            return Err(std::fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

fn is_itanium(symbol: &str) -> bool {
    symbol.starts_with("_Z") || symbol.starts_with("__Z")
}

/// Whether `symbol` is written in a mangling scheme, so that its text is not its path.
pub(crate) fn is_mangled(symbol: &str) -> bool {
    is_itanium(symbol) || symbol.starts_with("_R")
}

/// The function's own path: a demangled name without type arguments, parameter list and return
/// type, so that `~lib/map/Map<i32,app/Note>#set` is `~lib/map/Map#set` and
/// `void std::vector<app::Note>::push_back(app::Note&&)` is `std::vector::push_back`.
///
/// A qualifier that is itself a type (`<app::Feed as Display>::fmt`) stays, without its arguments.
pub fn own_path(name: &str) -> Cow<'_, str> {
    if !name.contains(['<', '(', '[']) {
        return Cow::Borrowed(name);
    }
    let bytes = name.as_bytes();
    let mut out = String::with_capacity(name.len());
    let mut at = 0;
    let mut has_parameters = false;
    while at < bytes.len() {
        // An operator's own signs are part of its name: `operator<<`, `operator()`, `operator[]`.
        if out.ends_with("operator") {
            let signs = operator_signs(&name[at..]);
            if signs > 0 {
                out.push_str(&name[at..at + signs]);
                at += signs;
                continue;
            }
        }
        let opens_group = match bytes[at] {
            b'<' => follows_name(&out) || out.ends_with("::"),
            // A receiver after `$` is a name of its own: `byn$shared$(*go/parser.parser).next`.
            b'(' => follows_name(&out) && !out.ends_with('$'),
            // `func[12]` has an index, not a type.
            b'[' => follows_name(&out) && !name[at + 1..].starts_with(|c: char| c.is_ascii_digit()),
            _ => false,
        };
        if opens_group && let Some(end) = group_end(bytes, at) {
            has_parameters |= bytes[at] == b'(';
            if out.ends_with("::") {
                out.truncate(out.len() - 2);
            }
            at = end;
            continue;
        }
        let Some(c) = name[at..].chars().next() else {
            break;
        };
        out.push(c);
        at += c.len_utf8();
    }
    if has_parameters {
        strip_return_type(&mut out);
    }
    Cow::Owned(out)
}

const OPERATOR_SIGNS: [&str; 42] = [
    "()",
    "[]",
    "<=>",
    "<<=",
    ">>=",
    "->*",
    "->",
    "<<",
    ">>",
    "<=",
    ">=",
    "==",
    "!=",
    "&&",
    "||",
    "++",
    "--",
    "+=",
    "-=",
    "*=",
    "/=",
    "%=",
    "&=",
    "|=",
    "^=",
    "<",
    ">",
    "+",
    "-",
    "*",
    "/",
    "%",
    "&",
    "|",
    "^",
    "~",
    "!",
    "=",
    ",",
    " new[]",
    " delete[]",
    " new",
];

fn operator_signs(rest: &str) -> usize {
    OPERATOR_SIGNS
        .iter()
        .find(|signs| rest.starts_with(**signs))
        .map_or(0, |signs| signs.len())
}

fn follows_name(out: &str) -> bool {
    let Some(last) = out.chars().next_back() else {
        return false;
    };
    if last.is_alphanumeric() || matches!(last, '_' | '$' | '}' | '\'') {
        return true;
    }
    // `operator<<(…)`, `operator()(…)`, `operator[](…)`: the list follows the signs.
    out.rfind("operator").is_some_and(|word| {
        let signs = &out[word + "operator".len()..];
        !signs.is_empty() && OPERATOR_SIGNS.contains(&signs)
    })
}

/// The index after the bracket that closes the one at `open`; `->` and `=>` close nothing.
fn group_end(bytes: &[u8], open: usize) -> Option<usize> {
    let mut depth = 0usize;
    let mut at = open;
    while at < bytes.len() {
        match bytes[at] {
            b'-' | b'=' if bytes.get(at + 1) == Some(&b'>') => at += 1,
            b'<' | b'(' | b'[' | b'{' => depth += 1,
            b'>' | b')' | b']' | b'}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// C++ function templates are demangled with their return type in front.
fn strip_return_type(path: &mut String) {
    for suffix in [" const", " volatile", " &", " &&"] {
        if let Some(stripped) = path.strip_suffix(suffix) {
            path.truncate(stripped.len());
        }
    }
    let end = path.find("operator").unwrap_or(path.len());
    let mut depth = 0i32;
    let mut cut = None;
    for (at, byte) in path.as_bytes()[..end].iter().enumerate() {
        match byte {
            b'<' | b'(' | b'{' | b'[' => depth += 1,
            b'>' | b')' | b'}' | b']' => depth -= 1,
            b' ' if depth == 0 => cut = Some(at + 1),
            _ => {}
        }
    }
    if let Some(cut) = cut {
        path.drain(..cut);
    }
}

/// The text in one line, with what a terminal would obey or hide (control, format and separator
/// characters) escaped: names come from the module.
pub fn printable(text: &str) -> String {
    text.chars()
        .fold(String::with_capacity(text.len()), |mut out, c| {
            let escaped = c.escape_debug();
            // Quotes and backslashes have a short escape, too, but are harmless.
            if c.is_control() || escaped.clone().count() > 2 {
                out.extend(escaped);
            } else {
                out.push(c);
            }
            out
        })
}

/// The package, namespace or source module that a function is of, by the naming of `model`; empty
/// where its name has none.
pub fn package<'a>(model: &str, function: &'a str) -> &'a str {
    let name = function.trim_start_matches(['(', '*', '<', '&']);
    // Type arguments and parameters may hold paths of their own.
    let path = &name[..name.find(['<', '(', ' ']).unwrap_or(name.len())];
    let last_slash = path.rfind('/').map_or(0, |at| at + 1);
    match model {
        "tinygo" => path[last_slash..]
            .find('.')
            .map_or("", |dot| &path[..last_slash + dot]),
        "assemblyscript" => match path.strip_prefix("start:") {
            Some(module) => module,
            None => path[..last_slash].trim_end_matches('/'),
        },
        _ => path.find("::").map_or("", |at| &path[..at]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_path_drops_type_arguments_parameters_and_return_type() {
        for (name, path) in [
            ("main.main", "main.main"),
            (
                "~lib/map/Map<i32,web/wasm/app/feed/Note>#set",
                "~lib/map/Map#set",
            ),
            (
                "web/wasm/app/feed/identity<~lib/string/String>",
                "web/wasm/app/feed/identity",
            ),
            ("(*go/printer.printer).print", "(*go/printer.printer).print"),
            ("go/ast.(*Field).Pos", "go/ast.(*Field).Pos"),
            ("slices.Sort[[]web/wasm/app.Note]", "slices.Sort"),
            (
                "std::__2::vector<app::Note>::push_back(app::Note&&)",
                "std::__2::vector::push_back",
            ),
            (
                "void std::__2::f<app::Note>(app::Note const&)",
                "std::__2::f",
            ),
            ("app::Feed::operator()(int) const", "app::Feed::operator()"),
            (
                "std::ostream& app::operator<<(std::ostream&, app::Note)",
                "app::operator<<",
            ),
            (
                "app::Note::operator<(app::Note const&) const",
                "app::Note::operator<",
            ),
            ("app::Map::operator[](int)", "app::Map::operator[]"),
            ("operator new(unsigned long)", "operator new"),
            ("operator new[](unsigned long)", "operator new[]"),
            (
                "(anonymous namespace)::grow(int)",
                "(anonymous namespace)::grow",
            ),
            (
                "<app::Feed<T> as core::fmt::Display>::fmt",
                "<app::Feed as core::fmt::Display>::fmt",
            ),
            ("alloc::vec::Vec<T,A>::push", "alloc::vec::Vec::push"),
            (
                "core::iter::map::<F>::{closure#0}",
                "core::iter::map::{closure#0}",
            ),
            (
                "app::run(int)::$_0::operator()() const",
                "app::run::$_0::operator()",
            ),
            ("func[12]", "func[12]"),
            (
                "byn$shared$(*go/parser.parser).next",
                "byn$shared$(*go/parser.parser).next",
            ),
            ("odd<unclosed", "odd<unclosed"),
            ("naïve<é>ü", "naïveü"),
        ] {
            assert_eq!(own_path(name), path, "own path of {name}");
        }
    }

    #[test]
    fn demangle_reads_rust_and_cpp_and_leaves_the_rest() {
        assert_eq!(demangle("_ZN3app4Feed3addEi"), "app::Feed::add(int)");
        assert_eq!(
            demangle("_ZN3app4feed3add17h0123456789abcdefE"),
            "app::feed::add"
        );
        assert_eq!(demangle("_RNvC3app3add"), "app::add");
        assert_eq!(demangle("runtime.alloc"), "runtime.alloc");
        for (written, name) in [
            ("app::feed::add::h0123456789abcdef", "app::feed::add"),
            ("app::feed::hadd", "app::feed::hadd"),
            (
                "<std[5f3c9038abe6489d]::alloc::System as core[f]::alloc::GlobalAlloc>::alloc",
                "<std::alloc::System as core::alloc::GlobalAlloc>::alloc",
            ),
            ("app[5f]::add::<[u8; 4]>", "app::add::<[u8; 4]>"),
            (
                "slices.Sort[[]web/wasm/app.Note]",
                "slices.Sort[[]web/wasm/app.Note]",
            ),
            ("app::f(int [5])::g", "app::f(int [5])::g"),
        ] {
            assert_eq!(demangle(written), name, "{written}");
        }
    }

    #[test]
    fn printable_escapes_what_a_terminal_would_obey() {
        let hostile = "a\n\u{1b}[31m\u{202e}\u{2028}\u{feff}\"é\\";
        assert_eq!(
            printable(hostile),
            "a\\n\\u{1b}[31m\\u{202e}\\u{2028}\\u{feff}\"é\\"
        );
    }

    #[test]
    fn package_follows_the_naming_of_the_model() {
        for (model, function, expected) in [
            ("tinygo", "(*go/printer.printer).print", "go/printer"),
            ("tinygo", "main.main$1", "main"),
            ("tinygo", "web/wasm/app.render", "web/wasm/app"),
            ("tinygo", "step", ""),
            (
                "assemblyscript",
                "web/wasm/app/feed/Feed#add",
                "web/wasm/app/feed",
            ),
            (
                "assemblyscript",
                "~lib/map/Map<i32,web/app/Note>#set",
                "~lib/map",
            ),
            (
                "assemblyscript",
                "start:web/wasm/app/feed",
                "web/wasm/app/feed",
            ),
            ("c", "app::feed::Feed::add(std::string const&)", "app"),
            ("c", "<app::Feed as core::fmt::Display>::fmt", "app"),
            ("c", "main", ""),
        ] {
            assert_eq!(package(model, function), expected, "{function}");
        }
    }
}
