//! The program `tracepane`.

/// Rows are made on the threads of the receiver and freed on that of the writer. The allocator of glibc spends a quarter of a busy
/// viewer's time on that, and keeps an arena for each thread.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    tracepane::cli::main()
}
