//! Symbol names: demangling, what a name says of where a function lives, and names for people.

mod clone;
mod package;
mod path;
mod readable;

pub use package::Packages;
pub use path::{own_name, own_path};
pub use readable::{readable, readable_function};

use std::borrow::Cow;

/// The name as its language writes it: Rust and C++ symbols demangled, others unchanged.
pub fn demangle(symbol: &str) -> Cow<'_, str> {
    // Tools put words in front: `orig$_ZN3app3addEv`, `byn$mgfn-shared$_ZN3app3addEv`.
    // (`contains` is much faster than `find`.)
    if !is_mangled(symbol)
        && symbol.contains("$_Z")
        && let Some(at) = symbol.find("$_Z")
        && let Cow::Owned(name) = demangle_bare(&symbol[at + 1..])
    {
        return Cow::Owned(format!("{}{name}", &symbol[..=at]));
    }
    demangle_bare(symbol)
}

fn demangle_bare(symbol: &str) -> Cow<'_, str> {
    let bare = symbol.trim_start_matches('_');
    if (bare.starts_with("ZN") || bare.starts_with('R'))
        && let Ok(rust) = rustc_demangle::try_demangle(symbol)
    {
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
    const SUFFIX: usize = "::h0123456789abcdef".len();
    let suffix = name
        .len()
        .checked_sub(SUFFIX)
        .and_then(|at| name.split_at_checked(at));
    let (path, cut) = match suffix {
        Some((path, suffix)) if suffix.strip_prefix("::h").is_some_and(is_hash) => (path, true),
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
