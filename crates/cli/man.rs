//! `allocinstr man`: manual pages.

use crate::failure::Usage;
use crate::files;
use clap::{Args, Command};
use clap_mangen::Man;

/// Prints a manual page, of the program or of one subcommand
///
/// In roff: `allocinstr man | man -l -` shows it. Packages install the pages as allocinstr.1,
/// allocinstr-instrument.1, allocinstr-sites.1 and so on, one for each subcommand.
#[derive(Args)]
#[command(after_help = concat!("\
Examples:
  allocinstr man | man -l -
  allocinstr man instrument > man1/allocinstr-instrument.1

", "Exit status:
  0  done
  2  the command line cannot be obeyed
  3  the input is not supported or malformed
  4  a bug in allocinstr"))]
pub(crate) struct Arguments {
    /// Subcommand whose page is printed; the program's own when left out
    #[arg(value_name = "SUBCOMMAND")]
    subcommand: Option<String>,
}

pub(crate) fn run(arguments: &Arguments, mut command: Command) -> anyhow::Result<()> {
    // Subcommands take the general options, too.
    command.build();
    let page = match &arguments.subcommand {
        None => command,
        Some(name) => page(&command, name)?,
    };
    let mut text = Vec::new();
    Man::new(page).render(&mut text)?;
    files::write_stdout(&text)
}

/// The subcommand `name`, called as its page is.
fn page(command: &Command, name: &str) -> anyhow::Result<Command> {
    let Some(subcommand) = command.find_subcommand(name) else {
        let known = command.get_subcommands().map(Command::get_name);
        let known = known.collect::<Vec<_>>().join(", ");
        let problem = format!("{name} is no subcommand; there are {known}");
        return Err(Usage(problem).into());
    };
    let title = format!("{}-{name}", command.get_name());
    Ok(subcommand.clone().display_name(title))
}
