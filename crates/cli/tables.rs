//! Tables for terminals and for markdown.

use allocinstr_report::Granularity;
use allocinstr_sites::printable;
use clap::ValueEnum;
use comfy_table::{CellAlignment, Table, presets};

/// How a table is drawn.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Markdown,
}

/// What one line of a table stands for.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum By {
    /// A call in the source
    Site,
    /// A function; overloads and a compiler's clones of it are one
    Function,
    /// A source file, where there is debug data
    File,
    /// A Go package, an AssemblyScript module, a Rust crate, a C++ namespace
    Package,
}

impl By {
    pub(crate) fn granularity(self) -> Granularity {
        match self {
            By::Site => Granularity::Site,
            By::Function => Granularity::Function,
            By::File => Granularity::File,
            By::Package => Granularity::Package,
        }
    }

    /// The heading of a column.
    pub(crate) fn name(self) -> &'static str {
        match self {
            By::Site => "site",
            By::Function => "function",
            By::File => "file",
            By::Package => "package",
        }
    }

    /// A group's name in a table, where that may be empty.
    pub(crate) fn group(self, name: String) -> String {
        if name.is_empty() {
            format!("(no {})", self.name())
        } else {
            name
        }
    }
}

/// Draws `rows` under `header`, the first `numbers` columns aligned right. Names come from the
/// module: what could end a line, a cell or a tag is escaped.
pub(crate) fn draw<const N: usize>(
    style: Style,
    header: [&str; N],
    numbers: usize,
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let mut table = Table::new();
    table.load_style(match style {
        Style::Plain => presets::NOTHING,
        Style::Markdown => presets::ASCII_MARKDOWN,
    });
    table.set_header(header);
    for row in rows {
        table.add_row(row.map(|cell| match style {
            Style::Plain => printable(&cell),
            Style::Markdown => markdown(&printable(&cell)),
        }));
    }
    for column in 0..numbers {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let text = table.to_string();
    let lines = text.lines().map(str::trim_end);
    lines.collect::<Vec<_>>().join("\n")
}

fn markdown(text: &str) -> String {
    text.chars()
        .fold(String::with_capacity(text.len()), |mut out, c| {
            match c {
                '<' => out.push_str("&lt;"),
                '&' => out.push_str("&amp;"),
                '|' | '`' | '*' | '_' | '[' | ']' | '~' | '$' | '\\' => out.extend(['\\', c]),
                _ => out.push(c),
            }
            out
        })
}
