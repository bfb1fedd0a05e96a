//! `allocinstr completions`: what a shell needs to complete the command line.

use crate::files;
use clap::{Args, Command};
use clap_complete::Shell;

/// Prints a script by which a shell completes commands, options and files
///
/// Options are completed with two dashes; one is as good when typed.
#[derive(Args)]
#[command(after_help = concat!("\
Examples:
  allocinstr completions bash > ~/.local/share/bash-completion/completions/allocinstr
  allocinstr completions fish > ~/.config/fish/completions/allocinstr.fish

", "Exit status:
  0  done
  2  the command line cannot be obeyed
  3  the input is not supported or malformed
  4  a bug in allocinstr"))]
pub(crate) struct Arguments {
    /// Shell that reads the script
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

pub(crate) fn run(arguments: &Arguments, command: Command) -> anyhow::Result<()> {
    let mut script = Vec::new();
    let name = command.get_name().to_owned();
    let mut command = with_main_job(command);
    clap_complete::generate(arguments.shell, &mut command, name, &mut script);
    files::write_stdout(&script)
}

/// `instrument` may be left out: its arguments are the program's own, too.
fn with_main_job(command: Command) -> Command {
    let main = command.find_subcommand("instrument").cloned();
    let arguments = main.iter().flat_map(Command::get_arguments).cloned();
    let arguments: Vec<_> = arguments.map(|argument| argument.required(false)).collect();
    command.args(arguments)
}
