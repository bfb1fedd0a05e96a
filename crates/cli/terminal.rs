//! What is said to people, on stderr.

use anstyle::{AnsiColor, Style};
use clap::{Args, ColorChoice};
use std::io::IsTerminal;

/// Options of every subcommand.
#[derive(Args)]
pub(crate) struct Options {
    /// Say nothing but errors
    #[arg(short, long, global = true)]
    quiet: bool,
    /// Say more: which allocators were found, and how they nest
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    verbose: bool,
    /// Color the messages; NO_COLOR is obeyed
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: ColorChoice,
}

/// How much is said.
#[derive(Clone, Copy)]
pub(crate) struct Terminal {
    pub(crate) quiet: bool,
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
        self.labelled("warning", AnsiColor::Yellow, text);
    }

    pub(crate) fn note(self, text: &str) {
        self.labelled("note", AnsiColor::Cyan, text);
    }

    fn labelled(self, label: &str, color: AnsiColor, text: &str) {
        if !self.quiet {
            let style = color.on_default().bold();
            anstream::eprintln!("{style}{label}:{style:#} {text}");
        }
    }

    /// A line of a summary: a label and what it says.
    pub(crate) fn line(self, label: &str, text: &str) {
        if !self.quiet {
            let style = Style::new().bold();
            anstream::eprintln!("{style}{label:<14}{style:#}{text}");
        }
    }

    /// Whether a progress bar can be seen.
    pub(crate) fn shows_progress(self) -> bool {
        !self.quiet && std::io::stderr().is_terminal()
    }
}

pub(crate) fn error(text: &str) {
    let style = AnsiColor::Red.on_default().bold();
    anstream::eprintln!("{style}error:{style:#} {text}");
}

/// A number of bytes for people, in binary units.
pub(crate) fn bytes(bytes: u64) -> String {
    humansize::format_size(bytes, humansize::BINARY)
}

/// `1 site`, `2 sites`.
pub(crate) fn plural(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
