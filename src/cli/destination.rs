//! Where a report or an outcome goes, and in which format: `FORMAT` or `FORMAT=FILE`.

use std::io::Write;
use std::path::PathBuf;
use std::str::FromStr;

use clap::ValueEnum;

use super::table;
use crate::error::{Error, ErrorKind, Result};
use crate::sink::file::{persist, temporary};

/// A document in some format.
pub enum Drawn {
    /// For a terminal: its colours go where they are not wanted.
    Styled(String),
    /// For some other reader: written as it is.
    Plain(String),
}

/// A format, and a file.
#[derive(Clone, Debug)]
pub struct Destination<F> {
    pub format: F,
    /// `None` is standard output.
    pub path: Option<PathBuf>,
}

impl<F: ValueEnum> FromStr for Destination<F> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, path) = match text.split_once('=') {
            Some((format, path)) => (format, Some(path)),
            None => (text, None),
        };
        if path == Some("") {
            return Err(format!("'{text}' names no file behind the '='"));
        }
        let format = F::from_str(format, true).map_err(|_| {
            let known: Vec<_> = F::value_variants().iter().filter_map(F::to_possible_value).collect();
            let known: Vec<&str> = known.iter().map(|value| value.get_name()).collect();
            format!("'{format}' is no format of a report; there are {}", known.join(", "))
        })?;
        Ok(Self { format, path: path.map(PathBuf::from) })
    }
}

impl<F: Copy> Destination<F> {
    /// Whether it goes to standard output.
    pub fn is_stdout(&self) -> bool {
        self.path.is_none()
    }

    /// Checks that it can be written where it is to go, before anything is read.
    ///
    /// # Errors
    /// When there is a file already that may not be replaced.
    pub fn refuse(&self, force: bool) -> Result<()> {
        match &self.path {
            Some(path) if path.exists() && !force => Err(ErrorKind::Exists(path.clone()).into()),
            _ => Ok(()),
        }
    }

    /// Writes what `draw` makes in this format for so many columns.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, force: bool, draw: impl FnOnce(F, usize) -> Drawn) -> Result<()> {
        let Some(path) = &self.path else {
            return match draw(self.format, table::width()) {
                Drawn::Styled(text) => table::print(&text),
                Drawn::Plain(text) => table::print_bytes(text.as_bytes()),
            };
        };
        let text = match draw(self.format, table::FILE_WIDTH) {
            Drawn::Styled(text) => anstream::adapter::strip_str(&text).to_string(),
            Drawn::Plain(text) => text,
        };
        let mut file = temporary(path)?;
        file.write_all(text.as_bytes()).map_err(Error::writing(path))?;
        persist(file, path, force)
    }
}
