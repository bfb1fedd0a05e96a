//! Copies that a compiler makes of a function: their names are the function's with a mark behind it.

/// What LLVM and GCC call copies; a number may follow.
const MARKS: [&str; 9] = [
    "argelim",
    "argprom",
    "cold",
    "constprop",
    "isra",
    "llvm",
    "lto_priv",
    "part",
    "specialized",
];

/// `name` in two: the function's name, and the marks of a copy behind it, as they are written.
///
/// Demanglers have their own ways: lld `f() (.cold)`, cpp_demangle and c++filt `f() [clone .cold]`,
/// rustc_demangle `f.cold`; names that were not mangled have `f.cold`, too.
pub(super) fn split_clone(name: &str) -> (&str, &str) {
    // `main.cold` may be a function of Go.
    let is_path = name.contains("::");
    let mut rest = name;
    while let Some(before) = before_mark(rest, is_path) {
        rest = before;
    }
    name.split_at(rest.len())
}

/// `name` without its last mark.
fn before_mark(name: &str, is_path: bool) -> Option<&str> {
    for (open, close) in [(" (.", ')'), (" [clone .", ']')] {
        if let Some(name) = name.strip_suffix(close)
            && let Some((before, mark)) = name.rsplit_once(open)
        {
            let is_mark = !mark.is_empty() && !mark.contains(|c| " ()[]<>{}".contains(c));
            return Some(before).filter(|before| is_mark && !before.is_empty());
        }
    }
    let (head, last) = name.rsplit_once('.')?;
    let (before, mark) = if last.bytes().all(|b| b.is_ascii_digit()) && !last.is_empty() {
        head.rsplit_once('.')?
    } else if is_path {
        (head, last)
    } else {
        return None;
    };
    Some(before).filter(|before| MARKS.contains(&mark) && !before.is_empty())
}
