//! Regular expressions of a model.

use super::ModelError;
use regex::{Regex, RegexSet};
use std::sync::OnceLock;

/// A regular expression. Those of the built-in models are compiled when they are first tried: most
/// programs need few of them, and all together take as long as decoding a module of several MB.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    regex: OnceLock<Regex>,
}

impl Pattern {
    /// A pattern that is compiled, and so known to be one; `place` is where it stands.
    pub(super) fn compiled(place: &str, text: &str) -> Result<Pattern, ModelError> {
        let regex = Regex::new(text).map_err(|source| ModelError::Regex {
            place: place.to_owned(),
            source: Box::new(source),
        })?;
        Ok(Pattern {
            text: text.to_owned(),
            regex: OnceLock::from(regex),
        })
    }

    /// A pattern of a built-in model; a test compiles them all.
    pub(super) fn built_in(_place: &str, text: &str) -> Result<Pattern, ModelError> {
        Ok(Pattern {
            text: ascii(text),
            regex: OnceLock::new(),
        })
    }

    /// Whether it matches anywhere in `text`.
    pub fn is_match(&self, text: &str) -> bool {
        let compile = || Regex::new(&self.text).expect("built-in patterns are compiled by a test");
        self.regex.get_or_init(compile).is_match(text)
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// `text` with its classes those of ASCII, for names of runtimes are: those of Unicode take most of the
/// time that the built-in patterns take to compile.
pub(super) fn ascii(text: &str) -> String {
    text.replace(r"\w", "[0-9A-Za-z_]")
        .replace(r"\d", "[0-9]")
        .replace(r"\b", r"(?-u:\b)")
}

/// Patterns of which any one is enough, tried all at once: most texts match none.
#[derive(Clone, Debug, Default)]
pub struct Patterns {
    all: Vec<Pattern>,
    /// `None` if they are too large together.
    set: OnceLock<Option<RegexSet>>,
}

impl Patterns {
    /// Whether one of them matches anywhere in `text`.
    pub fn is_match(&self, text: &str) -> bool {
        if self.all.is_empty() {
            return false;
        }
        let compile = || RegexSet::new(self.all.iter().map(Pattern::as_str)).ok();
        match self.set.get_or_init(compile) {
            Some(set) => set.is_match(text),
            None => self.all.iter().any(|pattern| pattern.is_match(text)),
        }
    }
}

impl IntoIterator for Patterns {
    type Item = Pattern;
    type IntoIter = std::vec::IntoIter<Pattern>;

    fn into_iter(self) -> Self::IntoIter {
        self.all.into_iter()
    }
}

impl FromIterator<Pattern> for Patterns {
    fn from_iter<I: IntoIterator<Item = Pattern>>(patterns: I) -> Patterns {
        Patterns {
            all: patterns.into_iter().collect(),
            set: OnceLock::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_pattern_is_enough_whether_or_not_they_fit_in_a_set() {
        let patterns = |texts: &[&str]| -> Patterns {
            let compiled = texts.iter().map(|text| Pattern::compiled("test", text));
            compiled.map(Result::unwrap).collect()
        };
        // Each takes a good part of what a set may take, and they take more than that together.
        let large = [
            "a[^é]{600}",
            "b[^é]{600}",
            "c[^é]{600}",
            "d[^é]{600}",
            "^x$",
        ];
        let large: Vec<&str> = large.iter().copied().cycle().take(60).collect();
        for (texts, in_set) in [(&["^a$", "b"][..], true), (&large, false)] {
            let patterns = patterns(texts);
            let last = texts[texts.len() - 1].trim_matches(['^', '$']);
            assert!(patterns.is_match(last), "{last}");
            assert!(!patterns.is_match("-"));
            assert_eq!(patterns.set.get().unwrap().is_some(), in_set);
        }
        assert!(!patterns(&[]).is_match(""));
    }
}
