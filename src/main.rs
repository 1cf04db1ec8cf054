//! The `dehusk` command.

fn main() -> std::process::ExitCode {
    dehusk::cli::main()
}
