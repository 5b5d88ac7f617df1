//! What the kernel says of a process.

use std::{fs, time::Duration};

use anyhow::{Context, Result, ensure};

/// The kernel's unit of `/proc/PID/stat`, `USER_HZ`, which is the same on every architecture that tauri
/// runs on.
const TICK: Duration = Duration::from_millis(10);

/// The fields of `/proc/PID/stat` behind the name, which may hold anything: user and system time.
const TIMES: std::ops::Range<usize> = 11..13;

/// How long a process and its threads have had a processor.
///
/// # Errors
/// If it is gone.
pub fn cpu_time(pid: u32) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, fields) = stat.rsplit_once(") ").context("a name in parentheses")?;
    let fields: Vec<_> = fields.split_whitespace().collect();
    let times = fields.get(TIMES).context("the kernel tells")?;
    let mut ticks = 0;
    for time in times {
        ticks += time.parse::<u32>()?;
    }
    Ok(TICK * ticks)
}

/// How long the threads of a process that run now have had a processor, to the nanosecond. The time of threads that have ended is
/// not in it.
///
/// # Errors
/// If the process is gone, or the kernel does not keep these accounts.
pub(crate) fn thread_time(pid: u32) -> Result<Duration> {
    let mut nanos = 0;
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        // A thread may end meanwhile.
        if let Ok(times) = fs::read_to_string(task?.path().join("schedstat")) {
            let time = times.split(' ').next().context("the kernel tells")?;
            nanos += time.parse::<u64>()?;
        }
    }
    ensure!(
        nanos > 0,
        "the kernel keeps no /proc/PID/task/*/schedstat: it needs CONFIG_SCHED_INFO"
    );
    Ok(Duration::from_nanos(nanos))
}

/// The process that another has started, by the first letters of its name.
///
/// # Errors
/// If there is none.
pub(crate) fn child(parent: u32, name: &str) -> Result<u32> {
    for entry in fs::read_dir("/proc")? {
        // What is no process has no status, and a process may end meanwhile.
        let status = fs::read_to_string(entry?.path().join("status")).unwrap_or_default();
        let field = |key: &str| status.lines().find_map(|line| line.strip_prefix(key));
        let is_child = field("PPid:\t") == Some(&parent.to_string());
        if is_child && field("Name:\t").is_some_and(|found| found.starts_with(name)) {
            return Ok(field("Pid:\t").context("the kernel tells")?.parse()?);
        }
    }
    anyhow::bail!("{parent} has no process {name}")
}

/// The memory of a process that is in use, in kibibytes.
///
/// # Errors
/// If it is gone.
pub fn resident_memory(pid: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.context("the kernel tells")?.parse()?)
}

/// The names of the threads of a process.
///
/// # Errors
/// If it is gone.
pub(crate) fn threads(pid: u32) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        // A thread may end meanwhile.
        if let Ok(name) = fs::read_to_string(task?.path().join("comm")) {
            names.push(name.trim().to_owned());
        }
    }
    Ok(names)
}
