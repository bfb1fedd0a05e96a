//! Options as Go programs write them: `-print-allocs` is `--print-allocs`, and the subcommand
//! `instrument` may be left out.

use clap::Command;
use std::ffi::OsString;

/// The end of every `--help`.
pub(crate) const STATUS: &str = "\
Exit status:
  0  done
  2  the command line cannot be obeyed
  3  the input is not supported or malformed
  4  a bug in allocinstr";

/// Rewrites single-dash long options, and puts in the subcommand where it was left out.
pub(crate) fn normalize(
    arguments: impl Iterator<Item = OsString>,
    command: &Command,
) -> Vec<OsString> {
    let mut out: Vec<OsString> = Vec::new();
    let mut literal = false;
    for (at, argument) in arguments.enumerate() {
        literal |= argument == "--";
        let text = argument.to_str().filter(|_| at > 0 && !literal);
        out.push(match text.and_then(|text| double_dash(text, command)) {
            Some(long) => long.into(),
            None => argument,
        });
    }
    if let Some(at) = missing_subcommand(&out, command) {
        out.insert(at, "instrument".into());
    }
    out
}

/// `-name` and `-name=value` with a second dash, unless `name` is one short option, or several
/// that take no value.
fn double_dash(text: &str, command: &Command) -> Option<String> {
    let name = text.strip_prefix('-')?.split('=').next()?;
    let is_short = name.len() == 1 || is_flags(name, command);
    (name.starts_with(|c: char| c.is_ascii_alphabetic()) && !is_short).then(|| format!("-{text}"))
}

/// Whether `letters` are short options that take no value, as in `-qh`.
fn is_flags(letters: &str, command: &Command) -> bool {
    letters.chars().all(|letter| {
        ['h', 'V'].contains(&letter)
            || all_arguments(command)
                .filter(|argument| argument.get_short() == Some(letter))
                .any(|argument| !argument.get_action().takes_values())
    })
}

fn all_arguments(command: &Command) -> impl Iterator<Item = &clap::Arg> {
    let subcommands = command.get_subcommands().flat_map(Command::get_arguments);
    command.get_arguments().chain(subcommands)
}

/// Where `instrument` belongs, if the first thing that is no general option names no subcommand.
fn missing_subcommand(arguments: &[OsString], command: &Command) -> Option<usize> {
    let mut at = 1;
    while let Some(argument) = arguments.get(at) {
        let Some(text) = argument.to_str().and_then(|text| text.strip_prefix('-')) else {
            break;
        };
        let name = text
            .trim_start_matches('-')
            .split('=')
            .next()
            .unwrap_or_default();
        let mut general = command.get_arguments();
        match general.find(|option| option.get_long() == Some(name)) {
            Some(option) if option.get_action().takes_values() && !text.contains('=') => at += 2,
            Some(_) => at += 1,
            None if !name.is_empty()
                && !name.is_empty()
                && name.chars().all(|c| ['q', 'v'].contains(&c)) =>
            {
                at += 1
            }
            None => break,
        }
    }
    let text = arguments.get(at)?.to_str().unwrap_or_default();
    let known = ["help", "--help", "-h", "--version", "-V"].contains(&text)
        || command
            .get_subcommands()
            .any(|subcommand| subcommand.get_name() == text);
    (!known && !is_misspelt(text, command)).then_some(at)
}

/// Whether `text` is rather a subcommand's name with a mistake in it than a file's.
fn is_misspelt(text: &str, command: &Command) -> bool {
    const LIKE: f64 = 0.85;
    let is_word = text.chars().all(|c| c.is_ascii_lowercase());
    is_word
        && !std::path::Path::new(text).exists()
        && command
            .get_subcommands()
            .any(|subcommand| strsim::jaro_winkler(text, subcommand.get_name()) > LIKE)
}

/// Parses a number from 1 to `MOST`.
pub(crate) fn number<const MOST: u32>(text: &str) -> Result<u32, String> {
    let number = text
        .parse()
        .ok()
        .filter(|number| (1..=MOST).contains(number));
    number.ok_or_else(|| format!("expected a number from 1 to {MOST}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normalized(line: &str) -> String {
        let arguments = line.split(' ').map(OsString::from);
        let out = normalize(arguments, &crate::command());
        out.iter()
            .map(|a| a.to_string_lossy())
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn one_dash_is_as_good_as_two_and_instrument_may_be_left_out() {
        for (line, expected) in [
            (
                "allocinstr -print-allocs app in.wasm -o out.wasm",
                "allocinstr instrument --print-allocs app in.wasm -o out.wasm",
            ),
            (
                "allocinstr -print-alocs=app",
                "allocinstr instrument --print-alocs=app",
            ),
            ("allocinstr site in.wasm", "allocinstr site in.wasm"),
            (
                "allocinstr -v sites -vh in.wasm",
                "allocinstr -v sites -vh in.wasm",
            ),
            (
                "allocinstr -color never sites -",
                "allocinstr --color never sites -",
            ),
            (
                "allocinstr in.wasm -- -weird",
                "allocinstr instrument in.wasm -- -weird",
            ),
            (
                "allocinstr sites - -format csv",
                "allocinstr sites - --format csv",
            ),
            ("allocinstr -q in.wasm", "allocinstr -q instrument in.wasm"),
            ("allocinstr --help", "allocinstr --help"),
            ("allocinstr", "allocinstr"),
        ] {
            assert_eq!(normalized(line), expected);
        }
    }
}
