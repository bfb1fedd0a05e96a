//! Regular expressions of a model.

use super::ModelError;
use regex::Regex;
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
            text: text.to_owned(),
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
