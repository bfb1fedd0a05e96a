//! What is said to people, on stderr. A message that cannot be written changes nothing else.

use allocinstr_sites::printable;
use anstyle::{AnsiColor, Style};
use clap::{Args, ColorChoice};
use std::io::{IsTerminal, Write};

/// Options of every subcommand.
#[derive(Args)]
#[command(next_help_heading = "Messages")]
pub(crate) struct Options {
    /// Say nothing but errors
    #[arg(short, long, global = true)]
    quiet: bool,
    /// Say more: which allocators were found, which build a table is of
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    verbose: bool,
    /// Color the messages; NO_COLOR is obeyed
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: ColorChoice,
}

/// How much is said.
#[derive(Clone, Copy)]
pub(crate) struct Terminal {
    quiet: bool,
    /// Details are wanted.
    pub(crate) verbose: bool,
}

impl Options {
    pub(crate) fn apply(&self) -> Terminal {
        match self.color {
            ColorChoice::Auto => anstream::ColorChoice::Auto,
            ColorChoice::Always => anstream::ColorChoice::Always,
            ColorChoice::Never => anstream::ColorChoice::Never,
        }
        .write_global();
        Terminal {
            quiet: self.quiet,
            verbose: self.verbose,
        }
    }
}

impl Terminal {
    pub(crate) fn warning(self, text: &str) {
        if !self.quiet {
            say(AnsiColor::Yellow.on_default().bold(), "warning:", text);
        }
    }

    pub(crate) fn note(self, text: &str) {
        if !self.quiet {
            say(AnsiColor::Cyan.on_default().bold(), "note:", text);
        }
    }

    /// A line of a summary: a label and what it says.
    pub(crate) fn line(self, label: &str, text: &str) {
        if !self.quiet {
            say(Style::new().bold(), &format!("{label:<13}"), text);
        }
    }

    /// Whether a progress bar can be seen.
    pub(crate) fn shows_progress(self) -> bool {
        !self.quiet && std::io::stderr().is_terminal()
    }
}

pub(crate) fn error(text: &str) {
    say(AnsiColor::Red.on_default().bold(), "error:", text);
}

fn say(style: Style, label: &str, text: &str) {
    // Messages have lines; names from the module are in them and may hold anything else.
    let text = text
        .split('\n')
        .map(printable)
        .collect::<Vec<_>>()
        .join("\n");
    let _ = writeln!(anstream::stderr(), "{style}{label}{style:#} {text}");
}

/// A number of bytes for people, in binary units.
pub(crate) fn bytes(bytes: u64) -> String {
    humansize::format_size(bytes, humansize::BINARY)
}

/// `1 site`, `2 sites`.
pub(crate) fn plural(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
