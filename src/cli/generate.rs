//! `dehusk generate`: manual pages and completions.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use clap_complete::Shell;

use super::{NOTE, command, say};
use crate::error::{Error, ErrorKind, Result};

/// Writes the manual page, or completions for a shell
#[derive(Debug, Args)]
pub struct Generate {
    /// What to write
    #[arg(value_enum, value_name = "WHAT")]
    what: What,
    /// Folder for the files, for the manual one page a subcommand [default: standard output, the main page]
    #[arg(long, short, value_name = "DIR")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum What {
    Man,
    Bash,
    Zsh,
    Fish,
    Powershell,
    Elvish,
}

impl Generate {
    /// Runs the command.
    pub fn run(self) -> Result<ExitCode> {
        let shell = match self.what {
            What::Man => None,
            What::Bash => Some(Shell::Bash),
            What::Zsh => Some(Shell::Zsh),
            What::Fish => Some(Shell::Fish),
            What::Powershell => Some(Shell::PowerShell),
            What::Elvish => Some(Shell::Elvish),
        };
        let mut command = command();
        match (shell, self.output) {
            (Some(shell), None) => {
                let mut out = Vec::new();
                clap_complete::generate(shell, &mut command, "dehusk", &mut out);
                print(&out)?;
            }
            (Some(shell), Some(folder)) => {
                std::fs::create_dir_all(&folder).map_err(Error::writing(&folder))?;
                let path = clap_complete::generate_to(shell, &mut command, "dehusk", &folder)
                    .map_err(Error::writing(&folder))?;
                say(format_args!("{NOTE}wrote{NOTE:#} {}", path.display()));
            }
            (None, None) => {
                let mut out = Vec::new();
                clap_mangen::Man::new(command).render(&mut out).map_err(ErrorKind::Stdout)?;
                print(&out)?;
            }
            (None, Some(folder)) => {
                std::fs::create_dir_all(&folder).map_err(Error::writing(&folder))?;
                clap_mangen::generate_to(command, &folder).map_err(Error::writing(&folder))?;
                say(format_args!("{NOTE}wrote{NOTE:#} manual pages to {}", folder.display()));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn print(bytes: &[u8]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(|e| ErrorKind::Stdout(e).into())
}
