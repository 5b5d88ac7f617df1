//! Processes, as the kernel knows them.

use std::{
    fs,
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result};

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

/// Ends all processes that run with this in their environment, at once.
pub(crate) fn kill_all(name: &str, value: &str) {
    let wanted = format!("{name}={value}");
    let runs_with_it = |pid: &String| {
        // What is no process has no environment, and a process may end meanwhile.
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment
            .split(|byte| *byte == 0)
            .any(|variable| variable == wanted.as_bytes())
    };
    let processes: Vec<_> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(runs_with_it)
        .collect();
    // Best effort: some may just have ended by themselves.
    let _ = Command::new("sh")
        .args(["-c", &format!("kill -9 {}", processes.join(" "))])
        .stderr(Stdio::null())
        .status();
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

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};

    use super::*;

    #[test]
    fn what_a_process_has_started_and_left_ends_with_all_others() {
        let mark = format!("of {}", std::process::id());
        let mut first = Command::new("sh")
            .args(["-c", "sleep 1000 & echo; sleep 1000"])
            .env("TEST_MARK", &mark)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(first.stdout.take().unwrap());
        output.read_line(&mut String::new()).unwrap();
        first.kill().unwrap();
        first.wait().unwrap();
        kill_all("TEST_MARK", &mark);
        // It ends when nobody is left who could write.
        assert_eq!(output.read_line(&mut String::new()).unwrap(), 0);
    }
}
