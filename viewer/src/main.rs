//! The program `tracepane`.

fn main() -> std::process::ExitCode {
    tracepane::cli::main()
}
