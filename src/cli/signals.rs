//! Ctrl-C and its kin: the first asks the run to end cleanly, the second ends it at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize};

use signal_hook::consts;
use signal_hook::flag;

use crate::error::{Error, Result};

/// The signals that end a run.
const SIGNALS: &[i32] = &[
    consts::SIGINT,
    consts::SIGTERM,
    #[cfg(unix)]
    consts::SIGHUP,
];

/// Returns what will hold the number of the signal that was received, 0 until then.
///
/// # Errors
/// When the system does not let signals be watched.
pub fn watch() -> Result<Arc<AtomicUsize>> {
    let failed = |e| Error::settings(format!("cannot watch for signals: {e}"));
    let received = Arc::new(AtomicUsize::new(0));
    for &signal in SIGNALS {
        let again = Arc::new(AtomicBool::new(false));
        // In this order: the first time the flag is still down, so only the second time the process ends.
        flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&again)).map_err(failed)?;
        flag::register(signal, again).map_err(failed)?;
        flag::register_usize(signal, Arc::clone(&received), signal.unsigned_abs() as usize).map_err(failed)?;
    }
    // A file that grows beyond the user's limit is a failed write, not the end of the process.
    #[cfg(unix)]
    flag::register(consts::SIGXFSZ, Arc::default()).map_err(failed)?;
    Ok(received)
}
